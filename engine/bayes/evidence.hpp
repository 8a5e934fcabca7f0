#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/bayes/network.hpp"

namespace footfall {

/// Virtual evidence: an observation that speaks for each state of a variable with a likelihood (Pearl 1988, section 2.2.2).
struct Likelihood {
  std::int32_t variable = 0;
  std::vector<double> values;   ///< [states], not negative, not all 0; only their ratios matter
};

/// What is known of a case.
struct Evidence {
  std::vector<std::int32_t> states;      ///< [variables], -1: not observed; empty: nothing is
  std::vector<Likelihood> likelihoods;

  [[nodiscard]] std::int32_t state(std::size_t variable) const { return states.empty() ? -1 : states[variable]; }
};

/// Refuses evidence that is none of these variables: Error{bad_input}.
void check_evidence(const std::vector<Variable>& variables, const Evidence& evidence);

/// A factor graph with what is known put in: tables cut to the observed states, then every state removed that some table has only zeros for
/// (arc consistency, Mackworth 1977), until nothing changes. What is left has the same marginals and, with `log_factor`, the same P(evidence).
struct ReducedGraph {
  FactorGraph graph;                               ///< variables that still have two states or more
  std::vector<std::int32_t> variables;             ///< [graph.variables] their index in the whole graph
  std::vector<std::vector<std::int32_t>> states;   ///< [all variables] the states that are left
  double log_factor = 0.0;                         ///< natural logarithm of what the fixed variables contribute
  bool impossible = false;                         ///< no combination of states is left
};

[[nodiscard]] ReducedGraph reduce_graph(const FactorGraph& graph, const Evidence& evidence);

}  // namespace footfall
