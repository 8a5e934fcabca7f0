#pragma once

#include "kernels/columns/columns.hpp"
#include "kernels/device/hd.hpp"

namespace footfall {

[[nodiscard]] FOOTFALL_HD inline bool is_missing(float x) { return x != x; }

/// One cell of Columns::standardize.
[[nodiscard]] FOOTFALL_HD inline float standardized(float x, const ColumnScale& fit) {
  const float filled = is_missing(x) ? fit.fill : x;
  const float scaled = (filled - fit.mean) * fit.inverse;
  const float above = scaled < fit.low ? fit.low : scaled;
  return above > fit.high ? fit.high : above;
}

}  // namespace footfall
