// Losses of one logit a row, fused with their gradients.
//
// Layout  A block takes 1024 rows, thread t the rows t, t + 256, ...; a row's loss is float32, their sum float64: threads in ascending
// order,
//         a fixed tree over the block, blocks in totals.cu.
// Bytes   12 a row where z is dense (read the logit and the label, write the gradient); rows of a wider matrix cost their 32-byte sectors.
// Limit   The time of a launch at usual batches; bandwidth from about a million rows on.

#include <cuda_runtime.h>

#include "kernels/device/launch.cuh"
#include "kernels/layers/loss_math.hpp"
#include "kernels/layers/ordered_sum.cuh"

namespace footfall {
namespace {

constexpr int threads = 256;
constexpr std::int64_t rows_of_block = 1024;

struct BinaryCrossEntropy {
  View<const float> weights;
  __device__ LossAndGradient operator()(float z, float label) const {
    const LossAndGradient part = binary_cross_entropy(z, label);
    return weights.size == 0 ? part : weighted(part, weights.data[label > 0.5F ? 1 : 0]);
  }
};
struct HalfSquare {
  __device__ LossAndGradient operator()(float z, float label) const { return half_square(z, label); }
};

template <class Loss>
__global__ void __launch_bounds__(threads) loss_of_rows(Loss loss, MatrixView<const float> z, View<const float> labels, float scale,
                                                        MatrixView<float> dz, double* __restrict__ partial) {
  double sum = 0.0;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * rows_of_block;
  for (std::int64_t r = first + threadIdx.x; r < first + rows_of_block && r < z.rows; r += threads) {
    const float label = labels.data[r % labels.size];
    LossAndGradient row{0.0F, 0.0F};
    if (label == label) row = loss(z.data[r * z.stride], label);
    sum += static_cast<double>(row.loss);
    if (dz.data != nullptr) dz.data[r * dz.stride] = scale * row.gradient;
  }
  sum = block_total(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

template <class Loss>
void launch_loss(Loss loss, MatrixView<const float> z, View<const float> labels, float scale, View<double> total, MatrixView<float> dz,
                 CudaStream& stream) {
  const std::int64_t blocks = (z.rows + rows_of_block - 1) / rows_of_block;
  require(blocks < (std::int64_t{1} << 31), "a batch is too large for one launch");
  auto* partial = static_cast<double*>(stream.scratch(static_cast<std::size_t>(blocks) * sizeof(double)));
  launch(loss_of_rows<Loss>, dim3(static_cast<unsigned>(blocks)), dim3(threads), 0, stream.native(), loss, z, labels, scale,
         dz.empty() ? MatrixView<float>() : dz, partial);
  total_tiles(partial, blocks, static_cast<double>(scale), Total::add, total.data, stream);
}

}  // namespace

void launch_sigmoid_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                                  CudaStream& stream) {
  launch_loss(BinaryCrossEntropy{weights}, z, labels, scale, loss, dz, stream);
}
void launch_squared_error(MatrixView<const float> z, View<const float> labels, float scale, View<double> loss, MatrixView<float> dz,
                          CudaStream& stream) {
  launch_loss(HalfSquare{}, z, labels, scale, loss, dz, stream);
}

}  // namespace footfall
