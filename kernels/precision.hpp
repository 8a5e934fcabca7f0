#pragma once

#include <cstdint>

namespace footfall {

/// How exact the factors of matrix products are; sums are float32 always, and so is everything outside of products.
///   float32  24 significant bits
///   tf32     11, by the tensor cores of CUDA devices (compute capability 8.0 on)
///   bf16     8, likewise; states of recurrent layers are kept so between steps too
/// It says how much may be given away for speed: the CPU backend, which would win nothing, computes in float32 whatever is asked.
enum class Precision : std::uint8_t { float32, tf32, bf16 };

}  // namespace footfall
