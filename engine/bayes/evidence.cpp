#include "engine/bayes/evidence.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "kernels/error.hpp"

namespace footfall {
namespace {

using Domains = std::vector<std::vector<char>>;

/// Calls visit(entry, states) for every entry of a table; `states` are those of its variables.
template <class Visit>
void each_entry(const std::vector<Variable>& variables, const Factor& factor, const Visit& visit) {
  std::vector<std::int32_t> states(factor.variables.size(), 0);
  for (const double value : factor.values) {
    visit(value, states);
    for (std::size_t d = states.size(); d-- > 0;) {
      if (++states[d] < variables[static_cast<std::size_t>(factor.variables[d])].size()) break;
      states[d] = 0;
    }
  }
}

/// Removes the states that the factor has only zeros for. True when one was removed.
bool revise(const std::vector<Variable>& variables, const Factor& factor, Domains& domains, std::vector<std::int32_t>& changed) {
  std::vector<std::vector<char>> supported;
  for (const std::int32_t v : factor.variables) supported.emplace_back(variables[static_cast<std::size_t>(v)].states.size(), 0);
  each_entry(variables, factor, [&](double value, const std::vector<std::int32_t>& states) {
    if (value == 0.0) return;
    for (std::size_t d = 0; d < states.size(); ++d)
      if (domains[static_cast<std::size_t>(factor.variables[d])][static_cast<std::size_t>(states[d])] == 0) return;
    for (std::size_t d = 0; d < states.size(); ++d) supported[d][static_cast<std::size_t>(states[d])] = 1;
  });
  bool removed = false;
  for (std::size_t d = 0; d < supported.size(); ++d) {
    std::vector<char>& domain = domains[static_cast<std::size_t>(factor.variables[d])];
    bool here = false;
    for (std::size_t s = 0; s < domain.size(); ++s) {
      here = here || (domain[s] != 0 && supported[d][s] == 0);
      domain[s] = domain[s] != 0 && supported[d][s] != 0;
    }
    if (here) changed.push_back(factor.variables[d]);
    removed = removed || here;
  }
  return removed;
}

void propagate(const FactorGraph& graph, Domains& domains) {
  std::vector<std::vector<std::size_t>> of(graph.variables.size());
  std::vector<std::size_t> waiting;
  std::vector<char> queued(graph.factors.size(), 1);
  for (std::size_t f = 0; f < graph.factors.size(); ++f) {
    for (const std::int32_t v : graph.factors[f].variables) of[static_cast<std::size_t>(v)].push_back(f);
    waiting.push_back(f);
  }
  std::vector<std::int32_t> changed;
  while (!waiting.empty()) {
    const std::size_t f = waiting.back();
    waiting.pop_back();
    queued[f] = 0;
    changed.clear();
    if (!revise(graph.variables, graph.factors[f], domains, changed)) continue;
    for (const std::int32_t v : changed)
      for (const std::size_t other : of[static_cast<std::size_t>(v)])
        if (other != f && queued[other] == 0) {
          queued[other] = 1;
          waiting.push_back(other);
        }
  }
}

/// The factor over the states that are left; the variables with one state fall out.
Factor cut(const FactorGraph& graph, const Factor& factor, const Domains& domains, const std::vector<std::int32_t>& place) {
  Factor out;
  for (const std::int32_t v : factor.variables)
    if (place[static_cast<std::size_t>(v)] >= 0) out.variables.push_back(place[static_cast<std::size_t>(v)]);
  each_entry(graph.variables, factor, [&](double value, const std::vector<std::int32_t>& states) {
    for (std::size_t d = 0; d < states.size(); ++d)
      if (domains[static_cast<std::size_t>(factor.variables[d])][static_cast<std::size_t>(states[d])] == 0) return;
    out.values.push_back(value);
  });
  return out;
}

}  // namespace

void check_evidence(const std::vector<Variable>& variables, const Evidence& evidence) {
  if (!evidence.states.empty() && evidence.states.size() != variables.size())
    throw bad_input(fmt::format("the evidence is about {} variables, there are {}", evidence.states.size(), variables.size()), "use evidence of this network");
  for (std::size_t v = 0; v < evidence.states.size(); ++v)
    if (evidence.states[v] < -1 || evidence.states[v] >= variables[v].size())
      throw bad_input(fmt::format("the evidence has state {} of \"{}\", which has {}", evidence.states[v], variables[v].name, variables[v].size()), "states are counted from 0");
  for (const Likelihood& each : evidence.likelihoods) {
    if (each.variable < 0 || each.variable >= static_cast<std::int32_t>(variables.size())) throw bad_input("virtual evidence is about an unknown variable", "use evidence of this network");
    const Variable& variable = variables[static_cast<std::size_t>(each.variable)];
    if (each.values.size() != variable.states.size())
      throw bad_input(fmt::format("the virtual evidence on \"{}\" has {} likelihoods for {} states", variable.name, each.values.size(), variable.size()), "give one for each state");
    double largest = 0.0;
    for (const double value : each.values) {
      if (!std::isfinite(value) || value < 0.0) throw bad_input(fmt::format("the virtual evidence on \"{}\" has the likelihood {}", variable.name, value), "a likelihood is 0 or more");
      largest = std::max(largest, value);
    }
    if (largest == 0.0) throw bad_input(fmt::format("the virtual evidence on \"{}\" rules out every state", variable.name), "one likelihood must be above 0");
  }
}

ReducedGraph reduce_graph(const FactorGraph& graph, const Evidence& evidence) {
  check_evidence(graph.variables, evidence);
  FactorGraph whole = graph;
  for (const Likelihood& each : evidence.likelihoods) whole.factors.push_back({{each.variable}, each.values});
  Domains domains;
  for (std::size_t v = 0; v < graph.variables.size(); ++v) {
    const std::int32_t state = evidence.state(v);
    domains.emplace_back(graph.variables[v].states.size(), state < 0);
    if (state >= 0) domains[v][static_cast<std::size_t>(state)] = 1;
  }
  propagate(whole, domains);

  ReducedGraph out;
  std::vector<std::int32_t> place(graph.variables.size(), -1);
  for (std::size_t v = 0; v < graph.variables.size(); ++v) {
    std::vector<std::int32_t> left;
    for (std::size_t s = 0; s < domains[v].size(); ++s)
      if (domains[v][s] != 0) left.push_back(static_cast<std::int32_t>(s));
    if (left.empty()) out.impossible = true;
    if (left.size() > 1) {
      place[v] = static_cast<std::int32_t>(out.variables.size());
      out.variables.push_back(static_cast<std::int32_t>(v));
      Variable variable{graph.variables[v].name, {}};
      for (const std::int32_t s : left) variable.states.push_back(graph.variables[v].states[static_cast<std::size_t>(s)]);
      out.graph.variables.push_back(std::move(variable));
    }
    out.states.push_back(std::move(left));
  }
  if (out.impossible) return out;
  for (const Factor& factor : whole.factors) {
    Factor left = cut(whole, factor, domains, place);
    if (!left.variables.empty()) {
      out.graph.factors.push_back(std::move(left));
    } else if (left.values.at(0) > 0.0) {
      out.log_factor += std::log(left.values[0]);
    } else {
      out.impossible = true;
    }
  }
  return out;
}

}  // namespace footfall
