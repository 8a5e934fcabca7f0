// What surrounds the matrix products of a linear layer.
//
// Layout  Forward: thread x owns a group of 4 columns (1 where 16-byte accesses are not allowed), thread y 4 rows, block.y apart.
//         Backward: tiles of 256 rows by up to 32 columns; the gradient is turned in place and summed over the rows of the tile in the
//         same pass (ordered_sum.cuh).
// Bytes   Forward 8 a value, most of them still in the second-level cache from the product. Backward 12 a value, 4 without an activation.
// Limit   Bandwidth of the second-level cache; at small batches the time of a launch (about 2 us in a graph).

#include <cuda_runtime.h>

#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"
#include "kernels/layers/activation_math.hpp"
#include "kernels/layers/layer_kernels.hpp"
#include "kernels/layers/ordered_sum.cuh"

namespace footfall {
namespace {

constexpr int rows_each = 4;

template <int width>
__global__ void __launch_bounds__(sheet_threads) bias_activation(const float* __restrict__ b, Activation activation, MatrixView<float> y) {
  const std::int64_t column = sheet_group() * width;
  if (column >= y.columns) return;
  float bias[width] = {};
  if (b != nullptr) {
#pragma unroll
    for (int k = 0; k < width; ++k) bias[k] = b[column + k];
  }
  const std::int64_t first = sheet_row(rows_each);
#pragma unroll
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t r = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (r < y.rows) {
      float* at = y.data + r * y.stride + column;
      float z[width];
      load_cells<width>(at, z);
#pragma unroll
      for (int k = 0; k < width; ++k) z[k] = activate(activation, z[k] + bias[k]);
      store_cells<width>(at, z);
    }
  }
}

struct ActivationCell {
  const float* y;
  std::int64_t y_stride;
  float* dy;
  std::int64_t dy_stride;
  Activation activation;

  __device__ void operator()(std::int64_t /*member*/, std::int64_t row, std::int64_t column, float (&term)[1]) const {
    float& there = dy[row * dy_stride + column];
    term[0] = there;
    if (activation == Activation::none) return;
    term[0] = before_activation(activation, y[row * y_stride + column], there);
    there = term[0];
  }
};

}  // namespace

void launch_bias_activation(View<const float> b, Activation activation, MatrixView<float> y, CudaStream& stream) {
  if (b.empty() && activation == Activation::none) return;
  const float* bias = b.empty() ? nullptr : b.data;
  if (in_quads(y)) {
    const Sheet over = sheet(y.rows, y.columns / 4, rows_each);
    launch(bias_activation<4>, over.grid, over.block, 0, stream.native(), bias, activation, y);
  } else {
    const Sheet over = sheet(y.rows, y.columns, rows_each);
    launch(bias_activation<1>, over.grid, over.block, 0, stream.native(), bias, activation, y);
  }
}

void launch_activation_backward(MatrixView<const float> y, Activation activation, MatrixView<float> dy, View<float> db,
                                CudaStream& stream) {
  if (db.empty() && activation == Activation::none) return;
  const ActivationCell cell{y.data, y.stride, dy.data, dy.stride, activation};
  launch_member_sums_of<1>(cell, 1, dy.rows, dy.columns, {db.empty() ? nullptr : db.data, dy.columns}, {}, stream);
}

}  // namespace footfall
