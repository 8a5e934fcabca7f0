#pragma once

#include <cmath>

#include "kernels/device/hd.hpp"
#include "kernels/layers/activation_math.hpp"

namespace footfall {

/// A row's part of the loss and its gradient by the logit, both before the scale.
struct LossAndGradient {
  float loss;
  float gradient;
};

/// Binary cross-entropy from a logit: max(z, 0) - z y + log1p(exp(-|z|)).
[[nodiscard]] FOOTFALL_HD inline LossAndGradient binary_cross_entropy(float z, float label) {
  const float e = expf(-fabsf(z));
  const float probability = z >= 0.0F ? 1.0F / (1.0F + e) : e / (1.0F + e);
  const float positive = z > 0.0F ? z : 0.0F;
  return {positive - z * label + log1pf(e), probability - label};
}

/// A row's part times the weight of its label.
[[nodiscard]] FOOTFALL_HD inline LossAndGradient weighted(LossAndGradient part, float weight) { return {weight * part.loss, weight * part.gradient}; }

/// Half the squared distance.
[[nodiscard]] FOOTFALL_HD inline LossAndGradient half_square(float z, float label) {
  const float apart = z - label;
  return {0.5F * apart * apart, apart};
}

/// What softmax over a row needs: its largest logit and the sum of exp(z - largest), in ascending order of the classes.
struct SoftmaxRow {
  float largest;
  float sum;
};
[[nodiscard]] FOOTFALL_HD inline SoftmaxRow softmax_row(const float* z, long long classes, float inverse_temperature) {
  SoftmaxRow row{z[0] * inverse_temperature, 0.0F};
  for (long long c = 1; c < classes; ++c) {
    const float value = z[c] * inverse_temperature;
    row.largest = value > row.largest ? value : row.largest;
  }
  for (long long c = 0; c < classes; ++c) row.sum += expf(z[c] * inverse_temperature - row.largest);
  return row;
}
[[nodiscard]] FOOTFALL_HD inline float softmax_entry(const SoftmaxRow& row, float z, float inverse_temperature) {
  return expf(z * inverse_temperature - row.largest) / row.sum;
}
/// -log softmax of the class of that logit.
[[nodiscard]] FOOTFALL_HD inline float softmax_loss(const SoftmaxRow& row, float z) { return logf(row.sum) - (z - row.largest); }

}  // namespace footfall
