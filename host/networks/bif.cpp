// Interchange Format for Bayesian Networks 0.15 (F. Cozman, JavaBayes), as the bnlearn repository and pgmpy write it.
#include <fmt/format.h>

#include "host/networks/draft.hpp"
#include "host/networks/scanner.hpp"

namespace footfall {
namespace {

constexpr ScanRules rules{"{}[]()|,;", true, '\0'};

/// Where the tables begin: they may stand before the variables that they speak of.
struct Block {
  std::size_t place = 0;
  std::int64_t line = 0;
};

class BifReader {
 public:
  BifReader(std::string_view text, const std::string& file) : scan_(text, file, rules), draft_(file) {}

  DraftNetwork read() {
    std::vector<Block> tables;
    for (Token token = scan_.next(); token.kind != Token::Kind::end; token = scan_.next()) {
      if (token.is_word("network")) {
        read_header();
      } else if (token.is_word("variable")) {
        read_variable();
      } else if (token.is_word("probability")) {
        tables.push_back({scan_.place(), token.line});
        scan_.skip_behind('}', "at the end of the block");
      } else {
        throw scan_.unexpected(token, "\"network\", \"variable\" or \"probability\"");
      }
    }
    for (const Block& table : tables) {
      scan_.go_back(table.place, table.line);
      read_table(table.line);
    }
    return std::move(draft_).finish();
  }

 private:
  void read_header() {
    draft_.set_name(scan_.expect_name("the name of the network"));
    scan_.expect_mark('{', "after the name of the network");
    scan_.skip_behind('}', "at the end of the block");  // properties
  }

  void read_variable() {
    const std::int64_t line = scan_.peek().line;
    Variable variable{scan_.expect_name("the name of a variable"), {}};
    scan_.expect_mark('{', "after the name of the variable");
    while (!scan_.take_mark('}')) {
      const Token token = scan_.next();
      if (token.is_word("property")) {
        scan_.skip_behind(';', "at the end of a property");
        continue;
      }
      if (!token.is_word("type")) throw scan_.unexpected(token, "\"type\", \"property\" or \"}\"");
      read_states(variable);
    }
    draft_.add_variable(std::move(variable), line);
  }

  void read_states(Variable& variable) {
    scan_.expect_word("discrete", "after \"type\"");
    scan_.expect_mark('[', "after \"discrete\"");
    const Token count = scan_.next();
    const double declared = scan_.number(count);
    scan_.expect_mark(']', "after the number of states");
    scan_.expect_mark('{', "before the states");
    if (!variable.states.empty()) throw scan_.error(count.line, fmt::format("the variable \"{}\" has its states twice", variable.name), "remove one list");
    while (!scan_.take_mark('}')) {
      if (!scan_.take_mark(',')) variable.states.push_back(scan_.expect_name("a state"));
    }
    scan_.expect_mark(';', "after the states");
    if (declared != static_cast<double>(variable.states.size()))
      throw scan_.error(count.line, fmt::format("the variable \"{}\" declares {} states and lists {}", variable.name, count.text, variable.states.size()), "make them agree");
  }

  void read_table(std::int64_t line) {
    scan_.expect_mark('(', "after \"probability\"");
    const std::int32_t child = draft_.find(scan_.expect_name("the name of a variable"), line);
    std::vector<std::int32_t> parents;
    bool bar = false;
    while (!scan_.take_mark(')')) {
      if (scan_.take_mark(',')) continue;
      if (scan_.take_mark('|')) {
        if (bar || !parents.empty()) throw scan_.error(line, "a table is of more than one variable", "give each variable a table of its own: probability ( child | parents )");
        bar = true;
        continue;
      }
      parents.push_back(draft_.find(scan_.expect_name("the name of a parent"), line));
    }
    Family& family = draft_.add_family(child, std::move(parents), line);
    scan_.expect_mark('{', "before the probabilities");
    std::vector<double> otherwise;
    while (!scan_.take_mark('}')) {
      const Token token = scan_.next();
      if (token.is_word("property")) {
        scan_.skip_behind(';', "at the end of a property");
      } else if (token.is_word("table")) {
        read_whole(child, family, token.line);
      } else if (token.is_word("default")) {
        otherwise = read_numbers(states(child), token.line);
      } else if (token.is_mark('(')) {
        read_row(child, family, token.line);
      } else {
        throw scan_.unexpected(token, "a row, \"table\", \"default\" or \"}\"");
      }
    }
    if (!otherwise.empty())
      for (std::size_t i = 0; i < family.table.size(); ++i)
        if (family.table[i] == Draft::unset) family.table[i] = otherwise[i % otherwise.size()];
  }

  [[nodiscard]] std::size_t states(std::int32_t variable) const { return draft_.network().variables[static_cast<std::size_t>(variable)].states.size(); }

  std::vector<double> read_numbers(std::size_t count, std::int64_t line) {
    std::vector<double> values;
    while (!scan_.take_mark(';')) {
      if (scan_.take_mark(',')) continue;
      values.push_back(scan_.number(scan_.next()));
      if (values.size() > count) break;
    }
    if (values.size() != count)
      throw scan_.error(line, fmt::format("{}{} probabilities stand where {} are expected", values.size() > count ? "more than " : "", std::min(values.size(), count), count),
                        "give one for each state");
    return values;
  }

  /// `table` lists the child's first state for every row of the parents, then its second: the child varies slowest.
  void read_whole(std::int32_t child, Family& family, std::int64_t line) {
    const std::vector<double> values = read_numbers(family.table.size(), line);
    if (family.table[0] != Draft::unset) throw scan_.error(line, "the table has probabilities twice", "remove one");
    const std::size_t size = states(child), rows = family.table.size() / size;
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t s = 0; s < size; ++s) family.table[row * size + s] = values[s * rows + row];
  }

  void read_row(std::int32_t child, Family& family, std::int64_t line) {
    std::size_t row = 0, given = 0;
    while (!scan_.take_mark(')')) {
      if (scan_.take_mark(',')) continue;
      const std::string state = scan_.expect_name("a state of a parent");
      if (given == family.parents.size()) throw scan_.error(line, fmt::format("a row names more states than there are parents ({})", family.parents.size()), "name one state of each");
      const std::int32_t parent = family.parents[given++];
      row = row * states(parent) + static_cast<std::size_t>(draft_.find_state(parent, state, line));
    }
    if (given != family.parents.size())
      throw scan_.error(line, fmt::format("a row names {} states where there are {} parents", given, family.parents.size()), "name one state of each");
    const std::size_t size = states(child);
    if (family.table[row * size] != Draft::unset) throw scan_.error(line, "the row is there twice", "remove one");
    const std::vector<double> values = read_numbers(size, line);
    std::copy(values.begin(), values.end(), family.table.begin() + static_cast<std::ptrdiff_t>(row * size));
  }

  Scanner scan_;
  Draft draft_;
};

std::string row_of(const double* values, std::size_t size) {
  std::string out;
  for (std::size_t s = 0; s < size; ++s) out += fmt::format("{}{}", s == 0 ? " " : ", ", values[s]);
  return out + ";\n";
}

std::string print_table(const Network& network, std::size_t v) {
  const Family& family = network.families[v];
  const std::size_t size = network.variables[v].states.size(), rows = family.table.size() / size;
  std::string out = "probability ( " + quoted_where_needed(network.variables[v].name, rules);
  for (std::size_t i = 0; i < family.parents.size(); ++i)
    out += (i == 0 ? " | " : ", ") + quoted_where_needed(network.variables[static_cast<std::size_t>(family.parents[i])].name, rules);
  out += " ) {\n";
  std::vector<std::size_t> state(family.parents.size(), 0);
  for (std::size_t row = 0; row < rows; ++row) {
    if (state.empty()) {
      out += "  table";
    } else {
      for (std::size_t i = 0; i < state.size(); ++i)
        out += (i == 0 ? "  (" : ", ") + quoted_where_needed(network.variables[static_cast<std::size_t>(family.parents[i])].states[state[i]], rules);
      out += ")";
    }
    out += row_of(&family.table[row * size], size);
    for (std::size_t i = state.size(); i-- > 0;) {
      if (++state[i] < network.variables[static_cast<std::size_t>(family.parents[i])].states.size()) break;
      state[i] = 0;
    }
  }
  return out + "}\n";
}

}  // namespace

DraftNetwork parse_bif(std::string_view text, const std::string& file) { return BifReader(text, file).read(); }

std::string print_bif(const Network& network) {
  std::string out = "network " + quoted_where_needed(network.name.empty() ? "unknown" : network.name, rules) + " {\n}\n";
  for (const Variable& variable : network.variables) {
    out += "variable " + quoted_where_needed(variable.name, rules) + " {\n";
    out += fmt::format("  type discrete [ {} ] {{", variable.states.size());
    for (std::size_t s = 0; s < variable.states.size(); ++s) out += (s == 0 ? " " : ", ") + quoted_where_needed(variable.states[s], rules);
    out += " };\n}\n";
  }
  for (std::size_t v = 0; v < network.variables.size(); ++v) out += print_table(network, v);
  return out;
}

}  // namespace footfall
