#include "host/networks/networks.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "host/networks/draft.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// 1 GiB of tables is about 2 GiB of text.
constexpr std::uintmax_t largest_file = std::uintmax_t{1} << 32;

std::string text_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored) && std::filesystem::file_size(file, ignored) > largest_file)
    throw bad_input(fmt::format("{} is larger than 4 GiB", file.string()), "a network of this size cannot be read");
  return read_file(file);
}

DraftNetwork parse_draft(NetworkFormat format, std::string_view text, const std::string& name) {
  switch (format) {
    case NetworkFormat::bif: return parse_bif(text, name);
    case NetworkFormat::xmlbif: return parse_xmlbif(text, name);
    case NetworkFormat::net: return parse_net(text, name);
    case NetworkFormat::uai: break;
  }
  return parse_uai_network(text, name);
}

}  // namespace

NetworkFormat network_format(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == ".bif") return NetworkFormat::bif;
  if (ending == ".xmlbif" || ending == ".xml") return NetworkFormat::xmlbif;
  if (ending == ".uai") return NetworkFormat::uai;
  if (ending == ".net") return NetworkFormat::net;
  throw bad_input(fmt::format("the ending of {} names no format of networks", file.string()), "name it .bif, .xmlbif, .uai or .net");
}

Network parse_network(NetworkFormat format, std::string_view text, const std::string& name, bool normalise) {
  DraftNetwork draft = parse_draft(format, text, name);
  std::string place = name;
  try {
    for (std::int32_t v = 0; v < draft.network.size(); ++v) {
      place = fmt::format("{}:{}", name, draft.lines[static_cast<std::size_t>(v)]);
      check_family(draft.network, v, normalise);
    }
    place = name;
    check_network(draft.network, normalise);
  } catch (const Error& problem) {
    throw Error(problem.kind(), fmt::format("{}: {}", place, problem.what()));
  }
  return std::move(draft.network);
}

FactorGraph parse_factor_graph(NetworkFormat format, std::string_view text, const std::string& name, bool normalise) {
  if (format == NetworkFormat::uai) return parse_uai(text, name);
  return factor_graph(parse_network(format, text, name, normalise));
}

std::string print_network(NetworkFormat format, const Network& network) {
  switch (format) {
    case NetworkFormat::bif: return print_bif(network);
    case NetworkFormat::xmlbif: return print_xmlbif(network);
    case NetworkFormat::net: return print_net(network);
    case NetworkFormat::uai: break;
  }
  return print_uai(network);
}

Network read_network(const std::filesystem::path& file, bool normalise) {
  const NetworkFormat format = network_format(file);
  return parse_network(format, text_of(file), file.string(), normalise);
}

FactorGraph read_factor_graph(const std::filesystem::path& file, bool normalise) {
  const NetworkFormat format = network_format(file);
  return parse_factor_graph(format, text_of(file), file.string(), normalise);
}

void write_network(const std::filesystem::path& file, const Network& network) { write_file(file, print_network(network_format(file), network)); }

void write_factor_graph(const std::filesystem::path& file, const FactorGraph& graph) {
  if (network_format(file) != NetworkFormat::uai)
    throw bad_input(fmt::format("{} cannot hold a Markov network", file.string()), "name it .uai: the other formats hold Bayesian networks alone");
  write_file(file, print_factor_graph(graph));
}

}  // namespace footfall
