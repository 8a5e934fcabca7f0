#pragma once

// Number formats of the library stand-ins: reading and writing float32, bfloat16, float16 and float64, and the rounding of TF32.

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace footfall_emulator {

enum class Format { float32, float64, bfloat16, float16 };

inline std::size_t bytes_of(Format format) { return format == Format::float64 ? 8 : format == Format::float32 ? 4 : 2; }

inline double load(const void* base, Format format, std::size_t index) {
  if (format == Format::float32) return static_cast<const float*>(base)[index];
  if (format == Format::float64) return static_cast<const double*>(base)[index];
  const std::uint16_t bits = static_cast<const std::uint16_t*>(base)[index];
  if (format == Format::bfloat16) return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  _Float16 half;
  std::memcpy(&half, &bits, sizeof half);
  return static_cast<double>(half);
}

inline std::uint16_t bfloat16_bits(float value) {
  const auto word = std::bit_cast<std::uint32_t>(value);
  if (value != value) return 0x7fff;
  return static_cast<std::uint16_t>((word + 0x7fffu + ((word >> 16) & 1u)) >> 16);
}

inline void store(void* base, Format format, std::size_t index, double value) {
  if (format == Format::float32) static_cast<float*>(base)[index] = static_cast<float>(value);
  if (format == Format::float64) static_cast<double*>(base)[index] = value;
  if (format == Format::bfloat16) static_cast<std::uint16_t*>(base)[index] = bfloat16_bits(static_cast<float>(value));
  if (format == Format::float16) {
    const auto half = static_cast<_Float16>(value);
    std::memcpy(static_cast<std::uint16_t*>(base) + index, &half, sizeof half);
  }
}

/// float32 cut to the 10 bits of mantissa that tensor cores read as TF32, to nearest, ties away (PTX ISA, cvt.rna.tf32.f32).
inline double tf32(double value) {
  const auto word = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  if ((word & 0x7f800000u) == 0x7f800000u) return value;
  return std::bit_cast<float>((word + 0x1000u) & 0xffffe000u);
}

/// float32 rounded to bfloat16, as cuBLAS reads operands under CUBLAS_COMPUTE_32F_FAST_16BF.
inline double bfloat16(double value) { return std::bit_cast<float>(static_cast<std::uint32_t>(bfloat16_bits(static_cast<float>(value))) << 16); }

}  // namespace footfall_emulator
