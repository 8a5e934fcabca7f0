// Softmax over the classes of a row: the loss fused with its gradient, and the members' average.
//
// Layout  Up to 32 classes: a thread a row, which goes over its logits in ascending order (they fit one or two lines of the cache).
//         More: a block of 256 threads a row, thread t the classes t, t + 256, ..., largest and sum by fixed trees.
//         Losses: float64 sums, 1024 rows or one row a block, blocks in totals.cu.
// Bytes   8 a logit and 4 a row; the second and third look at a row come from the cache.
// Limit   exp: two a logit. For few classes the time of a launch.

#include <cuda_runtime.h>

#include "kernels/device/launch.cuh"
#include "kernels/layers/loss_math.hpp"
#include "kernels/layers/ordered_sum.cuh"

namespace footfall {
namespace {

constexpr int threads = 256;
constexpr std::int64_t rows_of_block = 1024;
constexpr std::int64_t most_classes_of_a_thread = 32;

__global__ void __launch_bounds__(threads) loss_of_short_rows(MatrixView<const float> z, View<const float> labels, float scale, MatrixView<float> dz,
                                                              double* __restrict__ partial) {
  double sum = 0.0;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * rows_of_block;
  for (std::int64_t r = first + threadIdx.x; r < first + rows_of_block && r < z.rows; r += threads) {
    const float label = labels.data[r % labels.size];
    const bool known = label == label;
    const float* row = z.data + r * z.stride;
    const std::int64_t right = known ? static_cast<std::int64_t>(label) : -1;
    const SoftmaxRow whole = softmax_row(row, z.columns, 1.0F);
    if (known) sum += static_cast<double>(softmax_loss(whole, row[right]));
    if (dz.data == nullptr) continue;
    float* gradient = dz.data + r * dz.stride;
    for (std::int64_t c = 0; c < z.columns; ++c) {
      gradient[c] = known ? scale * (softmax_entry(whole, row[c], 1.0F) - (c == right ? 1.0F : 0.0F)) : 0.0F;
    }
  }
  sum = block_total(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/// The largest logit of a long row and the sum of exponentials, by the whole block.
__device__ inline SoftmaxRow softmax_of_block(const float* row, std::int64_t classes, float inverse_temperature) {
  float largest = row[0] * inverse_temperature;
  for (std::int64_t c = threadIdx.x; c < classes; c += threads) largest = Largest{}(largest, row[c] * inverse_temperature);
  largest = block_join(largest, Largest{}, largest);
  float sum = 0.0F;
  for (std::int64_t c = threadIdx.x; c < classes; c += threads) sum += expf(row[c] * inverse_temperature - largest);
  return {largest, block_join(sum, Sum{}, 0.0F)};
}

__global__ void __launch_bounds__(threads) loss_of_long_rows(MatrixView<const float> z, View<const float> labels, float scale, MatrixView<float> dz,
                                                             double* __restrict__ partial) {
  const std::int64_t r = blockIdx.x;
  const float label = labels.data[r % labels.size];
  const bool known = label == label;
  const float* row = z.data + r * z.stride;
  const std::int64_t right = known ? static_cast<std::int64_t>(label) : -1;
  const SoftmaxRow whole = softmax_of_block(row, z.columns, 1.0F);
  if (threadIdx.x == 0) partial[r] = known ? static_cast<double>(softmax_loss(whole, row[right])) : 0.0;
  block_barrier();   // dz may be z: the logit is read before it is overwritten
  if (dz.data == nullptr) return;
  float* gradient = dz.data + r * dz.stride;
  for (std::int64_t c = threadIdx.x; c < z.columns; c += threads) {
    gradient[c] = known ? scale * (softmax_entry(whole, row[c], 1.0F) - (c == right ? 1.0F : 0.0F)) : 0.0F;
  }
}

__global__ void __launch_bounds__(threads) average_of_short_rows(MatrixView<const float> z, std::int64_t members, float inverse_temperature, MatrixView<float> out) {
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

__global__ void __launch_bounds__(threads) average_of_long_rows(MatrixView<const float> z, std::int64_t members, float inverse_temperature, MatrixView<float> out) {
  const std::int64_t b = blockIdx.x;
  float* average = out.data + b * out.stride;
  for (std::int64_t m = 0; m < members; ++m) {
    const float* row = z.data + (m * out.rows + b) * z.stride;
    const SoftmaxRow whole = softmax_of_block(row, z.columns, inverse_temperature);
    for (std::int64_t c = threadIdx.x; c < z.columns; c += threads) {
      const float entry = softmax_entry(whole, row[c], inverse_temperature);
      average[c] = m == 0 ? entry : average[c] + entry;
    }
  }
  for (std::int64_t c = threadIdx.x; c < z.columns; c += threads) average[c] = average[c] / static_cast<float>(members);
}

/// One value a thread: sigmoid of each logit, or the logit itself.
__global__ void __launch_bounds__(threads) average_of_values(MatrixView<const float> z, std::int64_t members, bool by_sigmoid, float inverse_temperature,
                                                             MatrixView<float> out) {
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

void launch_softmax_cross_entropy(MatrixView<const float> z, View<const float> labels, float scale, View<double> loss, MatrixView<float> dz,
                                  CudaStream& stream) {
  const bool brief = z.columns <= most_classes_of_a_thread;
  const unsigned blocks = blocks_of(z.rows, brief ? rows_of_block : 1);
  auto* partial = static_cast<double*>(stream.scratch(blocks * sizeof(double)));
  const MatrixView<float> gradient = dz.empty() ? MatrixView<float>() : dz;
  launch(brief ? loss_of_short_rows : loss_of_long_rows, dim3(blocks), dim3(threads), 0, stream.native(), z, labels, scale, gradient, partial);
  total_tiles(partial, blocks, static_cast<double>(scale), Total::add, loss.data, stream);
}

void launch_member_average(MatrixView<const float> z, Layers::Output output, float inverse_temperature, MatrixView<float> out, CudaStream& stream) {
  const std::int64_t members = z.rows / out.rows;
  if (output != Layers::Output::softmax) {
    launch(average_of_values, dim3(blocks_of(out.rows * out.columns, threads)), dim3(threads), 0, stream.native(), z, members,
           output == Layers::Output::sigmoid, inverse_temperature, out);
  } else if (z.columns <= most_classes_of_a_thread) {
    launch(average_of_short_rows, dim3(blocks_of(out.rows, threads)), dim3(threads), 0, stream.native(), z, members, inverse_temperature, out);
  } else {
    launch(average_of_long_rows, dim3(blocks_of(out.rows, 1)), dim3(threads), 0, stream.native(), z, members, inverse_temperature, out);
  }
}

}  // namespace footfall
