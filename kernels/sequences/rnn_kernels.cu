// What lies around cuDNN's recurrent layers: the addition of weight gradients that it left in an aligned copy, and the way from float32 to
// bfloat16 and back. A thread a value, neighbours side by side: 6 to 12 bytes a value, bound by memory.

#include "kernels/device/launch.cuh"
#include "kernels/sequences/rnn_kernels.hpp"

namespace footfall {
namespace {

constexpr int kThreads = 256;

__device__ inline float number(float value) { return value; }
__device__ inline float number(Bf16 value) { return from_bf16(value); }
__device__ inline void put(float value, float& to) { to = value; }
__device__ inline void put(float value, Bf16& to) { to = to_bf16(value); }

template <class T>
__global__ void add(View<const T> from, View<float> to) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < to.size) to.data[i] += number(from.data[i]);
}

template <class From, class To>
__global__ void convert(View<const From> from, View<To> to) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < to.size) put(number(from.data[i]), to.data[i]);
}

template <class T>
void launch_add_of(View<const T> from, View<float> to, CudaStream& stream) {
  if (to.empty()) return;
  launch(add<T>, blocks_for(to.size, kThreads), kThreads, 0, stream.native(), from, to);
}

template <class From, class To>
void launch_convert_of(View<const From> from, View<To> to, CudaStream& stream) {
  if (to.empty()) return;
  launch(convert<From, To>, blocks_for(to.size, kThreads), kThreads, 0, stream.native(), from, to);
}

}  // namespace

void launch_add(View<const float> from, View<float> to, CudaStream& stream) { launch_add_of(from, to, stream); }
void launch_add(View<const Bf16> from, View<float> to, CudaStream& stream) { launch_add_of(from, to, stream); }
void launch_convert(View<const float> from, View<Bf16> to, CudaStream& stream) { launch_convert_of(from, to, stream); }
void launch_convert(View<const Bf16> from, View<float> to, CudaStream& stream) { launch_convert_of(from, to, stream); }

}  // namespace footfall
