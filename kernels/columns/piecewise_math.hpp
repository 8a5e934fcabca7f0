#pragma once

#include <cstdint>

#include "kernels/device/hd.hpp"

namespace footfall {

/// How many of the ascending knots are <= x.
[[nodiscard]] FOOTFALL_HD inline std::int64_t knots_up_to(const float* knots, std::int64_t points, float x) {
  std::int64_t low = 0;
  std::int64_t high = points;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (knots[middle] <= x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// One cell of Columns::interpolate; points >= 1.
[[nodiscard]] FOOTFALL_HD inline float interpolated(float x, const float* knots, const float* values, std::int64_t points, float missing) {
  if (x != x) return missing;
  const std::int64_t after = knots_up_to(knots, points, x);
  if (after == 0) return values[0];
  if (after == points) return values[points - 1];
  const std::int64_t j = after - 1;
  const float slope = (values[j + 1] - values[j]) / (knots[j + 1] - knots[j]);
  return values[j] + (x - knots[j]) * slope;
}

/// One entry of Columns::piecewise_encode: the bin from `edge` to `next`.
[[nodiscard]] FOOTFALL_HD inline float piecewise_entry(float x, float edge, float next) {
  if (x != x || x < edge) return 0.0F;
  if (x >= next) return 1.0F;
  return (x - edge) / (next - edge);
}

}  // namespace footfall
