#pragma once

#include <cstdint>
#include <vector>

namespace footfall {

/// A column that a plan reads. The digit of a cell is its code, or `states` where the code is no state (missing, unseen).
struct PlanInput {
  std::int32_t column = 0;
  std::int32_t states = 0;
};

/// Part of a row's index into a table: digit of an input x stride.
struct PlanTerm {
  std::int32_t input = 0;
  std::int32_t stride = 0;
};

/// What a step does to the slots of a row, the numbers it works on.
enum class PlanOp : std::int32_t {
  evidence,  ///< slots[to + s] = 1 where input `first` is s or no state, else 0; count = its states
  gather,    ///< slots[to + s] = values[table + index of the row + s], s < count; the index is the sum of terms [first, first + width)
  multiply,  ///< likewise, slots[to + s] *= the value
  contract,  ///< slots[to + o] = sum over j < summed of the product of `width` operands, o < count; operands [first + (o * summed + j) * width, ...)
  rescale,   ///< divides slots [to, to + count) by the power of two below the largest of them, and adds it to the exponent of the row
};

struct PlanStep {
  PlanOp op = PlanOp::contract;
  std::int32_t to = 0;
  std::int32_t count = 0;
  std::int32_t first = 0;
  std::int32_t width = 0;
  std::int32_t summed = 1;
  std::int32_t table = 0;
};

/// Exact inference of one target as straight steps that are the same for every row: variable elimination, compiled once (engine/bayes/plan.hpp).
///
/// A row works on `slots` numbers. Its posterior is slots[result ... result + states) over their sum; ln P(evidence) is the logarithm of that sum
/// + exponent * ln 2 + log_scale. Values are scaled by powers of two, at most 1 each, so that float32 holds their products between rescale steps.
struct PosteriorPlan {
  std::vector<PlanInput> inputs;
  std::vector<PlanTerm> terms;
  std::vector<PlanStep> steps;
  std::vector<std::int32_t> operands;  ///< of contract: a slot, or ~i for values[i]
  std::vector<double> values;          ///< rounded to float32 where the plan runs in it
  std::int32_t slots = 0;
  std::int32_t result = 0;             ///< first slot of the target
  std::int32_t states = 0;             ///< of the target
  bool normalised = false;             ///< the result sums to 1 already, or to 0 where the evidence is impossible
  bool evidence = false;               ///< the sum is P(evidence): without it only ratios matter
  bool wide = false;                   ///< some value does not fit float32's range: runs in float64
  double log_scale = 0.0;
};

}  // namespace footfall
