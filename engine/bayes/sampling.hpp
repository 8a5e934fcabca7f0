#pragma once

#include <cstdint>
#include <vector>

#include "engine/bayes/evidence.hpp"
#include "kernels/device/team.hpp"

namespace footfall {

/// Draws whole rows from a network, parents first. A cell depends on the seed, its row and its variable alone, so any part of a sample may be drawn
/// by itself, by any number of threads.
class ForwardSampler {
 public:
  ForwardSampler(const Network& network, std::uint64_t seed);

  /// codes[variable][row - first] for the rows [first, first + rows); the columns are resized.
  void draw(std::int64_t first, std::int64_t rows, std::vector<std::vector<std::int32_t>>& codes, Team* team = nullptr) const;

 private:
  std::vector<std::vector<std::int32_t>> parents_;
  std::vector<std::vector<double>> cumulative_;   ///< [variables][rows x states]
  std::vector<std::int32_t> sizes_, order_;
  std::uint64_t seed_;
};

/// Estimates by likelihood weighting (Fung and Chang 1990): unobserved variables are drawn from their tables, parents first, and a sample weighs what
/// its evidence is worth there. The way out where an exact answer is too wide.
struct WeightedEstimate {
  double log_evidence = 0.0;                              ///< natural, of the mean weight
  double log_evidence_error = 0.0;                        ///< standard error of log_evidence, to first order
  std::vector<std::vector<double>> of;                    ///< [variables] P(state | evidence)
  std::vector<std::vector<double>> standard_error;        ///< of each, to first order (delta method for a ratio of means)
  double effective_samples = 0.0;                         ///< (sum of weights)^2 / sum of squares (Kish 1965)
};

/// Error{failed} when no sample agrees with the evidence. The same bits for any number of threads.
[[nodiscard]] WeightedEstimate weigh_samples(const Network& network, const Evidence& evidence, std::int64_t samples, std::uint64_t seed, Team* team = nullptr);

}  // namespace footfall
