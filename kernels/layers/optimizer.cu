// Norm of the gradients and Adam with decoupled weight decay over all parameters.
//
// Layout  norm: a block takes 4096 values, thread t the values t, t + 256, ..., squared and summed in float64, then a fixed tree.
//         adam: a block takes 1024 parameters, a thread 4 neighbouring ones in 16-byte accesses (one by one at the end of the run, or where
//         a run is not aligned). One thread of a block computes what is the same for all parameters of the step (bias corrections in
//         float64, the factor of clipping) from the state in device memory and finds the block's first range by halving; the others go on
//         from there.
// Bytes   norm 4 a parameter, adam 28 (reads w, g, m, v; writes w, m, v).
// Limit   Bandwidth from about a million parameters on; the time of a launch below.

#include <cuda_runtime.h>

#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"
#include "kernels/layers/adam_math.hpp"
#include "kernels/layers/ordered_sum.cuh"

namespace footfall {
namespace {

constexpr int threads = 256;
constexpr std::int64_t values_of_block = 4096;
constexpr std::int64_t parameters_of_block = 4 * threads;

__global__ void __launch_bounds__(threads) square_tiles(const float* __restrict__ values, std::int64_t size, double* __restrict__ partial) {
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * values_of_block;
  double sum = 0.0;
#pragma unroll 4
  for (std::int64_t i = first + threadIdx.x; i < first + values_of_block && i < size; i += threads) {
    const double value = static_cast<double>(values[i]);
    sum += value * value;
  }
  sum = block_total(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/// The last range that starts at or before a parameter.
__device__ inline int range_of(const ParameterRange* ranges, int count, std::int64_t parameter) {
  int low = 0;
  int high = count - 1;
  while (low < high) {
    const int middle = low + (high - low + 1) / 2;
    if (ranges[middle].first <= parameter) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/// The flat runs of Adam; all of one size.
struct Parameters {
  float* w;
  const float* g;
  float* m;
  float* v;
  std::int64_t size;
};

template <int width>
__device__ inline void update(const Parameters& p, std::int64_t at, const AdamStep& step, const ParameterRange* ranges, int count,
                              int range) {
  float w[width];
  float g[width];
  float m[width];
  float v[width];
  load_cells<width>(p.w + at, w);
  load_cells<width>(p.g + at, g);
  load_cells<width>(p.m + at, m);
  load_cells<width>(p.v + at, v);
#pragma unroll
  for (int k = 0; k < width; ++k) {
    while (range + 1 < count && ranges[range + 1].first <= at + k) ++range;
    const ParameterRange mine = ranges[range];
    if (mine.rate != 0.0F) adam_update(step, mine.rate, mine.decay, g[k], w[k], m[k], v[k]);
  }
  store_cells<width>(p.w + at, w);
  store_cells<width>(p.m + at, m);
  store_cells<width>(p.v + at, v);
}

template <bool aligned>
__global__ void __launch_bounds__(threads, 4)
    adam_update_all(Parameters p, const ParameterRange* __restrict__ ranges, int count, AdamSpec spec, const StepState* __restrict__ state,
                    const double* __restrict__ norm2) {
  __shared__ AdamStep shared_step;
  __shared__ int first_range;
  const std::int64_t start = static_cast<std::int64_t>(blockIdx.x) * parameters_of_block;
  if (threadIdx.x == 0) {
    shared_step = adam_step(spec, *state, norm2);
    first_range = range_of(ranges, count, start);
  }
  block_barrier();
  const AdamStep step = shared_step;
  const std::int64_t at = start + 4 * static_cast<std::int64_t>(threadIdx.x);
  if (aligned && at + 4 <= p.size) {
    update<4>(p, at, step, ranges, count, first_range);
    return;
  }
  for (std::int64_t i = at; i < at + 4 && i < p.size; ++i) update<1>(p, i, step, ranges, count, first_range);
}

bool all_aligned(const Parameters& p) {
  const auto bits = reinterpret_cast<std::uintptr_t>(p.w) | reinterpret_cast<std::uintptr_t>(p.g) | reinterpret_cast<std::uintptr_t>(p.m) |
                    reinterpret_cast<std::uintptr_t>(p.v);
  return bits % 16 == 0;
}

}  // namespace

void launch_squared_norm(View<const float> values, View<double> out, CudaStream& stream) {
  const std::int64_t blocks = (values.size + values_of_block - 1) / values_of_block;
  require(blocks < (std::int64_t{1} << 31), "there are too many parameters for one launch");
  auto* partial = static_cast<double*>(stream.scratch(static_cast<std::size_t>(blocks) * sizeof(double)));
  launch(square_tiles, dim3(static_cast<unsigned>(blocks)), dim3(threads), 0, stream.native(), values.data, values.size, partial);
  total_tiles(partial, blocks, 1.0, Total::set, out.data, stream);
}

void launch_adam(View<float> w, View<const float> g, View<float> m, View<float> v, View<const ParameterRange> ranges, const AdamSpec& spec,
                 View<const StepState> state, View<const double> norm2, CudaStream& stream) {
  const std::int64_t blocks = (w.size + parameters_of_block - 1) / parameters_of_block;
  require(blocks < (std::int64_t{1} << 31) && ranges.size < (std::int64_t{1} << 31), "there are too many parameters for one launch");
  const Parameters all{w.data, g.data, m.data, v.data, w.size};
  const dim3 grid(static_cast<unsigned>(blocks));
  const int count = static_cast<int>(ranges.size);
  if (all_aligned(all)) {
    launch(adam_update_all<true>, grid, dim3(threads), 0, stream.native(), all, ranges.data, count, spec, state.data, norm2.data);
  } else {
    launch(adam_update_all<false>, grid, dim3(threads), 0, stream.native(), all, ranges.data, count, spec, state.data, norm2.data);
  }
}

}  // namespace footfall
