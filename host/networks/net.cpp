// Hugin's NET (Hugin API manual, chapter "The NET language"): discrete chance nodes and their tables.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "host/networks/draft.hpp"
#include "host/networks/scanner.hpp"

namespace footfall {
namespace {

constexpr ScanRules rules{"{}()|=;", false, '%'};
/// An attribute of our own: a node's name where the language does not allow it.
constexpr std::string_view real_name = "footfall_name";

struct Block {
  std::size_t place = 0;
  std::int64_t line = 0;
};

class NetReader {
 public:
  NetReader(std::string_view text, const std::string& file) : scan_(text, file, rules), draft_(file) {}

  DraftNetwork read() {
    std::vector<Block> tables;
    for (Token token = scan_.next(); token.kind != Token::Kind::end; token = scan_.next()) {
      if (token.is_word("net")) {
        read_header();
      } else if (token.is_word("node")) {
        read_node();
      } else if (token.is_word("discrete") && scan_.peek().is_word("node")) {
        (void)scan_.next();
        read_node();
      } else if (token.is_word("potential")) {
        tables.push_back({scan_.place(), token.line});
        scan_.skip_behind('}', "at the end of the potential");
      } else if (token.is_word("continuous") || token.is_word("utility") || token.is_word("decision") || token.is_word("function") || token.is_word("class")) {
        throw scan_.error(token.line, fmt::format("\"{}\" is none of a discrete Bayesian network", token.text), "only discrete chance nodes are read");
      } else {
        throw scan_.unexpected(token, "\"net\", \"node\" or \"potential\"");
      }
    }
    for (const Block& table : tables) {
      scan_.go_back(table.place, table.line);
      read_potential(table.line);
    }
    return std::move(draft_).finish();
  }

 private:
  /// Calls take(name, line) for each attribute of a block; what it does not take is skipped.
  template <class Take>
  void read_attributes(const Take& take) {
    scan_.expect_mark('{', "at the beginning of the block");
    while (!scan_.take_mark('}')) {
      const Token name = scan_.next();
      if (!name.is_name()) throw scan_.unexpected(name, "the name of an attribute or \"}\"");
      scan_.expect_mark('=', "after the name of the attribute");
      if (!take(name)) scan_.skip_behind(';', "at the end of the attribute");
    }
  }

  std::string read_text() {
    const Token token = scan_.next();
    if (token.kind != Token::Kind::quoted) throw scan_.unexpected(token, "a text in quotes");
    scan_.expect_mark(';', "at the end of the attribute");
    return token.text;
  }

  void read_header() {
    read_attributes([this](const Token& name) {
      if (!name.is_word("name")) return false;
      draft_.set_name(read_text());
      return true;
    });
  }

  void read_node() {
    const std::int64_t line = scan_.peek().line;
    const std::string id = scan_.expect_name("the name of a node");
    Variable variable{id, {}};
    read_attributes([&](const Token& name) {
      if (name.is_word(real_name)) {
        variable.name = read_text();
        return true;
      }
      if (!name.is_word("states")) return false;
      if (!variable.states.empty()) throw scan_.error(name.line, fmt::format("the node \"{}\" has its states twice", id), "remove one list");
      scan_.expect_mark('(', "before the states");
      while (!scan_.take_mark(')')) variable.states.push_back(scan_.expect_name("a state"));
      scan_.expect_mark(';', "after the states");
      return true;
    });
    if (!ids_.emplace(id, static_cast<std::int32_t>(ids_.size())).second) throw scan_.error(line, fmt::format("the node \"{}\" is there twice", id), "rename or remove one");
    draft_.add_variable(std::move(variable), line);
  }

  std::int32_t find(const std::string& id, std::int64_t line) const {
    const auto at = ids_.find(id);
    return at != ids_.end() ? at->second : draft_.find(id, line);
  }

  void read_potential(std::int64_t line) {
    scan_.expect_mark('(', "after \"potential\"");
    const std::int32_t child = find(scan_.expect_name("the name of a node"), line);
    std::vector<std::int32_t> parents;
    if (scan_.take_mark('|'))
      while (!scan_.peek().is_mark(')')) parents.push_back(find(scan_.expect_name("the name of a parent"), line));
    if (!scan_.take_mark(')')) throw scan_.error(line, "a potential is of more than one node", "give each node a potential of its own: potential ( child | parents )");
    Family& family = draft_.add_family(child, std::move(parents), line);
    bool found = false;
    read_attributes([&](const Token& name) {
      if (name.is_word("model_data") || name.is_word("model_nodes")) throw scan_.error(name.line, "the potential is an expression", "write the table out as data = (…)");
      if (!name.is_word("data")) return false;
      if (found) throw scan_.error(name.line, "the potential has data twice", "remove one");
      found = true;
      read_data(family, name.line);
      return true;
    });
    if (!found) throw scan_.error(line, fmt::format("the potential of \"{}\" has no data", draft_.network().variables[static_cast<std::size_t>(child)].name), "write data = (…)");
  }

  /// Parentheses show how the table is nested; the order of the numbers says it too: the child varies fastest, the last parent next.
  void read_data(Family& family, std::int64_t line) {
    std::size_t given = 0;
    std::int64_t depth = 0;
    for (Token token = scan_.next(); !token.is_mark(';'); token = scan_.next()) {
      if (token.is_mark('(')) {
        ++depth;
      } else if (token.is_mark(')')) {
        if (--depth < 0) throw scan_.error(token.line, "a parenthesis is closed that was not opened", "fix the file");
      } else {
        const double value = scan_.number(token);
        if (given < family.table.size()) family.table[given] = value;
        ++given;
      }
    }
    if (depth != 0) throw scan_.error(line, fmt::format("{} parentheses are not closed", depth), "fix the file");
    if (given != family.table.size())
      throw scan_.error(line, fmt::format("the data are {} numbers where the states make {}", given, family.table.size()), "give one for each state and each combination of the parents' states");
  }

  Scanner scan_;
  Draft draft_;
  std::unordered_map<std::string, std::int32_t> ids_;
};

bool is_identifier(const std::string& name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 && std::all_of(name.begin(), name.end(), fits);
}

/// The names of nodes in the file: a variable's own where it is an identifier, else one that no variable has.
std::vector<std::string> node_names(const Network& network) {
  std::unordered_map<std::string, int> taken;
  std::vector<std::string> names;
  for (const Variable& variable : network.variables) taken.emplace(variable.name, 1);
  for (std::size_t v = 0; v < network.variables.size(); ++v) {
    std::string name = network.variables[v].name;
    if (!is_identifier(name)) {
      name = fmt::format("node_{}", v);
      while (!taken.emplace(name, 1).second) name += "_";
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::string print_data(const Network& network, const Family& family, std::size_t child_size) {
  // A parenthesis opens wherever a dimension begins anew and closes where it ends.
  std::vector<std::size_t> sizes;
  for (const std::int32_t parent : family.parents) sizes.push_back(network.variables[static_cast<std::size_t>(parent)].states.size());
  sizes.push_back(child_size);
  const std::string indent(12, ' ');
  std::string out;
  for (std::size_t i = 0; i < family.table.size(); ++i) {
    std::size_t block = 1, opened = 0, closed = 0;
    for (std::size_t d = sizes.size(); d-- > 0;) {
      block *= sizes[d];
      opened += i % block == 0;
      closed += (i + 1) % block == 0;
    }
    out += opened > 0 ? std::string(opened, '(') : " ";
    out += fmt::format("{}", family.table[i]) + std::string(closed, ')');
    if (closed > 0 && i + 1 < family.table.size()) out += "\n" + indent;
  }
  return out;
}

}  // namespace

DraftNetwork parse_net(std::string_view text, const std::string& file) { return NetReader(text, file).read(); }

std::string print_net(const Network& network) {
  const std::vector<std::string> names = node_names(network);
  std::string out = "net\n{\n";
  if (!network.name.empty()) out += "    name = " + quoted(network.name) + ";\n";
  out += "}\n";
  for (std::size_t v = 0; v < names.size(); ++v) {
    const Variable& variable = network.variables[v];
    out += fmt::format("\nnode {}\n{{\n", names[v]);
    if (names[v] != variable.name) out += fmt::format("    {} = {};\n", real_name, quoted(variable.name));
    out += "    states = (";
    for (std::size_t s = 0; s < variable.states.size(); ++s) out += (s == 0 ? "" : " ") + quoted(variable.states[s]);
    out += ");\n}\n";
  }
  for (std::size_t v = 0; v < names.size(); ++v) {
    const Family& family = network.families[v];
    out += "\npotential ( " + names[v];
    for (std::size_t i = 0; i < family.parents.size(); ++i) out += (i == 0 ? " | " : " ") + names[static_cast<std::size_t>(family.parents[i])];
    out += " )\n{\n    data = " + print_data(network, family, network.variables[v].states.size()) + ";\n}\n";
  }
  return out;
}

}  // namespace footfall
