#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/bayes/bayes.hpp"
#include "kernels/device/hd.hpp"

namespace footfall {

/// A plan as kernels read it; T is what it computes in, float or double.
template <class T>
struct PlanView {
  const PlanInput* inputs = nullptr;
  const PlanTerm* terms = nullptr;
  const PlanStep* steps = nullptr;
  const std::int32_t* operands = nullptr;
  const T* values = nullptr;
  std::int32_t input_count = 0;
  std::int32_t step_count = 0;
  std::int32_t slots = 0;
  std::int32_t result = 0;
  std::int32_t states = 0;
  bool normalised = false;
  double log_scale = 0.0;
};

/// A number below this share of the largest beside it may be lost in the products before the next rescale: of three that are above it, none is. What is lost is
/// below 2^-126 of the row's scale at that time. It matters only where the row's sum falls by `drop` binary digits or more from there on: 126 less the 24 of a
/// float32 less 38 for the number of such terms. Then the row is answered again in float64.
template <class T>
struct RescaleLimits;
template <>
struct RescaleLimits<float> {
  static constexpr float share = 0x1p-40F;
  static constexpr int drop = 64;
};
template <>
struct RescaleLimits<double> {
  static constexpr double share = 0x1p-320;
  static constexpr int drop = 900;
};

/// ln P(evidence) of a row.
FOOTFALL_HD inline double log_of_scaled(double sum, int exponent, double log_scale) {
  constexpr double ln2 = 0.69314718055994530942;
  return std::log(sum) + static_cast<double>(exponent) * ln2 + log_scale;
}

/// What a code stands for in a plan, and whether it is a value that the variable does not have.
FOOTFALL_HD inline std::int32_t digit_of_code(std::uint8_t code, std::int32_t states) { return code < states ? code : states; }
FOOTFALL_HD inline bool is_unseen(std::uint8_t code, std::int32_t states) { return code >= states && code != missing_code; }

FOOTFALL_HD inline RowStatus status_of(bool possible, bool unseen) {
  return !possible ? RowStatus::impossible_evidence : unseen ? RowStatus::unseen_value : RowStatus::ok;
}

/// The cells of one row.
struct RowCells {
  const std::uint8_t* first = nullptr;  ///< of column 0
  std::int64_t stride = 0;              ///< from a column to the next

  FOOTFALL_HD std::uint8_t operator[](std::int32_t column) const { return first[column * stride]; }
};

/// The slots of one row: slot s lies at first[s * stride].
template <class T>
struct RowSlots {
  T* first = nullptr;
  std::int64_t stride = 1;

  FOOTFALL_HD T& operator[](std::int32_t slot) const { return first[slot * stride]; }
};

template <class T>
FOOTFALL_HD std::int64_t index_of_terms(const PlanView<T>& plan, const PlanStep& step, const RowCells& cells) {
  std::int64_t index = step.table;
  for (std::int32_t t = 0; t < step.width; ++t) {
    const PlanTerm& term = plan.terms[step.first + t];
    const PlanInput& input = plan.inputs[term.input];
    index += static_cast<std::int64_t>(digit_of_code(cells[input.column], input.states)) * term.stride;
  }
  return index;
}

/// Entry o of a contraction: the sum over j of products, in ascending order of j and of the operands.
template <class T>
FOOTFALL_HD T contracted(const PlanView<T>& plan, const PlanStep& step, std::int32_t o, const RowSlots<T>& slots) {
  const std::int32_t* operand = plan.operands + step.first + static_cast<std::int64_t>(o) * step.summed * step.width;
  T sum = T(0);
  for (std::int32_t j = 0; j < step.summed; ++j, operand += step.width) {
    T product = operand[0] < 0 ? plan.values[~operand[0]] : slots[operand[0]];
    for (std::int32_t k = 1; k < step.width; ++k) product *= operand[k] < 0 ? plan.values[~operand[k]] : slots[operand[k]];
    sum = j == 0 ? product : sum + product;
  }
  return sum;
}

/// The factor that a rescale multiplies by, a power of two, and what it adds to the row's exponent. Where the largest is 0 (or below every normal number,
/// and then the row is deep) nothing changes.
template <class T>
struct Rescaling {
  T factor = T(1);
  int exponent = 0;
};
FOOTFALL_HD inline Rescaling<float> rescaling_of(float largest) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(largest) & 0x7F800000U;
  if (bits == 0) return {};
  return {std::bit_cast<float>((254U << 23) - bits), static_cast<int>(bits >> 23) - 127};
}
FOOTFALL_HD inline Rescaling<double> rescaling_of(double largest) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(largest) & 0x7FF0000000000000U;
  if (bits == 0) return {};
  return {std::bit_cast<double>((std::uint64_t{2046} << 52) - bits), static_cast<int>(bits >> 52) - 1023};
}

template <class T>
FOOTFALL_HD bool is_small(T scaled) {
  return scaled > T(0) && scaled < RescaleLimits<T>::share;
}

/// The exponent of a row before any number was small.
inline constexpr int none_small = 1 << 24;

/// Whether a row's sum fell so far since the first small number that what was lost may matter.
template <class T>
FOOTFALL_HD bool is_deep(int first_small, int exponent, T sum) {
  if (first_small == none_small) return false;
  return !(sum > T(0)) || first_small - exponent - rescaling_of(sum).exponent >= RescaleLimits<T>::drop;
}

/// How a row came out; its result lies in the slots.
template <class T>
struct RowRun {
  T sum = T(0);      ///< of the target's slots
  int exponent = 0;
  int first_small = none_small;   ///< the exponent when a number was small for the first time
  bool deep = false;
};

/// Runs all steps for one row.
template <class T>
FOOTFALL_HD RowRun<T> run_row(const PlanView<T>& plan, const RowCells& cells, const RowSlots<T>& slots) {
  RowRun<T> run;
  for (std::int32_t i = 0; i < plan.step_count; ++i) {
    const PlanStep step = plan.steps[i];
    if (step.op == PlanOp::evidence) {
      const PlanInput& input = plan.inputs[step.first];
      const std::int32_t digit = digit_of_code(cells[input.column], input.states);
      for (std::int32_t s = 0; s < step.count; ++s) slots[step.to + s] = digit == s || digit == input.states ? T(1) : T(0);
    } else if (step.op == PlanOp::gather) {
      const std::int64_t index = index_of_terms(plan, step, cells);
      for (std::int32_t s = 0; s < step.count; ++s) slots[step.to + s] = plan.values[index + s];
    } else if (step.op == PlanOp::multiply) {
      const std::int64_t index = index_of_terms(plan, step, cells);
      for (std::int32_t s = 0; s < step.count; ++s) slots[step.to + s] *= plan.values[index + s];
    } else if (step.op == PlanOp::contract) {
      for (std::int32_t o = 0; o < step.count; ++o) slots[step.to + o] = contracted(plan, step, o, slots);
    } else {
      T largest = T(0);
      for (std::int32_t s = 0; s < step.count; ++s) largest = largest < slots[step.to + s] ? slots[step.to + s] : largest;
      const Rescaling<T> scale = rescaling_of(largest);
      run.exponent += scale.exponent;
      for (std::int32_t s = 0; s < step.count; ++s) {
        const T scaled = slots[step.to + s] * scale.factor;
        slots[step.to + s] = scaled;
        if (run.first_small == none_small && is_small(scaled)) run.first_small = run.exponent;
      }
    }
  }
  for (std::int32_t s = 0; s < plan.states; ++s) run.sum += slots[plan.result + s];
  run.deep = is_deep(run.first_small, run.exponent, run.sum);
  return run;
}

}  // namespace footfall
