#pragma once

// Stand-in for cuda_bf16.h: storage of bfloat16 and the conversions that footfall uses (round to nearest, ties to even).

#include <bit>
#include <cstdint>

struct __nv_bfloat16_raw {
  unsigned short x;
};

struct __nv_bfloat16 {
  unsigned short bits;

  __nv_bfloat16() = default;
  explicit __nv_bfloat16(float value) {
    const std::uint32_t word = std::bit_cast<std::uint32_t>(value);
    if (value != value)
      bits = 0x7fff;  // the NaN that __float2bfloat16_rn gives
    else
      bits = static_cast<unsigned short>((word + 0x7fffu + ((word >> 16) & 1u)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};
using nv_bfloat16 = __nv_bfloat16;

inline __nv_bfloat16 __float2bfloat16(float value) { return __nv_bfloat16(value); }
inline __nv_bfloat16 __float2bfloat16_rn(float value) { return __nv_bfloat16(value); }
inline float __bfloat162float(__nv_bfloat16 value) { return static_cast<float>(value); }
