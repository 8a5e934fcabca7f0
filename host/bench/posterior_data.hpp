#pragma once

#include <cstdint>
#include <vector>

#include "engine/bayes/network.hpp"
#include "host/bench/bench.hpp"

namespace footfall {

/// A network, and rows that follow from it.
struct PosteriorData {
  Network network;
  std::int32_t target = 0;
  std::int64_t rows = 0;
  std::vector<std::uint8_t> codes;   ///< column-major, complete
  std::uint64_t seed = 0;

  /// The codes with a share of the cells missing at random.
  [[nodiscard]] std::vector<std::uint8_t> cells(double missing) const;
};

/// The request's network and target; without one, twelve variables about the customers of a shop (region, age, tier, channel, device, recency, frequency,
/// monetary, purchase, email response, category, discount; 2 to 8 states), their tables drawn at random, target purchase.
[[nodiscard]] PosteriorData posterior_data(const BenchRequest& request);

}  // namespace footfall
