#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/bayes/network.hpp"

namespace footfall {

/// How a network is written down. The ending of a file's name says which: .bif, .xmlbif or .xml, .uai, .net.
enum class NetworkFormat { bif, xmlbif, uai, net };

/// Error{bad_input} that lists the endings.
[[nodiscard]] NetworkFormat network_format(const std::filesystem::path& file);

/// Entries that all tables of a file may have together: 1 GiB of float64. A few bytes of text can ask for more than any machine has.
inline constexpr std::int64_t largest_tables = std::int64_t{1} << 27;

/// Reads a Bayesian network and checks it (check_network). A row that is off 1 by more than row_tolerance is divided by its sum with `normalise` and
/// refused without. Error{bad_input} names file, line, cause and remedy; a UAI file of the kind MARKOV is one, since it is no Bayesian network.
[[nodiscard]] Network read_network(const std::filesystem::path& file, bool normalise = false);

/// Reads factors: of a UAI file as they are (BAYES rows need not sum to 1 then), of a Bayesian network its families.
[[nodiscard]] FactorGraph read_factor_graph(const std::filesystem::path& file, bool normalise = false);

/// Writes beside the name and renames. Error{bad_input} when the format cannot hold a name.
void write_network(const std::filesystem::path& file, const Network& network);
/// UAI alone, of the kind MARKOV.
void write_factor_graph(const std::filesystem::path& file, const FactorGraph& graph);

/// The same over texts; `name` is what errors call the text.
[[nodiscard]] Network parse_network(NetworkFormat format, std::string_view text, const std::string& name, bool normalise = false);
[[nodiscard]] FactorGraph parse_factor_graph(NetworkFormat format, std::string_view text, const std::string& name, bool normalise = false);
[[nodiscard]] std::string print_network(NetworkFormat format, const Network& network);
[[nodiscard]] std::string print_factor_graph(const FactorGraph& graph);

}  // namespace footfall
