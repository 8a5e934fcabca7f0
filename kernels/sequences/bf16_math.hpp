#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/device/hd.hpp"

namespace footfall {

/// A bfloat16: the upper half of a float32.
using Bf16 = std::uint16_t;

/// Rounded to the nearest, ties to even. NaN stays NaN (its quiet bit is set, as rounding could carry it away).
FOOTFALL_HD inline Bf16 to_bf16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<Bf16>((bits >> 16) | 0x40U);
  return static_cast<Bf16>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

FOOTFALL_HD inline float from_bf16(Bf16 value) {
  const std::uint32_t bits = static_cast<std::uint32_t>(value) << 16;
  float number = 0.0F;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

}  // namespace footfall
