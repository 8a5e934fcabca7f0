// Imputation, scaling, clipping and indicator columns in one read and one write of each cell.
//
// Layout  Row-major input: thread x owns a group of 4 columns (1 where the widths, strides or addresses do not allow 16-byte accesses) and
//         holds its constants in registers; thread y walks down 8 rows, block.y apart. A warp reads and writes whole 128-byte lines when
//         the matrix is dense, however narrow it is. Indicators are 4-byte stores into the row that the warp is writing anyway.
//         Columnar input: a 32 x 33 tile in shared memory, read along the rows of a column and written along the columns of a row, both
//         coalesced; the 33rd word keeps 32 rows on 32 banks.
// Bytes   8 a cell, and 4 for each cell that has an indicator.
// Limit   Memory bandwidth: 8 independent 16-byte loads a thread are asked for before the first is used.

#include <cuda_runtime.h>

#include "kernels/columns/column_kernels.hpp"
#include "kernels/columns/standardize_math.hpp"
#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"

namespace footfall {
namespace {

constexpr int rows_each = 8;
constexpr int tile = 32;
constexpr int tile_lines = 8;  // rows of threads over the tile

template <int width>
__device__ inline void write_row(const float (&x)[width], const ColumnScale (&fit)[width], float* row, std::int64_t column) {
  float y[width];
#pragma unroll
  for (int k = 0; k < width; ++k) y[k] = standardized(x[k], fit[k]);
  stream_out<width>(row + column, y);
#pragma unroll
  for (int k = 0; k < width; ++k) {
    if (fit[k].indicator >= 0) row[fit[k].indicator] = is_missing(x[k]) ? 1.0F : 0.0F;
  }
}

// in and out may be the same memory, so neither is __restrict__.
template <int width>
__global__ void __launch_bounds__(sheet_threads)
    standardize_rows(MatrixView<const float> in, const ColumnScale* __restrict__ fit, MatrixView<float> out) {
  const std::int64_t column = sheet_group() * width;
  if (column >= in.columns) return;
  ColumnScale mine[width];
#pragma unroll
  for (int k = 0; k < width; ++k) mine[k] = fit[column + k];
  const std::int64_t first = sheet_row(rows_each);
  float x[rows_each][width];
#pragma unroll
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t r = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (r < in.rows) stream_in<width>(in.data + r * in.stride + column, x[i]);
  }
#pragma unroll
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t r = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (r < in.rows) write_row<width>(x[i], mine, out.data + r * out.stride, column);
  }
}

__global__ void __launch_bounds__(tile* tile_lines)
    standardize_columns(const float* __restrict__ in, std::int64_t column_stride, std::int64_t columns, const ColumnScale* __restrict__ fit,
                        MatrixView<float> out) {
  __shared__ float cells[tile][tile + 1];
  const std::int64_t first_row = static_cast<std::int64_t>(blockIdx.x) * tile;
  const std::int64_t first_column = static_cast<std::int64_t>(blockIdx.y) * tile;
  for (int line = static_cast<int>(threadIdx.y); line < tile; line += tile_lines) {
    const std::int64_t c = first_column + line;
    const std::int64_t r = first_row + threadIdx.x;
    if (c < columns && r < out.rows) cells[line][threadIdx.x] = __ldcs(in + c * column_stride + r);
  }
  block_barrier();
  const std::int64_t c = first_column + threadIdx.x;
  if (c >= columns) return;
  const ColumnScale mine[1] = {fit[c]};
  for (int line = static_cast<int>(threadIdx.y); line < tile; line += tile_lines) {
    const std::int64_t r = first_row + line;
    const float x[1] = {cells[threadIdx.x][line]};
    if (r < out.rows) write_row<1>(x, mine, out.data + r * out.stride, c);
  }
}

}  // namespace

void launch_standardize(MatrixView<const float> in, View<const ColumnScale> fit, MatrixView<float> out, CudaStream& stream) {
  const MatrixView<float> written(out.data, out.rows, in.columns, out.stride, out.place);
  if (in_quads(in) && in_quads(written)) {
    const Sheet over = sheet(in.rows, in.columns / 4, rows_each);
    launch(standardize_rows<4>, over.grid, over.block, 0, stream.native(), in, fit.data, out);
  } else {
    const Sheet over = sheet(in.rows, in.columns, rows_each);
    launch(standardize_rows<1>, over.grid, over.block, 0, stream.native(), in, fit.data, out);
  }
}

void launch_standardize_columnar(View<const float> in, std::int64_t column_stride, std::int64_t rows, View<const ColumnScale> fit,
                                 MatrixView<float> out, CudaStream& stream) {
  const std::int64_t row_tiles = (rows + tile - 1) / tile;
  const std::int64_t column_tiles = (fit.size + tile - 1) / tile;
  require(row_tiles < (std::int64_t{1} << 31) && column_tiles <= 65535, "a table is too large for one launch");
  launch(standardize_columns, dim3(static_cast<unsigned>(row_tiles), static_cast<unsigned>(column_tiles)), dim3(tile, tile_lines), 0,
         stream.native(), in.data, column_stride, fit.size, fit.data, out);
}

}  // namespace footfall
