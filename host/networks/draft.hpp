#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/bayes/network.hpp"
#include "kernels/error.hpp"

namespace footfall {

/// A network as it was read, not yet checked, and the line of each table for the messages of the check.
struct DraftNetwork {
  Network network;
  std::vector<std::int64_t> lines;  ///< [variables]
};

/// A network that is being read from a text that names its variables.
class Draft {
 public:
  explicit Draft(std::string file);

  /// Error{bad_input} when the name is taken.
  std::int32_t add_variable(Variable variable, std::int64_t line);
  /// Error{bad_input} that suggests a near name.
  [[nodiscard]] std::int32_t find(const std::string& variable, std::int64_t line) const;
  [[nodiscard]] std::int32_t find_state(std::int32_t variable, const std::string& state, std::int64_t line) const;
  /// Opens the table of a variable: rows x states, each entry `unset`. Error{bad_input} when it has one, when parents repeat or when the table is too large.
  Family& add_family(std::int32_t variable, std::vector<std::int32_t> parents, std::int64_t line);
  [[nodiscard]] const Network& network() const { return draft_.network; }
  [[nodiscard]] Error error(std::int64_t line, std::string_view cause, std::string_view remedy) const;
  /// Error{bad_input} when a variable has no table or a row of one was not given.
  [[nodiscard]] DraftNetwork finish() &&;

  void set_name(std::string name) { draft_.network.name = std::move(name); }

  /// An entry that was not given: no probability is negative.
  static constexpr double unset = -1.0;

 private:
  void check_whole(std::int32_t variable) const;

  std::string file_;
  DraftNetwork draft_;
  std::vector<std::int64_t> declared_;   ///< line of each variable
  std::vector<std::unordered_map<std::string, std::int32_t>> states_;
  std::unordered_map<std::string, std::int32_t> names_;
  std::int64_t entries_ = 0;
};

/// Entries of a table over these variables; Error{bad_input} when they, with the `before` counted so far, are beyond largest_tables.
[[nodiscard]] std::int64_t table_entries(const std::vector<Variable>& variables, const std::vector<std::int32_t>& scope, std::int64_t before);

[[nodiscard]] DraftNetwork parse_bif(std::string_view text, const std::string& file);
[[nodiscard]] DraftNetwork parse_xmlbif(std::string_view text, const std::string& file);
[[nodiscard]] DraftNetwork parse_net(std::string_view text, const std::string& file);
[[nodiscard]] DraftNetwork parse_uai_network(std::string_view text, const std::string& file);
[[nodiscard]] FactorGraph parse_uai(std::string_view text, const std::string& file);

[[nodiscard]] std::string print_bif(const Network& network);
[[nodiscard]] std::string print_xmlbif(const Network& network);
[[nodiscard]] std::string print_net(const Network& network);
[[nodiscard]] std::string print_uai(const Network& network);

}  // namespace footfall
