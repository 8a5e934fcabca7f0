#pragma once

#include <cstdint>
#include <vector>

#include "kernels/bayes/posterior_math.hpp"

namespace footfall {

/// Rows that go through a plan side by side.
inline constexpr std::int64_t plan_lanes = 32;

/// What a thread works on: a number for each slot and lane, and beside it the digits and codes of a block of rows.
struct PlanScratch {
  std::vector<float> slots;           // [slots, plan_lanes] and room to align it
  std::vector<std::int32_t> digits;   // [inputs, plan_lanes] likewise
  std::vector<std::uint8_t> codes;    // [plan_lanes]
};

/// A block of at most plan_lanes rows.
struct PlanBlock {
  CodeColumns codes;
  std::int64_t first = 0;                  ///< row of lane 0, where the rows follow each other
  const std::int64_t* rows = nullptr;      ///< else the row of each lane
  std::int64_t count = 0;

  [[nodiscard]] std::int64_t row(std::int64_t lane) const { return rows == nullptr ? first + lane : rows[lane]; }
};

/// Runs a plan over a block and writes its answers. Bit l of the result: row l must be done again in float64 (RescaleLimits).
/// `inside`: cells without a state are read as the last one; their rows are answered again by another plan.
[[nodiscard]] std::uint32_t run_plan_block(const PlanView<float>& plan, const PlanBlock& block, bool inside, PlanScratch& scratch, const PosteriorOutput& out);

/// complete[r] = 1 where the cells of row first + r are states in all inputs of the plan; returns how many rows are. count <= 4096.
[[nodiscard]] std::int64_t find_complete(const PlanView<float>& plan, const CodeColumns& codes, std::int64_t first, std::int64_t count, std::uint8_t* complete);

}  // namespace footfall
