#pragma once

#include <cmath>

#include "kernels/device/hd.hpp"
#include "kernels/layers/layers.hpp"

namespace footfall {

/// 1 / (1 + exp(-z)) without overflow on either side.
[[nodiscard]] FOOTFALL_HD inline float sigmoid(float z) {
  const float e = expf(-fabsf(z));
  return z >= 0.0F ? 1.0F / (1.0F + e) : e / (1.0F + e);
}

[[nodiscard]] FOOTFALL_HD inline float activate(Activation activation, float z) {
  switch (activation) {
    case Activation::relu: return z < 0.0F ? 0.0F : z;  // NaN stays NaN, so that a broken input shows
    case Activation::tanh: return tanhf(z);
    case Activation::sigmoid: return sigmoid(z);
    case Activation::none: break;
  }
  return z;
}

/// The gradient before the activation from the one behind it and the activation's output y.
[[nodiscard]] FOOTFALL_HD inline float before_activation(Activation activation, float y, float dy) {
  switch (activation) {
    case Activation::relu: return y > 0.0F ? dy : 0.0F;
    case Activation::tanh: return dy * (1.0F - y * y);
    case Activation::sigmoid: return dy * (y * (1.0F - y));
    case Activation::none: break;
  }
  return dy;
}

}  // namespace footfall
