#pragma once

#include <cstdint>
#include <vector>

#include "kernels/device/team.hpp"

namespace footfall {

/// An order in which variables are summed out, and what the tables of that order hold.
struct Elimination {
  std::vector<std::int32_t> order;
  /// [variables] the variable and what it shares a table with when its turn comes, ascending.
  std::vector<std::vector<std::int32_t>> cliques;
  double entries = 0.0;   ///< of all those tables together; may be beyond any integer
  double largest = 0.0;   ///< of the largest
};

/// How much is spent on the search for an order.
struct EliminationSearch {
  int tries = 32;             ///< orders that are tried, by turns of the heuristics, each with ties broken in its own way
  double good_enough = 0.0;   ///< entries at which the search ends
  double effort = 1e9;        ///< words of adjacency that are looked at; a word takes about a nanosecond
  std::uint64_t seed = 1;
};

/// Greedy orders by min-fill, min-weight and weighted min-fill (Koller and Friedman 2009, section 9.4.3), the one with the fewest entries kept.
/// `sizes` are the variables' states, `scopes` the sets of variables that share a factor. Deterministic: the same for any number of threads.
[[nodiscard]] Elimination find_elimination(const std::vector<std::int32_t>& sizes, const std::vector<std::vector<std::int32_t>>& scopes, const EliminationSearch& search,
                                           Team* team = nullptr);

}  // namespace footfall
