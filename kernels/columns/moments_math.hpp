#pragma once

#include "kernels/columns/columns.hpp"
#include "kernels/device/hd.hpp"

namespace footfall {

/// Chan, Golub and LeVeque 1983, eq. 2.1: what both sides saw together. An empty side leaves the other's mean and m2 as they are.
FOOTFALL_HD inline Moments merge_moments(const Moments& a, const Moments& b) {
  Moments all = a;
  all.count = a.count + b.count;
  all.missing = a.missing + b.missing;
  all.minimum = b.minimum < a.minimum ? b.minimum : a.minimum;
  all.maximum = b.maximum > a.maximum ? b.maximum : a.maximum;
  if (b.count == 0) return all;
  if (a.count == 0) {
    all.mean = b.mean;
    all.m2 = b.m2;
    return all;
  }
  const double share = static_cast<double>(b.count) / static_cast<double>(all.count);
  const double apart = b.mean - a.mean;
  all.mean = a.mean + apart * share;
  all.m2 = a.m2 + b.m2 + apart * apart * (share * static_cast<double>(a.count));
  return all;
}

/// Moments of `count` cells from the sums of their distances from `shift` and of the squares of those; the shift is a cell of the same
/// tile, so that the difference below loses little.
FOOTFALL_HD inline Moments moments_of_sums(double shift, std::int64_t count, std::int64_t missing, double sum, double sum_of_squares,
                                           double minimum, double maximum) {
  Moments tile{};
  tile.count = count;
  tile.missing = missing;
  tile.minimum = minimum;
  tile.maximum = maximum;
  tile.mean = 0.0;
  tile.m2 = 0.0;
  if (count == 0) return tile;
  const double n = static_cast<double>(count);
  tile.mean = shift + sum / n;
  const double m2 = sum_of_squares - sum * (sum / n);
  tile.m2 = m2 < 0.0 ? 0.0 : m2;
  return tile;
}

}  // namespace footfall
