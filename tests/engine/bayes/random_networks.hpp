#pragma once

#include <cstdint>
#include <vector>

#include "engine/bayes/network.hpp"
#include "kernels/bayes/codes.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {

/// A network drawn at random: variables of 2 to `most_states` states, up to `most_parents` parents among the variables before.
struct NetworkShape {
  std::int32_t variables = 6;
  std::int32_t most_states = 4;
  std::int32_t most_parents = 3;
  double zeros = 0.0;   ///< share of table entries that are 0
  double power = 1.0;   ///< entries are uniform numbers to this power: large ones are extreme
};
[[nodiscard]] Network random_network(const NetworkShape& shape, Numbers& numbers);

/// Column-major codes of rows drawn state by state, with shares of cells missing and unseen.
[[nodiscard]] std::vector<std::uint8_t> random_rows(const Network& network, std::int64_t rows, double missing, double unseen, Numbers& numbers);

/// Posterior and ln P(evidence) of a row by the sum over all joint states, in float64. The row's cell of the target is not read.
struct Enumerated {
  std::vector<double> posterior;   ///< zeros where the evidence is impossible
  double log_evidence = 0.0;
};
[[nodiscard]] Enumerated enumerate(const Network& network, std::int32_t target, const std::vector<std::uint8_t>& row);

}  // namespace footfall::test
