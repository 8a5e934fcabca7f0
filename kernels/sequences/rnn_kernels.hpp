#pragma once

#include "kernels/device/array.hpp"
#include "kernels/device/cuda_stream.hpp"

namespace footfall {

/// to += from, value by value (rnn_kernels.cu). Not aligned, not empty.
void launch_add(View<const float> from, View<float> to, CudaStream& stream);

}  // namespace footfall
