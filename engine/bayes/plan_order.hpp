#pragma once

#include <cstdint>
#include <vector>

#include "engine/bayes/plan_piece.hpp"

namespace footfall {

/// An order in which the scope variables are summed out, and what it costs.
struct Elimination {
  std::vector<std::int32_t> order;
  double largest = 0.0;   ///< entries of the largest product
  double entries = 0.0;   ///< of all products
};

/// The cheaper of two greedy orders over the scopes of the pieces, `target` left over: smallest product first, and fewest new neighbours first (Kjaerulff 1990). Ties go to
/// the smaller product, then to the smaller index.
[[nodiscard]] Elimination elimination_order(const std::vector<std::vector<std::int32_t>>& scopes, std::int32_t target, const Radix& radix);

}  // namespace footfall
