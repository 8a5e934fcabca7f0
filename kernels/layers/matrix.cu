// Copies and sums of matrices of any strides.
//
// Layout  Thread x owns a group of 4 columns (1 where 16-byte accesses are not allowed), thread y 4 rows, block.y apart.
// Bytes   copy 8 a cell, add 12.
// Limit   Bandwidth, of the second-level cache at usual sizes.

#include <cuda_runtime.h>

#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"
#include "kernels/layers/layer_kernels.hpp"

namespace footfall {
namespace {

constexpr int rows_each = 4;

template <int width, bool add>
__global__ void __launch_bounds__(sheet_threads) move_cells(MatrixView<const float> in, MatrixView<float> out) {
  const std::int64_t column = sheet_group() * width;
  if (column >= out.columns) return;
  const std::int64_t first = sheet_row(rows_each);
#pragma unroll
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t r = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (r < out.rows) {
      float cell[width];
      load_cells<width>(in.data + r * in.stride + column, cell);
      float* to = out.data + r * out.stride + column;
      if constexpr (add) {
        float there[width];
        load_cells<width>(to, there);
#pragma unroll
        for (int k = 0; k < width; ++k) cell[k] += there[k];
      }
      store_cells<width>(to, cell);
    }
  }
}

template <bool add>
void launch_move(MatrixView<const float> in, MatrixView<float> out, CudaStream& stream) {
  if (in_quads(in) && in_quads(out)) {
    const Sheet over = sheet(out.rows, out.columns / 4, rows_each);
    launch(move_cells<4, add>, over.grid, over.block, 0, stream.native(), in, out);
  } else {
    const Sheet over = sheet(out.rows, out.columns, rows_each);
    launch(move_cells<1, add>, over.grid, over.block, 0, stream.native(), in, out);
  }
}

}  // namespace

void launch_copy_matrix(MatrixView<const float> in, MatrixView<float> out, CudaStream& stream) { launch_move<false>(in, out, stream); }
void launch_add_matrix(MatrixView<const float> in, MatrixView<float> out, CudaStream& stream) { launch_move<true>(in, out, stream); }

}  // namespace footfall
