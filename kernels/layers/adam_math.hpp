#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/device/hd.hpp"
#include "kernels/layers/layers.hpp"

namespace footfall {

/// base to the power n by squaring: the same bits on every device, which pow does not promise.
[[nodiscard]] FOOTFALL_HD inline double integer_power(double base, std::uint64_t n) {
  double result = 1.0;
  for (double square = base; n != 0; n >>= 1) {
    if ((n & 1U) != 0) result *= square;
    square *= square;
  }
  return result;
}

/// What is the same for every parameter in one step of Adam.
struct AdamStep {
  float gradient_scale;  ///< clips the norm
  float beta1, beta2;
  float fresh1, fresh2;  ///< 1 - beta
  float correct1;        ///< 1 / (1 - beta1^t)
  float correct2;        ///< 1 / sqrt(1 - beta2^t)
  float epsilon;
  float learning_rate;
};

/// `norm2` is read only where the state asks for clipping.
[[nodiscard]] FOOTFALL_HD inline AdamStep adam_step(const AdamSpec& spec, const StepState& state, const double* norm2) {
  AdamStep s{};
  s.gradient_scale = 1.0F;
  if (state.largest_norm > 0.0F) {
    const double norm = sqrt(*norm2);
    const double largest = static_cast<double>(state.largest_norm);
    if (norm > largest) s.gradient_scale = static_cast<float>(largest / norm);
  }
  s.beta1 = spec.beta1;
  s.beta2 = spec.beta2;
  s.fresh1 = 1.0F - spec.beta1;
  s.fresh2 = 1.0F - spec.beta2;
  s.correct1 = static_cast<float>(1.0 / (1.0 - integer_power(static_cast<double>(spec.beta1), state.step)));
  s.correct2 = static_cast<float>(1.0 / sqrt(1.0 - integer_power(static_cast<double>(spec.beta2), state.step)));
  s.epsilon = spec.epsilon;
  s.learning_rate = state.learning_rate;
  return s;
}

/// One parameter of a range with rate != 0. Only + - * / and sqrt, so CPU and GPU give the same bits.
FOOTFALL_HD inline void adam_update(const AdamStep& s, float rate, float decay, float g, float& w, float& m, float& v) {
  const float gradient = g * s.gradient_scale;
  m = s.beta1 * m + s.fresh1 * gradient;
  v = s.beta2 * v + s.fresh2 * (gradient * gradient);
  const float direction = (m * s.correct1) / (sqrtf(v) * s.correct2 + s.epsilon);
  w = w - (rate * s.learning_rate) * (direction + decay * w);
}

}  // namespace footfall
