// Piecewise-linear maps and encodings of columns.
//
// Layout  Thread x runs along the columns of the output, thread y down 4 rows, block.y apart. interpolate: a cell a thread, its knot found
//         by halving the column's knots, which stay in the first-level cache (1000 points: 4 KB a column). piecewise_encode: an entry a
//         thread; the threads of a column's bins read the same cell, which is one access of the warp, and write a run.
// Bytes   interpolate: 8 a cell. piecewise_encode: 4 an entry written, 4 a cell read.
// Limit   interpolate: the chain of log2(points) dependent cache reads, about 10 at 1000 points, with 64 warps to hide it.
//         piecewise_encode: bandwidth of the stores.

#include <cuda_runtime.h>

#include "kernels/columns/column_kernels.hpp"
#include "kernels/columns/piecewise_math.hpp"
#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"

namespace footfall {
namespace {

constexpr int rows_each = 4;

__global__ void __launch_bounds__(sheet_threads) interpolate_cells(MatrixView<const float> in, MatrixView<const float> knots,
                                                                   MatrixView<const float> values, float missing, MatrixView<float> out) {
  const std::int64_t column = sheet_group();
  if (column >= in.columns) return;
  const float* knot = knots.data + column * knots.stride;
  const float* value = values.data + column * values.stride;
  const std::int64_t first = sheet_row(rows_each);
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t r = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (r >= in.rows) return;
    const float x = __ldcs(in.data + r * in.stride + column);
    __stcs(out.data + r * out.stride + column, interpolated(x, knot, value, knots.columns, missing));
  }
}

__global__ void __launch_bounds__(sheet_threads)
    encode_cells(MatrixView<const float> in, MatrixView<const float> edges, MatrixView<float> out) {
  const std::int64_t entry = sheet_group();
  if (entry >= out.columns) return;
  const std::int64_t bins = edges.columns - 1;
  const std::int64_t column = entry / bins;
  const std::int64_t bin = entry - column * bins;
  const float edge = edges.data[column * edges.stride + bin];
  const float next = edges.data[column * edges.stride + bin + 1];
  const std::int64_t first = sheet_row(rows_each);
#pragma unroll
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t r = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (r < in.rows) __stcs(out.data + r * out.stride + entry, piecewise_entry(in.data[r * in.stride + column], edge, next));
  }
}

}  // namespace

void launch_interpolate(MatrixView<const float> in, MatrixView<const float> knots, MatrixView<const float> values, float missing,
                        MatrixView<float> out, CudaStream& stream) {
  const Sheet over = sheet(in.rows, in.columns, rows_each);
  launch(interpolate_cells, over.grid, over.block, 0, stream.native(), in, knots, values, missing, out);
}

void launch_piecewise_encode(MatrixView<const float> in, MatrixView<const float> edges, MatrixView<float> out, CudaStream& stream) {
  const Sheet over = sheet(out.rows, out.columns, rows_each);
  launch(encode_cells, over.grid, over.block, 0, stream.native(), in, edges, out);
}

}  // namespace footfall
