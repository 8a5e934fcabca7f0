#pragma once

#include "kernels/device/array.hpp"
#include "kernels/device/cuda_stream.hpp"
#include "kernels/sequences/bf16_math.hpp"

namespace footfall {

// What lies around cuDNN's recurrent layers (rnn_kernels.cu). Views of one size; not aligned; empty ones launch nothing.

/// to += from, value by value.
void launch_add(View<const float> from, View<float> to, CudaStream& stream);
void launch_add(View<const Bf16> from, View<float> to, CudaStream& stream);

/// From one type to the other, value by value.
void launch_convert(View<const float> from, View<Bf16> to, CudaStream& stream);
void launch_convert(View<const Bf16> from, View<float> to, CudaStream& stream);

}  // namespace footfall
