#include "engine/bayes/inference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "engine/bayes/tree_pass.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Below this many entries a better order saves less than its search costs.
constexpr double small_enough = 0x1p16;
constexpr int first_tries = 24;
/// Entries for each byte allowed that no better order brings within reach.
constexpr double hopeless = 256.0;

Error impossible() { return bad_input("the evidence is impossible: the network gives it the probability 0", "leave out an observation, or check the tables for zeros"); }

std::string amount(double bytes) {
  constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  while (bytes >= 1024.0 && unit + 1 < std::size(units)) {
    bytes /= 1024.0;
    ++unit;
  }
  return bytes < 1024.0 ? fmt::format("{:.1f} {}", bytes, units[unit]) : fmt::format("{:.3g} {}", bytes, units[unit]);
}

/// An order whose messages fit the memory, if the search finds one: the larger the problem, the longer it is looked for. The search ends by what it
/// has looked at, not by the clock, after a few seconds at most.
Elimination search_order(const FactorGraph& graph, const InferenceOptions& options) {
  std::vector<std::int32_t> sizes;
  std::vector<std::vector<std::int32_t>> scopes;
  for (const Variable& variable : graph.variables) sizes.push_back(variable.size());
  for (const Factor& factor : graph.factors) scopes.push_back(factor.variables);
  EliminationSearch search;
  search.tries = first_tries;
  search.good_enough = small_enough;
  search.seed = options.seed;
  Elimination best = find_elimination(sizes, scopes, search, options.team);
  // Below this a second and third search would take longer than the passes.
  for (const auto& [above, tries] : {std::pair(0x1p23, 96), std::pair(0x1p27, 400)}) {
    if (best.entries <= above || best.entries > hopeless * static_cast<double>(options.memory)) break;
    search.tries = tries;
    best = find_elimination(sizes, scopes, search, options.team);
  }
  return best;
}

struct Problem {
  ReducedGraph reduced;
  std::optional<Elimination> elimination;   ///< nothing when every variable is fixed
  std::vector<std::int32_t> place;          ///< [all variables] index in the reduced graph, or -1
};

Problem reduce(const FactorGraph& graph, const Evidence& evidence) {
  Problem problem{reduce_graph(graph, evidence), std::nullopt, std::vector<std::int32_t>(graph.variables.size(), -1)};
  if (problem.reduced.impossible) throw impossible();
  for (std::size_t v = 0; v < problem.reduced.variables.size(); ++v) problem.place[static_cast<std::size_t>(problem.reduced.variables[v])] = static_cast<std::int32_t>(v);
  return problem;
}

void find_order(Problem& problem, const InferenceOptions& options) {
  if (!problem.reduced.graph.variables.empty()) problem.elimination = search_order(problem.reduced.graph, options);
}

WidthEstimate estimate(const Problem& problem) {
  WidthEstimate out;
  out.variables = static_cast<std::int32_t>(problem.reduced.graph.variables.size());
  if (!problem.elimination) return out;
  const JoinTree tree(problem.reduced.graph, *problem.elimination);
  out.bytes = tree.message_bytes();
  out.largest = tree.largest_node();
  for (const JoinTree::Node& node : tree.nodes()) out.work += tree.entries(node.scope);
  return out;
}

void refuse_if_too_large(const Problem& problem, const InferenceOptions& options) {
  const WidthEstimate need = estimate(problem);
  if (need.bytes <= static_cast<double>(options.memory)) return;
  throw bad_input(fmt::format("an exact answer needs {} of tables, and {} are allowed (the largest clique has {:.3g} combinations of states)", amount(need.bytes),
                              amount(static_cast<double>(options.memory)), need.largest),
                  "allow more by --memory, observe more variables, or take --approximate for a Bayesian network");
}

double natural(double log2) { return log2 * std::numbers::ln2; }

/// Marginals over the states that are left, spread over all states.
std::vector<double> spread(const std::vector<double>& left, const std::vector<std::int32_t>& states, std::size_t size) {
  std::vector<double> out(size, 0.0);
  for (std::size_t s = 0; s < states.size(); ++s) out[static_cast<std::size_t>(states[s])] = left[s];
  return out;
}

std::vector<std::vector<double>> spread_all(const FactorGraph& graph, const Problem& problem, const std::vector<std::vector<double>>& left) {
  std::vector<std::vector<double>> out;
  for (std::size_t v = 0; v < graph.variables.size(); ++v) {
    const std::int32_t place = problem.place[v];
    out.push_back(spread(place < 0 ? std::vector<double>{1.0} : left[static_cast<std::size_t>(place)], problem.reduced.states[v], graph.variables[v].states.size()));
  }
  return out;
}

/// A table over the open ones of some variables, in the tree's order, as a table over all of them in the caller's.
std::vector<double> arrange(const FactorGraph& graph, const Problem& problem, const std::vector<std::int32_t>& variables, const std::vector<std::int32_t>& scope,
                            const std::vector<double>& values) {
  std::size_t entries = 1;
  for (const std::int32_t v : variables) entries *= graph.variables[static_cast<std::size_t>(v)].states.size();
  std::vector<double> out(entries, 0.0);
  for (std::size_t e = 0; e < values.size(); ++e) {
    std::vector<std::int32_t> state(problem.reduced.graph.variables.size(), 0);
    std::size_t left = e;
    for (std::size_t d = scope.size(); d-- > 0;) {
      const auto size = problem.reduced.graph.variables[static_cast<std::size_t>(scope[d])].states.size();
      state[static_cast<std::size_t>(scope[d])] = static_cast<std::int32_t>(left % size);
      left /= size;
    }
    std::size_t index = 0;
    for (const std::int32_t v : variables) {
      const std::int32_t place = problem.place[static_cast<std::size_t>(v)];
      const std::vector<std::int32_t>& states = problem.reduced.states[static_cast<std::size_t>(v)];
      index = index * graph.variables[static_cast<std::size_t>(v)].states.size() +
              static_cast<std::size_t>(states[place < 0 ? 0 : static_cast<std::size_t>(state[static_cast<std::size_t>(place)])]);
    }
    out[index] = values[e];
  }
  return out;
}

}  // namespace

WidthEstimate estimate_width(const FactorGraph& graph, const Evidence& evidence, const InferenceOptions& options) {
  Problem problem = reduce(graph, evidence);
  find_order(problem, options);
  return estimate(problem);
}

Marginals infer_marginals(const FactorGraph& graph, const Evidence& evidence, const InferenceOptions& options) {
  Problem problem = reduce(graph, evidence);
  find_order(problem, options);
  Marginals out{problem.reduced.log_factor, {}};
  std::vector<std::vector<double>> left;
  if (problem.elimination) {
    refuse_if_too_large(problem, options);
    const CompiledTree compiled(problem.reduced.graph, *problem.elimination);
    TreePass pass(compiled, true);
    const std::optional<double> log2 = pass.upward(Reduction::sum, options.team);
    if (!log2) throw impossible();
    out.log_evidence += natural(*log2);
    pass.downward(left, options.team);
  }
  out.of = spread_all(graph, problem, left);
  return out;
}

double log_evidence(const FactorGraph& graph, const Evidence& evidence, const InferenceOptions& options) {
  Problem problem = reduce(graph, evidence);
  find_order(problem, options);
  if (!problem.elimination) return problem.reduced.log_factor;
  refuse_if_too_large(problem, options);
  const CompiledTree compiled(problem.reduced.graph, *problem.elimination);
  TreePass pass(compiled, true);
  const std::optional<double> log2 = pass.upward(Reduction::sum, options.team);
  if (!log2) throw impossible();
  return problem.reduced.log_factor + natural(*log2);
}

Joint infer_joint(const FactorGraph& graph, const Evidence& evidence, const std::vector<std::int32_t>& variables, const InferenceOptions& options) {
  std::vector<std::int32_t> sorted = variables;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    throw bad_input(fmt::format("\"{}\" is asked for twice", graph.variables[static_cast<std::size_t>(*twice)].name), "name each variable once");
  double entries = 1.0;
  for (const std::int32_t v : variables) entries *= graph.variables[static_cast<std::size_t>(v)].size();
  if (entries * 8.0 > static_cast<double>(options.memory))
    throw bad_input(fmt::format("the joint distribution of {} variables needs {}", variables.size(), amount(entries * 8.0)), "ask for fewer variables");
  Problem problem = reduce(graph, evidence);
  // A factor of ones over the variables keeps them in one clique.
  Factor ones;
  std::size_t size = 1;
  for (const std::int32_t v : variables)
    if (problem.place[static_cast<std::size_t>(v)] >= 0) {
      ones.variables.push_back(problem.place[static_cast<std::size_t>(v)]);
      size *= problem.reduced.states[static_cast<std::size_t>(v)].size();
    }
  ones.values.assign(size, 1.0);
  Joint out{problem.reduced.log_factor, {}};
  const std::vector<std::int32_t> open = ones.variables;
  if (!open.empty()) problem.reduced.graph.factors.push_back(std::move(ones));
  find_order(problem, options);
  std::vector<double> joint{1.0};
  std::vector<std::int32_t> scope;
  if (problem.elimination) {
    refuse_if_too_large(problem, options);
    const CompiledTree compiled(problem.reduced.graph, *problem.elimination);
    TreePass pass(compiled, true);
    const std::optional<double> log2 = pass.upward(Reduction::sum, options.team);
    if (!log2) throw impossible();
    out.log_evidence += natural(*log2);
    if (!open.empty()) {
      const CompiledTree::Belief belief = compiled.belief(open);
      std::vector<std::vector<double>> ignored;
      pass.downward(ignored, options.team, &belief, &joint);
      scope = belief.scope;
    }
  }
  out.table = arrange(graph, problem, variables, scope, joint);
  return out;
}

Explanation most_probable_explanation(const FactorGraph& graph, const Evidence& evidence, const InferenceOptions& options) {
  Problem problem = reduce(graph, evidence);
  find_order(problem, options);
  Explanation out{{}, problem.reduced.log_factor};
  std::vector<std::int32_t> left;
  if (problem.elimination) {
    refuse_if_too_large(problem, options);
    const CompiledTree compiled(problem.reduced.graph, *problem.elimination);
    TreePass pass(compiled, true);
    const std::optional<double> log2 = pass.upward(Reduction::maximum, options.team);
    if (!log2) throw impossible();
    out.log_probability += natural(*log2);
    left = pass.best_states();
  }
  for (std::size_t v = 0; v < graph.variables.size(); ++v) {
    const std::int32_t place = problem.place[v];
    out.states.push_back(problem.reduced.states[v][place < 0 ? 0 : static_cast<std::size_t>(left[static_cast<std::size_t>(place)])]);
  }
  return out;
}

std::vector<WeightOfEvidence> weights_of_evidence(const FactorGraph& graph, const Evidence& evidence, std::int32_t target, const InferenceOptions& options) {
  const auto t = static_cast<std::size_t>(target);
  if (evidence.state(t) >= 0) throw bad_input(fmt::format("\"{}\" is observed itself", graph.variables[t].name), "ask for the weight of evidence on an open variable");
  // The target's odds by log P(e, x), which keeps the small probability of a nearly certain state's opposite exact.
  const auto odds = [&](const Evidence& given, std::vector<double>& probabilities) {
    probabilities = infer_joint(graph, given, {target}, options).table;
    std::vector<double> out;
    for (std::size_t s = 0; s < probabilities.size(); ++s) {
      double others = 0.0;
      for (std::size_t other = 0; other < probabilities.size(); ++other) others += other == s ? 0.0 : probabilities[other];
      out.push_back(std::log(probabilities[s]) - std::log(others));
    }
    return out;
  };
  std::vector<double> ignored;
  const std::vector<double> with = odds(evidence, ignored);
  std::vector<WeightOfEvidence> out;
  for (std::size_t v = 0; v < evidence.states.size(); ++v) {
    if (evidence.states[v] < 0) continue;
    Evidence rest = evidence;
    rest.states[v] = -1;
    WeightOfEvidence entry{static_cast<std::int32_t>(v), {}, {}};
    const std::vector<double> before = odds(rest, entry.without);
    // A state that was certain or ruled out before stays so, and the observation says nothing about it.
    for (std::size_t s = 0; s < with.size(); ++s) entry.weights.push_back(std::isinf(before[s]) ? 0.0 : with[s] - before[s]);
    out.push_back(std::move(entry));
  }
  return out;
}

struct CaseInference::Parts {
  std::shared_ptr<const CompiledTree> compiled;
  TreePass pass;
};

CaseInference::CaseInference(const FactorGraph& graph, const InferenceOptions& options) {
  if (graph.variables.empty()) throw bad_input("the network has no variable", "declare at least one");
  Problem problem;
  problem.reduced.graph = graph;
  find_order(problem, options);
  // Both directions are kept, and those without evidence.
  const WidthEstimate need = estimate(problem);
  if (3.0 * need.bytes > static_cast<double>(options.memory))
    throw bad_input(fmt::format("exact marginals of many cases need {} of tables, and {} are allowed", amount(3.0 * need.bytes), amount(static_cast<double>(options.memory))),
                    "allow more by --memory");
  auto compiled = std::make_shared<const CompiledTree>(graph, *problem.elimination);
  parts_ = std::make_unique<Parts>(Parts{compiled, TreePass(*compiled, false)});
}

CaseInference::CaseInference(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
CaseInference::~CaseInference() = default;
CaseInference::CaseInference(CaseInference&&) noexcept = default;
CaseInference& CaseInference::operator=(CaseInference&&) noexcept = default;

CaseInference CaseInference::twin() const { return CaseInference(std::make_unique<Parts>(*parts_)); }

bool CaseInference::run_evidence(const Evidence& evidence, double& log_evidence) {
  parts_->pass.set_evidence(evidence);
  const std::optional<double> log2 = parts_->pass.upward();
  if (log2) log_evidence = natural(*log2);
  return log2.has_value();
}

bool CaseInference::run(const Evidence& evidence, Marginals& out) {
  if (!run_evidence(evidence, out.log_evidence)) return false;
  parts_->pass.downward(out.of);
  return true;
}

}  // namespace footfall
