#include "engine/bayes/network.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>
#include <unordered_set>

#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

std::int64_t saturated_product(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? std::numeric_limits<std::int64_t>::max() : out;
}

std::vector<std::vector<std::int32_t>> children_of(const Network& network) {
  std::vector<std::vector<std::int32_t>> children(network.variables.size());
  for (std::int32_t v = 0; v < network.size(); ++v)
    for (const std::int32_t parent : network.families[static_cast<std::size_t>(v)].parents) children[static_cast<std::size_t>(parent)].push_back(v);
  return children;
}

/// "smoke = yes, tub = no": the parents' states of a row.
std::string row_name(const Network& network, const Family& family, std::int64_t row) {
  std::vector<std::string> parts(family.parents.size());
  for (std::size_t i = parts.size(); i-- > 0;) {
    const Variable& parent = network.variables[static_cast<std::size_t>(family.parents[i])];
    parts[i] = parent.name + " = " + parent.states[static_cast<std::size_t>(row % parent.size())];
    row /= parent.size();
  }
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string table_name(const Network& network, std::int32_t variable, std::int64_t row) {
  const Family& family = network.families[static_cast<std::size_t>(variable)];
  const std::string& name = network.variables[static_cast<std::size_t>(variable)].name;
  return family.parents.empty() ? fmt::format("P({})", name) : fmt::format("P({} | {})", name, row_name(network, family, row));
}

void check_variables(const Network& network) {
  if (network.variables.empty()) throw bad_input("the network has no variable", "declare at least one");
  if (network.families.size() != network.variables.size())
    throw bad_input(fmt::format("the network has {} variables and {} tables", network.variables.size(), network.families.size()), "give each variable one table");
  std::unordered_set<std::string> names;
  for (const Variable& variable : network.variables) {
    if (variable.name.empty()) throw bad_input("a variable has no name", "name it");
    if (!names.insert(variable.name).second) throw bad_input(fmt::format("the variable \"{}\" is there twice", variable.name), "rename or remove one");
    if (variable.states.empty()) throw bad_input(fmt::format("the variable \"{}\" has no state", variable.name), "list its states");
    std::unordered_set<std::string> states;
    for (const std::string& state : variable.states)
      if (!states.insert(state).second)
        throw bad_input(fmt::format("the variable \"{}\" has the state \"{}\" twice", variable.name, state), "rename or remove one");
  }
}

void check_row(const Network& network, std::int32_t variable, std::int64_t row, double* values, std::int32_t size, bool normalise) {
  double sum = 0.0;
  for (std::int32_t s = 0; s < size; ++s) {
    if (!std::isfinite(values[s]) || values[s] < 0.0)
      throw bad_input(fmt::format("{} has the entry {}", table_name(network, variable, row), values[s]), "a probability is a number from 0 to 1");
    sum += values[s];
  }
  if (!(sum > 0.0) || !std::isfinite(sum))
    throw bad_input(fmt::format("{} sums to {}", table_name(network, variable, row), sum), "a row of probabilities must sum to 1");
  if (std::fabs(sum - 1.0) > row_tolerance && !normalise)
    throw bad_input(fmt::format("{} sums to {:.9g}, which is off 1 by more than {:g}", table_name(network, variable, row), sum, row_tolerance),
                    "fix the row, or divide each row by its sum with --normalise");
  // A row that is as near to 1 as its rounding allows stays as it is: what was read is written with the same digits.
  if (std::fabs(sum - 1.0) <= size * std::numeric_limits<double>::epsilon()) return;
  for (std::int32_t s = 0; s < size; ++s) values[s] /= sum;
}

/// Follows parents from a variable on a cycle until one comes again.
std::string cycle_path(const Network& network, const std::vector<bool>& done) {
  std::int32_t v = 0;
  while (done[static_cast<std::size_t>(v)]) ++v;
  std::vector<std::int32_t> path;
  std::vector<std::int64_t> place(network.variables.size(), -1);
  while (place[static_cast<std::size_t>(v)] < 0) {
    place[static_cast<std::size_t>(v)] = static_cast<std::int64_t>(path.size());
    path.push_back(v);
    // A variable that never came first has a parent of the same kind.
    for (const std::int32_t parent : network.families[static_cast<std::size_t>(v)].parents)
      if (!done[static_cast<std::size_t>(parent)]) {
        v = parent;
        break;
      }
  }
  path.erase(path.begin(), path.begin() + place[static_cast<std::size_t>(v)]);
  std::reverse(path.begin(), path.end());  // parents were followed, arcs go the other way
  path.insert(path.begin(), path.back());
  std::string out;
  for (const std::int32_t step : path) out += (out.empty() ? "" : " -> ") + network.variables[static_cast<std::size_t>(step)].name;
  return out;
}

}  // namespace

std::int32_t Network::index_of(const std::string& variable) const {
  for (std::int32_t v = 0; v < size(); ++v)
    if (variables[static_cast<std::size_t>(v)].name == variable) return v;
  std::vector<std::string> names;
  for (const Variable& each : variables) names.push_back(each.name);
  throw bad_input(fmt::format("the network has no variable \"{}\"", variable), suggest_names(variable, names, "variables"));
}

std::int32_t Network::state_of(std::int32_t variable, const std::string& state) const {
  const Variable& owner = variables[static_cast<std::size_t>(variable)];
  for (std::int32_t s = 0; s < owner.size(); ++s)
    if (owner.states[static_cast<std::size_t>(s)] == state) return s;
  constexpr std::size_t shown = 20;
  std::string states;
  for (std::size_t s = 0; s < owner.states.size() && s < shown; ++s) states += (states.empty() ? "" : ", ") + owner.states[s];
  if (owner.states.size() > shown) states += fmt::format(", … {} more", owner.states.size() - shown);
  throw bad_input(fmt::format("the variable \"{}\" has no state \"{}\"", owner.name, state), "its states are " + states);
}

std::int64_t Network::rows(std::int32_t variable) const {
  std::int64_t rows = 1;
  for (const std::int32_t parent : families[static_cast<std::size_t>(variable)].parents)
    rows = saturated_product(rows, variables[static_cast<std::size_t>(parent)].size());
  return rows;
}

std::int64_t Network::free_parameters() const {
  std::int64_t count = 0;
  for (std::int32_t v = 0; v < size(); ++v) count += (variables[static_cast<std::size_t>(v)].size() - 1) * rows(v);
  return count;
}

void check_family(Network& network, std::int32_t variable, bool normalise) {
  Family& family = network.families[static_cast<std::size_t>(variable)];
  const Variable& child = network.variables[static_cast<std::size_t>(variable)];
  std::unordered_set<std::int32_t> seen{variable};
  for (const std::int32_t parent : family.parents) {
    if (parent < 0 || parent >= network.size())
      throw bad_input(fmt::format("the variable \"{}\" has a parent that is no variable of the network", child.name), "declare it");
    if (parent == variable) throw bad_input(fmt::format("the arcs make a cycle: {0} -> {0}", child.name), "a Bayesian network has no directed cycle");
    if (!seen.insert(parent).second)
      throw bad_input(fmt::format("the variable \"{}\" has the parent \"{}\" twice", child.name, network.variables[static_cast<std::size_t>(parent)].name),
                      "name each parent once");
  }
  const std::int64_t rows = network.rows(variable), entries = saturated_product(rows, child.size());
  if (static_cast<std::int64_t>(family.table.size()) != entries)
    throw bad_input(fmt::format("the table of \"{}\" has {} entries where its states and its parents' make {}", child.name, family.table.size(), entries),
                    "give one probability for each state and each combination of the parents' states");
  for (std::int64_t row = 0; row < rows; ++row) check_row(network, variable, row, &family.table[static_cast<std::size_t>(row * child.size())], child.size(), normalise);
}

void check_network(Network& network, bool normalise) {
  check_variables(network);
  for (std::int32_t v = 0; v < network.size(); ++v) check_family(network, v, normalise);
  (void)topological_order(network);
}

std::vector<std::int32_t> topological_order(const Network& network) {
  const std::vector<std::vector<std::int32_t>> children = children_of(network);
  std::vector<std::size_t> waiting(network.variables.size());
  std::priority_queue<std::int32_t, std::vector<std::int32_t>, std::greater<>> ready;
  for (std::int32_t v = 0; v < network.size(); ++v) {
    waiting[static_cast<std::size_t>(v)] = network.families[static_cast<std::size_t>(v)].parents.size();
    if (waiting[static_cast<std::size_t>(v)] == 0) ready.push(v);
  }
  std::vector<std::int32_t> order;
  std::vector<bool> done(network.variables.size(), false);
  order.reserve(network.variables.size());
  while (!ready.empty()) {
    const std::int32_t v = ready.top();
    ready.pop();
    order.push_back(v);
    done[static_cast<std::size_t>(v)] = true;
    for (const std::int32_t child : children[static_cast<std::size_t>(v)])
      if (--waiting[static_cast<std::size_t>(child)] == 0) ready.push(child);
  }
  if (order.size() != network.variables.size())
    throw bad_input("the arcs make a cycle: " + cycle_path(network, done), "a Bayesian network has no directed cycle; remove one of these arcs");
  return order;
}

std::vector<std::int32_t> markov_blanket(const Network& network, std::int32_t variable) {
  std::vector<std::int32_t> blanket = network.families[static_cast<std::size_t>(variable)].parents;
  for (std::int32_t child = 0; child < network.size(); ++child) {
    const std::vector<std::int32_t>& parents = network.families[static_cast<std::size_t>(child)].parents;
    if (std::find(parents.begin(), parents.end(), variable) == parents.end()) continue;
    blanket.push_back(child);
    for (const std::int32_t parent : parents)
      if (parent != variable) blanket.push_back(parent);
  }
  std::sort(blanket.begin(), blanket.end());
  blanket.erase(std::unique(blanket.begin(), blanket.end()), blanket.end());
  return blanket;
}

FactorGraph factor_graph(const Network& network) {
  FactorGraph graph;
  graph.variables = network.variables;
  for (std::int32_t v = 0; v < network.size(); ++v) {
    const Family& family = network.families[static_cast<std::size_t>(v)];
    Factor factor{family.parents, family.table};
    factor.variables.push_back(v);
    graph.factors.push_back(std::move(factor));
  }
  return graph;
}

}  // namespace footfall
