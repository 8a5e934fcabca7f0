// Softmax over the classes of a row: the loss fused with its gradient, and the members' average.
//
// Layout  Up to 32 classes: a thread a row, which goes over its logits in ascending order (they fit one or two lines of the cache).
//         More: a warp a row, lane l the classes l, l + 32, ..., largest and sum by the butterfly of warp_reduce.
//         Losses: float64 sums, 1024 rows (or 8, a warp each) a block, blocks in totals.cu.
// Bytes   8 a logit and 4 a row; the second and third look at a row come from the cache.
// Limit   exp: two a logit. For few classes the time of a launch.

#include <cuda_runtime.h>

#include <limits>

#include "kernels/device/launch.cuh"
#include "kernels/layers/loss_math.hpp"
#include "kernels/layers/ordered_sum.cuh"

namespace footfall {
namespace {

constexpr int threads = 256;
constexpr std::int64_t warps = threads / 32;
constexpr std::int64_t rows_of_block = 1024;
constexpr std::int64_t most_classes_of_a_thread = 32;

__global__ void __launch_bounds__(threads) loss_of_short_rows(MatrixView<const float> z, View<const float> labels, View<const float> weights,
                                                              float scale, MatrixView<float> dz, double* __restrict__ partial) {
  double sum = 0.0;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * rows_of_block;
  for (std::int64_t r = first + threadIdx.x; r < first + rows_of_block && r < z.rows; r += threads) {
    const float label = labels.data[r % labels.size];
    const bool known = label == label;
    const float* row = z.data + r * z.stride;
    const std::int64_t right = known ? static_cast<std::int64_t>(label) : -1;
    const SoftmaxRow whole = softmax_row(row, z.columns, 1.0F);
    const float weight = known && weights.size > 0 ? weights.data[right] : 1.0F;
    if (known) sum += static_cast<double>(weight * softmax_loss(whole, row[right]));
    if (dz.data == nullptr) continue;
    float* gradient = dz.data + r * dz.stride;
    for (std::int64_t c = 0; c < z.columns; ++c) {
      gradient[c] = known ? scale * weight * (softmax_entry(whole, row[c], 1.0F) - (c == right ? 1.0F : 0.0F)) : 0.0F;
    }
  }
  sum = block_total(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/// The largest logit of a row and the sum of exponentials, by the whole warp; `classes` may be 0.
__device__ inline SoftmaxRow softmax_of_warp(const float* row, std::int64_t classes, float inverse_temperature) {
  float largest = -std::numeric_limits<float>::infinity();
  for (std::int64_t c = lane_index(); c < classes; c += warp_size) largest = Largest{}(largest, row[c] * inverse_temperature);
  largest = warp_max(largest);
  float sum = 0.0F;
  for (std::int64_t c = lane_index(); c < classes; c += warp_size) sum += expf(row[c] * inverse_temperature - largest);
  return {largest, warp_sum(sum)};
}

__global__ void __launch_bounds__(threads) loss_of_long_rows(MatrixView<const float> z, View<const float> labels, View<const float> weights,
                                                             float scale, MatrixView<float> dz, double* __restrict__ partial) {
  const std::int64_t r = static_cast<std::int64_t>(blockIdx.x) * warps + warp_index();
  const bool here = r < z.rows;  // a warp without a row goes on: the block waits for it
  const std::int64_t classes = here ? z.columns : 0;
  const float label = here ? labels.data[r % labels.size] : 0.0F;
  const bool known = here && label == label;
  const float* row = z.data + (here ? r : 0) * z.stride;
  const std::int64_t right = known ? static_cast<std::int64_t>(label) : -1;
  const SoftmaxRow whole = softmax_of_warp(row, classes, 1.0F);
  const float weight = known && weights.size > 0 ? weights.data[right] : 1.0F;
  const double mine = known && lane_index() == 0 ? static_cast<double>(weight * softmax_loss(whole, row[right])) : 0.0;
  const double sum = block_total(mine);  // waits: dz may be z, whose logits are read before they are overwritten
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
  if (dz.data == nullptr) return;
  float* gradient = dz.data + r * dz.stride;
  for (std::int64_t c = lane_index(); c < classes; c += warp_size) {
    gradient[c] = known ? scale * weight * (softmax_entry(whole, row[c], 1.0F) - (c == right ? 1.0F : 0.0F)) : 0.0F;
  }
}

__global__ void __launch_bounds__(threads)
    average_of_short_rows(MatrixView<const float> z, std::int64_t members, float inverse_temperature, MatrixView<float> out) {
  const std::int64_t b = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (b >= out.rows) return;
  float* average = out.data + b * out.stride;
  for (std::int64_t m = 0; m < members; ++m) {
    const float* row = z.data + (m * out.rows + b) * z.stride;
    const SoftmaxRow whole = softmax_row(row, z.columns, inverse_temperature);
    for (std::int64_t c = 0; c < z.columns; ++c) {
      const float entry = softmax_entry(whole, row[c], inverse_temperature);
      average[c] = m == 0 ? entry : average[c] + entry;
    }
  }
  for (std::int64_t c = 0; c < z.columns; ++c) average[c] = average[c] / static_cast<float>(members);
}

__global__ void __launch_bounds__(threads)
    average_of_long_rows(MatrixView<const float> z, std::int64_t members, float inverse_temperature, MatrixView<float> out) {
  const std::int64_t b = static_cast<std::int64_t>(blockIdx.x) * warps + warp_index();
  if (b >= out.rows) return;  // the whole warp
  float* average = out.data + b * out.stride;
  for (std::int64_t m = 0; m < members; ++m) {
    const float* row = z.data + (m * out.rows + b) * z.stride;
    const SoftmaxRow whole = softmax_of_warp(row, z.columns, inverse_temperature);
    for (std::int64_t c = lane_index(); c < z.columns; c += warp_size) {
      const float entry = softmax_entry(whole, row[c], inverse_temperature);
      average[c] = m == 0 ? entry : average[c] + entry;
    }
  }
  for (std::int64_t c = lane_index(); c < z.columns; c += warp_size) average[c] = average[c] / static_cast<float>(members);
}

/// One value a thread: sigmoid of each logit, or the logit itself.
__global__ void __launch_bounds__(threads)
    average_of_values(MatrixView<const float> z, std::int64_t members, bool by_sigmoid, float inverse_temperature, MatrixView<float> out) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t b = i / out.columns;
  const std::int64_t c = i - b * out.columns;
  if (b >= out.rows) return;
  float sum = 0.0F;
  for (std::int64_t m = 0; m < members; ++m) {
    const float value = z.data[(m * out.rows + b) * z.stride + c];
    sum += by_sigmoid ? sigmoid(value * inverse_temperature) : value;
  }
  out.data[b * out.stride + c] = sum / static_cast<float>(members);
}

unsigned blocks_of(std::int64_t work, std::int64_t each) {
  const std::int64_t blocks = (work + each - 1) / each;
  require(blocks < (std::int64_t{1} << 31), "a batch is too large for one launch");
  return static_cast<unsigned>(blocks);
}

}  // namespace

void launch_softmax_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                                  CudaStream& stream) {
  const bool brief = z.columns <= most_classes_of_a_thread;
  const unsigned blocks = blocks_of(z.rows, brief ? rows_of_block : warps);
  auto* partial = static_cast<double*>(stream.scratch(blocks * sizeof(double)));
  const MatrixView<float> gradient = dz.empty() ? MatrixView<float>() : dz;
  launch(brief ? loss_of_short_rows : loss_of_long_rows, dim3(blocks), dim3(threads), 0, stream.native(), z, labels, weights, scale,
         gradient, partial);
  total_tiles(partial, blocks, static_cast<double>(scale), Total::add, loss.data, stream);
}

void launch_member_average(MatrixView<const float> z, Layers::Output output, float inverse_temperature, MatrixView<float> out,
                           CudaStream& stream) {
  const std::int64_t members = z.rows / out.rows;
  if (output != Layers::Output::softmax) {
    launch(average_of_values, dim3(blocks_of(out.rows * out.columns, threads)), dim3(threads), 0, stream.native(), z, members,
           output == Layers::Output::sigmoid, inverse_temperature, out);
  } else if (z.columns <= most_classes_of_a_thread) {
    launch(average_of_short_rows, dim3(blocks_of(out.rows, threads)), dim3(threads), 0, stream.native(), z, members, inverse_temperature,
           out);
  } else {
    launch(average_of_long_rows, dim3(blocks_of(out.rows, warps)), dim3(threads), 0, stream.native(), z, members, inverse_temperature, out);
  }
}

}  // namespace footfall
