#pragma once

#include <cstdint>
#include <vector>

#include "engine/bayes/evidence.hpp"

namespace footfall::test {

/// A made-up network: variables of 1 to 4 states, up to three parents among those before; a share of the entries is zero.
[[nodiscard]] Network random_network(std::int32_t variables, std::uint64_t seed, double zeros);
/// Observes about this share of the variables, hard or virtual.
[[nodiscard]] Evidence random_evidence(const std::vector<Variable>& variables, std::uint64_t seed, double observed, double virtual_share);

/// All by going through every combination of states, which shares no code with inference: the reference for small graphs.
struct Enumeration {
  double evidence = 0.0;                            ///< P(evidence)
  std::vector<std::vector<double>> marginals;       ///< [variables] P(state | evidence)
  double best = 0.0;                                ///< the largest product that agrees with the evidence
  std::vector<double> joint;                        ///< P(variables | evidence), last fastest
};
[[nodiscard]] Enumeration enumerate(const FactorGraph& graph, const Evidence& evidence, const std::vector<std::int32_t>& joint_of = {});

/// The product of all factors and likelihoods at these states; 0 where they disagree with the evidence.
[[nodiscard]] double product_at(const FactorGraph& graph, const Evidence& evidence, const std::vector<std::int32_t>& states);

}  // namespace footfall::test
