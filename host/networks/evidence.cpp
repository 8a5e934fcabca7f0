#include "host/networks/evidence.hpp"

#include <charconv>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// A text whose quotes are resolved, with a mark for each character that stood in them.
struct Piece {
  std::string text;
  std::vector<bool> quoted;

  void add(char c, bool in_quotes) {
    text.push_back(c);
    quoted.push_back(in_quotes);
  }
  [[nodiscard]] Piece part(std::size_t begin, std::size_t end) const {
    const auto blank = [&](std::size_t i) { return !quoted[i] && (text[i] == ' ' || text[i] == '\t'); };
    while (begin < end && blank(begin)) ++begin;
    while (end > begin && blank(end - 1)) --end;
    return {text.substr(begin, end - begin), std::vector<bool>(quoted.begin() + static_cast<std::ptrdiff_t>(begin), quoted.begin() + static_cast<std::ptrdiff_t>(end))};
  }
  /// The first such character outside quotes, else the first one at all.
  [[nodiscard]] std::size_t find(char c) const {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == c && !quoted[i]) return i;
    return text.find(c);
  }
};

/// Cuts at commas outside quotes; parts of blanks alone are left out.
std::vector<Piece> cut(std::string_view text, std::string_view flag) {
  std::vector<Piece> out;
  Piece piece;
  bool in_quotes = false, any = false;
  const auto close = [&] {
    Piece trimmed = piece.part(0, piece.text.size());
    if (!trimmed.text.empty() || any) out.push_back(std::move(trimmed));
    piece = {};
    any = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (in_quotes && i + 1 < text.size() && text[i + 1] == '"') {
        piece.add(text[i++], true);
      } else {
        in_quotes = !in_quotes;
        any = true;
      }
    } else if (text[i] == ',' && !in_quotes) {
      close();
    } else {
      piece.add(text[i], in_quotes);
    }
  }
  if (in_quotes) throw bad_input(fmt::format("a quote in {} is not closed", flag), "add the missing \"");
  close();
  return out;
}

std::int32_t find_variable(const std::vector<Variable>& variables, const std::string& name, std::string_view flag) {
  for (std::size_t v = 0; v < variables.size(); ++v)
    if (variables[v].name == name) return static_cast<std::int32_t>(v);
  std::vector<std::string> names;
  for (const Variable& variable : variables) names.push_back(variable.name);
  throw bad_input(fmt::format("{}: there is no variable \"{}\"", flag, name), suggest_names(name, names, "variables"));
}

/// Cuts "variable=value" and finds the variable.
std::pair<std::int32_t, std::string> assignment(const std::vector<Variable>& variables, const Piece& piece, std::string_view flag, std::vector<char>& seen) {
  const std::size_t equals = piece.find('=');
  if (equals == std::string::npos) throw bad_input(fmt::format("{}: \"{}\" has no =", flag, piece.text), "write variable=state, and quote what has a comma");
  const std::int32_t v = find_variable(variables, piece.part(0, equals).text, flag);
  if (seen[static_cast<std::size_t>(v)] != 0) throw bad_input(fmt::format("{}: \"{}\" is there twice", flag, variables[static_cast<std::size_t>(v)].name), "give it once");
  seen[static_cast<std::size_t>(v)] = 1;
  return {v, piece.part(equals + 1, piece.text.size()).text};
}

}  // namespace

std::vector<std::int32_t> parse_evidence(const std::vector<Variable>& variables, std::string_view text) {
  constexpr std::string_view flag = "--evidence";
  std::vector<std::int32_t> states(variables.size(), -1);
  std::vector<char> seen(variables.size(), 0);
  for (const Piece& piece : cut(text, flag)) {
    const auto [v, state] = assignment(variables, piece, flag, seen);
    const Variable& variable = variables[static_cast<std::size_t>(v)];
    for (std::int32_t s = 0; s < variable.size(); ++s)
      if (variable.states[static_cast<std::size_t>(s)] == state) states[static_cast<std::size_t>(v)] = s;
    if (states[static_cast<std::size_t>(v)] < 0)
      throw bad_input(fmt::format("{}: the variable \"{}\" has no state \"{}\"", flag, variable.name, state), suggest_names(state, variable.states, "states"));
  }
  return states;
}

std::vector<Likelihood> parse_likelihoods(const std::vector<Variable>& variables, std::string_view text) {
  constexpr std::string_view flag = "--virtual-evidence";
  std::vector<Likelihood> out;
  std::vector<char> seen(variables.size(), 0);
  for (const Piece& piece : cut(text, flag)) {
    const auto [v, value] = assignment(variables, piece, flag, seen);
    Likelihood likelihood{v, {}};
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t end = std::min(value.find(':', begin), value.size());
      double number = 0.0;
      const auto [stop, problem] = std::from_chars(value.data() + begin, value.data() + end, number);
      if (problem != std::errc() || stop != value.data() + end)
        throw bad_input(fmt::format("{}: \"{}\" is no number", flag, value.substr(begin, end - begin)), "write variable=likelihood:likelihood:…, one for each state");
      likelihood.values.push_back(number);
      begin = end + 1;
    }
    out.push_back(std::move(likelihood));
  }
  Evidence checked;
  checked.likelihoods = out;
  check_evidence(variables, checked);
  return out;
}

std::vector<std::int32_t> parse_names(const std::vector<Variable>& variables, std::string_view text) {
  std::vector<std::int32_t> out;
  for (const Piece& piece : cut(text, "the list of variables")) out.push_back(find_variable(variables, piece.text, "the list of variables"));
  return out;
}

std::vector<std::int32_t> parse_evidence_file(std::string_view text, const std::string& name, const std::vector<Variable>& variables) {
  std::vector<std::int64_t> numbers;
  std::int64_t line = 1;
  for (const char *at = text.data(), *end = text.data() + text.size(); at != end;) {
    if (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') {
      line += *at++ == '\n';
      continue;
    }
    std::int64_t number = 0;
    const auto [stop, problem] = std::from_chars(at, end, number);
    if (problem != std::errc() || number < 0 || (stop != end && *stop != ' ' && *stop != '\t' && *stop != '\r' && *stop != '\n'))
      throw bad_input(fmt::format("{}:{}: what stands there is no whole number", name, line), "an evidence file is the number of observations, then variable and state of each");
    numbers.push_back(number);
    at = stop;
  }
  const auto holds = [&](std::size_t first) { return numbers.size() > first && static_cast<std::uint64_t>(numbers[first]) == (numbers.size() - first - 1) / 2 && (numbers.size() - first) % 2 == 1; };
  std::size_t first = 0;
  if (!holds(0)) {
    if (numbers.empty() || numbers[0] != 1 || !holds(1))
      throw bad_input(fmt::format("{}: the number of observations and what follows do not agree", name), "an evidence file is the number of observations, then variable and state of each");
    first = 1;
  }
  std::vector<std::int32_t> states(variables.size(), -1);
  for (std::size_t i = first + 1; i + 1 < numbers.size(); i += 2) {
    if (numbers[i] >= static_cast<std::int64_t>(variables.size()))
      throw bad_input(fmt::format("{}: there is no variable {}", name, numbers[i]), fmt::format("the variables are 0 to {}", variables.size() - 1));
    const Variable& variable = variables[static_cast<std::size_t>(numbers[i])];
    if (numbers[i + 1] >= variable.size())
      throw bad_input(fmt::format("{}: variable {} has no state {}", name, numbers[i], numbers[i + 1]), fmt::format("its states are 0 to {}", variable.size() - 1));
    std::int32_t& state = states[static_cast<std::size_t>(numbers[i])];
    if (state >= 0) throw bad_input(fmt::format("{}: variable {} is observed twice", name, numbers[i]), "give it once");
    state = static_cast<std::int32_t>(numbers[i + 1]);
  }
  return states;
}

std::vector<std::int32_t> read_evidence_file(const std::filesystem::path& file, const std::vector<Variable>& variables) {
  return parse_evidence_file(read_file(file), file.string(), variables);
}

std::string print_mar(const Marginals& marginals) {
  std::string out = fmt::format("MAR\n{}", marginals.of.size());
  for (const std::vector<double>& states : marginals.of) {
    out += fmt::format(" {}", states.size());
    for (const double p : states) out += fmt::format(" {:.9g}", p);
  }
  return out + "\n";
}

std::string print_pr(const Marginals& marginals) { return fmt::format("PR\n{:.9g}\n", marginals.log_evidence / std::numbers::ln10); }

}  // namespace footfall
