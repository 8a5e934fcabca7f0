// Adding weight gradients that cuDNN left in an aligned copy. 12 bytes a value, bound by memory; a weight run is a megabyte or so.

#include "kernels/device/launch.cuh"
#include "kernels/sequences/rnn_kernels.hpp"

namespace footfall {
namespace {

constexpr int kThreads = 256;

__global__ void add(View<const float> from, View<float> to) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < to.size) to.data[i] += from.data[i];
}

}  // namespace

void launch_add(View<const float> from, View<float> to, CudaStream& stream) {
  launch(add, blocks_for(to.size, kThreads), kThreads, 0, stream.native(), from, to);
}

}  // namespace footfall
