#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace footfall {

/// Examples in the order in which they are visited, cut into batches; inside a batch longer sequences come first.
struct BatchPlan {
  std::vector<std::int64_t> order;       ///< rows of the example table
  std::vector<std::int64_t> start;       ///< [batches + 1]
  std::int64_t steps = 0;                ///< events of all batches, closing steps included
  std::int64_t padded = 0;               ///< sum of size x longest

  [[nodiscard]] std::int64_t batches() const { return static_cast<std::int64_t>(start.size()) - 1; }
  [[nodiscard]] double padding() const { return padded == 0 ? 0.0 : 1.0 - static_cast<double>(steps) / static_cast<double>(padded); }
};

/// For an epoch: examples are shuffled, sorted by length inside windows of `window` batches, cut, and the batches shuffled. lengths [table]
/// (empty: no events). The same seed gives the same plan.
[[nodiscard]] BatchPlan plan_epoch(std::span<const std::int32_t> lengths, std::span<const std::int64_t> examples, std::int64_t batch, std::int64_t window,
                                   std::uint64_t seed);

/// The examples of an epoch in windows, each of which is then planned by itself; every one but the last holds the same number, a multiple of
/// `batch` near `window`. Where one window holds all, it is the examples as they are; else runs of 1,024 neighbours are put into an order by the
/// seed and the windows cut from it, so that a window reads few places.
[[nodiscard]] std::vector<std::vector<std::int64_t>> epoch_windows(std::span<const std::int64_t> examples, std::int64_t batch, std::int64_t window, std::uint64_t seed);

/// Examples whose predictions are planned together, at most.
inline constexpr std::int64_t prediction_window = std::int64_t{1} << 14;
/// Cuts examples into groups of so many.
[[nodiscard]] std::vector<std::vector<std::int64_t>> windows_of(std::span<const std::int64_t> examples);

/// For predictions: each group of examples (a partition) is sorted by length and cut; a plan depends on nothing but its groups.
[[nodiscard]] BatchPlan plan_groups(std::span<const std::int32_t> lengths, std::span<const std::vector<std::int64_t>> groups, std::int64_t batch);

}  // namespace footfall
