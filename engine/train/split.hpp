#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace footfall {

/// Deals examples into `folds` parts of equal size, each with the same share of every stratum. strata [examples]: a small number each (a label;
/// one for "unknown"). Returns the fold of each. The same seed gives the same folds.
[[nodiscard]] std::vector<std::int32_t> stratified_folds(std::span<const std::int32_t> strata, std::int32_t folds, std::uint64_t seed);

/// Marks `share` of the examples, of every stratum alike, rounded to the nearest count.
[[nodiscard]] std::vector<std::uint8_t> stratified_share(std::span<const std::int32_t> strata, double share, std::uint64_t seed);

}  // namespace footfall
