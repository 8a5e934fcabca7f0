#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/architecture.hpp"

namespace footfall {

/// Predictions of one target in the user's terms.
struct Outcome {
  std::vector<double> prediction;     ///< binary: probability; number: its value; class: probability of the likeliest
  std::vector<double> probabilities;  ///< class: [n, classes]; else empty
  std::vector<std::int32_t> likeliest;  ///< class: its index; else empty
};

/// Reads a head's outputs from a network's predictions [n, all outputs], of which the head's start at column `first`.
[[nodiscard]] Outcome outcome_of(const HeadSpec& head, std::span<const float> outputs, std::int64_t columns, std::int64_t first);

/// The nine boundaries that cut predictions into tenths: boundary k is the smallest of the highest k + 1 tenths.
[[nodiscard]] std::vector<double> decile_boundaries(std::span<const double> predictions);
/// 1 for the highest tenth .. 10, a function of the prediction alone.
[[nodiscard]] std::int32_t decile_of(std::span<const double> boundaries, double prediction);

/// The factor in [0.25, 4] that makes the total of a number's predictions that of its known labels; 1 where the totals differ in sign.
[[nodiscard]] double fit_smear(const Outcome& outcome, std::span<const float> labels);

/// The inverse temperature in [0.2, 5] that makes sigmoid(t logit(p)) (or its counterpart for classes) lose least on these labels; NaN labels are left out.
/// A class target passes its probabilities [n, classes]. Golden-section search; 1 when nothing is known.
[[nodiscard]] double fit_inverse_temperature(const Outcome& outcome, std::span<const float> labels);

}  // namespace footfall
