// The format of the UAI inference competitions: BAYES and MARKOV. Variables have numbers for names, and so have states.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "host/networks/draft.hpp"
#include "host/networks/networks.hpp"
#include "host/networks/scanner.hpp"

namespace footfall {
namespace {

class UaiReader {
 public:
  UaiReader(std::string_view text, const std::string& file) : scan_(text, file, ScanRules{}), size_(text.size()) {}

  /// True for BAYES.
  bool read_kind() {
    const Token kind = scan_.next();
    if (kind.is_word("BAYES")) return true;
    if (kind.is_word("MARKOV")) return false;
    throw scan_.unexpected(kind, "\"BAYES\" or \"MARKOV\"");
  }

  FactorGraph read() {
    FactorGraph graph;
    const std::int64_t variables = count("the number of variables", largest_listed());
    for (std::int64_t v = 0; v < variables; ++v) graph.variables.push_back(variable(v));
    const std::int64_t factors = count("the number of factors", largest_listed());
    for (std::int64_t f = 0; f < factors; ++f) graph.factors.push_back({scope(variables), {}});
    std::int64_t entries = 0;
    for (Factor& factor : graph.factors) entries += read_values(graph.variables, factor, entries);
    const Token rest = scan_.next();
    if (rest.kind != Token::Kind::end) throw scan_.unexpected(rest, "the end of the file");
    return graph;
  }

  [[nodiscard]] const std::vector<std::int64_t>& lines() const { return lines_; }
  [[nodiscard]] Error error(std::int64_t line, std::string_view cause, std::string_view remedy) const { return scan_.error(line, cause, remedy); }

 private:
  /// Each thing of a list takes two characters or more.
  [[nodiscard]] std::int64_t largest_listed() const { return static_cast<std::int64_t>(size_ / 2 + 1); }

  std::int64_t count(std::string_view what, std::int64_t largest) {
    const Token token = scan_.next();
    std::int64_t value = 0;
    const char* end = token.text.data() + token.text.size();
    const auto [stop, problem] = std::from_chars(token.text.data(), end, value);
    if (token.kind != Token::Kind::word || stop != end || problem != std::errc() || value < 0) throw scan_.unexpected(token, what);
    if (value > largest) throw scan_.error(token.line, fmt::format("{} is {}, where {} is the most that there can be", what, value, largest), "the file is cut off or no UAI file");
    return value;
  }

  Variable variable(std::int64_t index) {
    const std::int64_t line = scan_.peek().line, states = count("the number of states", largest_listed());
    if (states == 0) throw scan_.error(line, fmt::format("the variable x{} has no state", index), "give it one or more");
    states_ += states;
    if (states_ > 16 * largest_listed())  // a table mentions every state; without this bound a line of text could ask for terabytes
      throw scan_.error(line, "the variables have more states than the file can have entries", "the file is cut off or no UAI file");
    Variable variable{fmt::format("x{}", index), {}};
    for (std::int64_t s = 0; s < states; ++s) variable.states.push_back(std::to_string(s));
    return variable;
  }

  std::vector<std::int32_t> scope(std::int64_t variables) {
    const std::int64_t line = scan_.peek().line, size = count("the number of variables of a factor", variables);
    std::vector<std::int32_t> scope;
    for (std::int64_t i = 0; i < size; ++i) scope.push_back(static_cast<std::int32_t>(count("the number of a variable", variables - 1)));
    std::vector<std::int32_t> sorted = scope;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) throw scan_.error(line, "a factor names a variable twice", "name each once");
    return scope;
  }

  std::int64_t read_values(const std::vector<Variable>& variables, Factor& factor, std::int64_t before) {
    const std::int64_t line = scan_.peek().line;
    lines_.push_back(line);
    std::int64_t entries = 0;
    try {
      entries = table_entries(variables, factor.variables, before);
    } catch (const Error& problem) {
      throw scan_.error(line, problem.what(), {});
    }
    const std::int64_t given = count("the number of entries of a factor", largest_tables);
    if (given != entries) throw scan_.error(line, fmt::format("a factor has {} entries where its variables make {}", given, entries), "make them agree");
    if (entries > largest_listed()) throw scan_.error(line, fmt::format("a factor has {} entries, more than the file can hold", entries), "the file is cut off; get it again");
    factor.values.reserve(static_cast<std::size_t>(entries));
    for (std::int64_t i = 0; i < entries; ++i) factor.values.push_back(scan_.number(scan_.next()));
    return entries;
  }

  Scanner scan_;
  std::size_t size_;
  std::int64_t states_ = 0;
  std::vector<std::int64_t> lines_;
};

std::string print(const std::vector<Variable>& variables, const std::vector<Factor>& factors, std::string_view kind) {
  std::string out = fmt::format("{}\n{}\n", kind, variables.size());
  for (std::size_t v = 0; v < variables.size(); ++v) out += fmt::format("{}{}", v == 0 ? "" : " ", variables[v].size());
  out += fmt::format("\n{}\n", factors.size());
  for (const Factor& factor : factors) {
    out += std::to_string(factor.variables.size());
    for (const std::int32_t v : factor.variables) out += fmt::format(" {}", v);
    out += "\n";
  }
  for (const Factor& factor : factors) {
    out += fmt::format("\n{}\n", factor.values.size());
    const std::size_t row = factor.variables.empty() ? 1 : variables[static_cast<std::size_t>(factor.variables.back())].states.size();
    for (std::size_t i = 0; i < factor.values.size(); ++i) out += fmt::format("{}{}", factor.values[i], (i + 1) % row == 0 ? "\n" : " ");
  }
  return out;
}

}  // namespace

FactorGraph parse_uai(std::string_view text, const std::string& file) {
  UaiReader reader(text, file);
  (void)reader.read_kind();
  return reader.read();
}

DraftNetwork parse_uai_network(std::string_view text, const std::string& file) {
  UaiReader reader(text, file);
  if (!reader.read_kind())
    throw bad_input(fmt::format("{}:1: the file holds a Markov network (MARKOV), which is no Bayesian network", file), "`footfall bayes marginals` answers questions about it");
  FactorGraph graph = reader.read();
  DraftNetwork draft;
  draft.network.variables = std::move(graph.variables);
  draft.network.families.resize(draft.network.variables.size());
  draft.lines.assign(draft.network.variables.size(), 0);
  for (std::size_t f = 0; f < graph.factors.size(); ++f) {
    Factor& factor = graph.factors[f];
    const std::int64_t line = reader.lines()[f];
    if (factor.variables.empty()) throw reader.error(line, "a table is of no variable", "a table of a BAYES file lists the parents, then the child");
    const auto child = static_cast<std::size_t>(factor.variables.back());
    if (draft.lines[child] > 0) throw reader.error(line, fmt::format("the variable x{} has a second table, the first is in line {}", child, draft.lines[child]), "remove one");
    draft.lines[child] = line;
    factor.variables.pop_back();
    draft.network.families[child] = {std::move(factor.variables), std::move(factor.values)};
  }
  for (std::size_t v = 0; v < draft.lines.size(); ++v)
    if (draft.lines[v] == 0) throw reader.error(1, fmt::format("the variable x{} has no table of probabilities", v), "give it one");
  return draft;
}

std::string print_uai(const Network& network) { return print(network.variables, factor_graph(network).factors, "BAYES"); }

std::string print_factor_graph(const FactorGraph& graph) { return print(graph.variables, graph.factors, "MARKOV"); }

}  // namespace footfall
