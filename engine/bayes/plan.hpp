#pragma once

#include <cstdint>
#include <vector>

#include "engine/bayes/network.hpp"
#include "kernels/bayes/posterior_plan.hpp"

namespace footfall {

/// What is known of a variable's cells before any row is seen.
enum class Seen : std::uint8_t {
  never,   ///< it has no column: summed out while the plan is compiled, where that is small enough
  always,  ///< every row has a state: its factors are cut down to tables that a row's codes index
  maybe,   ///< some rows have none: the evidence is a vector of likelihoods, 1 for the states that are left
};

struct PlanRequest {
  std::int32_t target = 0;              ///< its own cells are not read
  std::vector<Seen> seen;               ///< of each variable
  std::vector<std::int32_t> columns;    ///< of each variable its column in the table; ignored where never seen
  bool evidence = false;                ///< P(evidence) is wanted, not the posterior alone
  std::int64_t memory = std::int64_t{1} << 30;   ///< bytes that a plan may take
  double fused_bytes = 512.0 * 1024.0;           ///< tables over observed variables are multiplied together up to this size: a quarter of a core's second cache
};

/// What a plan costs, known before it is compiled.
struct PlanEstimate {
  double largest = 0.0;   ///< entries of the largest product of factors
  double entries = 0.0;   ///< of all products together: a row multiplies and adds about as often
  double bytes = 0.0;     ///< of the compiled plan, at most
};

[[nodiscard]] PlanEstimate estimate_plan(const FactorGraph& graph, const PlanRequest& request);

/// Compiles exact inference of the target for every row of a table (kernels/bayes/posterior_plan.hpp): evidence cuts the factors down (only what
/// is connected with the target is kept, unless P(evidence) is wanted), then variable elimination (Zhang and Poole 1996) in a greedy order of
/// smallest products. What does not depend on a row is computed here, in float64; tables over observed variables are multiplied together, and
/// summed over hidden ones, while they fit a core's cache.
/// Error{bad_input} that names the memory where the plan needs more than it may take, or where a variable has more than 254 states.
[[nodiscard]] PosteriorPlan compile_plan(const FactorGraph& graph, const PlanRequest& request);

}  // namespace footfall
