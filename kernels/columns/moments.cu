// Moments of the columns of a chunk, in two deterministic stages.
//
// Layout  Stage 1: a block takes a tile of 4096 rows and up to 32 groups of columns; a group is 4 columns where their number is a multiple
//         of 4, else 1. Thread x owns a group, thread y the rows y, y + block.y, ...: neighbours read neighbouring addresses, four cells in
//         one 16-byte load where the matrix is aligned for it. Sums of the distance from the thread's first valid cell are kept in float64,
//         so no outlier and no offset costs digits; the threads of a column are joined in a fixed tree over y. partial[tile][column].
//         Stage 2: a thread a column folds the tiles into the state in ascending order, from shared memory that the block fills ahead of
//         it.
// Same bits  The tree depends on the number of columns only and tiles count from the first row: no chunk, grid or device changes a bit.
// Bytes   4 a cell, read once; 2 * 48 / 4096 a cell for the partials.
// Limit   Memory bandwidth where float64 runs at half or a 32nd of float32 (A100, H100, H200: 3 float64 operations a cell, below a tenth of
//         the peak at full bandwidth); on cards with 1/64 (L4, RTX) the float64 units. The fold of stage 2 is a chain of three dependent
//         float64 operations a tile, about 60 cycles: next to nothing beside a wide matrix, about as long as stage 1 for 8 columns.

#include <cuda_runtime.h>

#include "kernels/columns/column_kernels.hpp"
#include "kernels/columns/moments_math.hpp"
#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"

namespace footfall {
namespace {

/// What a thread knows of one column; the sums are of distances from the first valid cell.
struct Running {
  float shift, low, high;
  int count, missing;
  double sum, squares;
};

__device__ inline void add_cell(Running& column, float x) {
  if (x != x) {
    ++column.missing;
    return;
  }
  if (column.count == 0) column.shift = column.low = column.high = x;
  ++column.count;
  column.low = x < column.low ? x : column.low;
  column.high = x > column.high ? x : column.high;
  const double apart = static_cast<double>(x) - static_cast<double>(column.shift);
  column.sum += apart;
  column.squares += apart * apart;
}

/// What both saw, as distances from a's shift: the means are never formed on the way, so an offset of the column costs no digits.
__device__ inline Running joined(const Running& a, const Running& b) {
  Running all = a.count == 0 ? b : a;
  all.missing = a.missing + b.missing;
  if (a.count == 0 || b.count == 0) return all;
  all.count = a.count + b.count;
  all.low = b.low < a.low ? b.low : a.low;
  all.high = b.high > a.high ? b.high : a.high;
  const double apart = static_cast<double>(b.shift) - static_cast<double>(a.shift);
  const double count = static_cast<double>(b.count);
  all.sum = a.sum + (b.sum + count * apart);
  all.squares = a.squares + (b.squares + apart * (2.0 * b.sum + count * apart));
  return all;
}

__device__ inline Moments finished(const Running& c) {
  if (c.count != 0) return moments_of_sums(c.shift, c.count, c.missing, c.sum, c.squares, c.low, c.high);
  Moments none{};
  none.missing = c.missing;
  return none;
}

/// Joins the threads of a column in a fixed tree over y; the threads of y = 0 leave the result in `result`.
__device__ inline void join_rows(const Running& mine, Running* shared, Running& result) {
  const int x = static_cast<int>(threadIdx.x);
  const int y = static_cast<int>(threadIdx.y);
  const int wide = static_cast<int>(blockDim.x);
  const int high = static_cast<int>(blockDim.y);
  shared[y * wide + x] = mine;
  block_barrier();
  for (int half = half_of(high); half > 0; half /= 2) {
    if (y < half && y + half < high) shared[y * wide + x] = joined(shared[y * wide + x], shared[(y + half) * wide + x]);
    block_barrier();
  }
  if (y == 0) result = shared[x];
  block_barrier();
}

template <int width, bool aligned>
__global__ void __launch_bounds__(sheet_threads) tile_moments(MatrixView<const float> in, Moments* __restrict__ partial) {
  __shared__ Running shared[sheet_threads];
  __shared__ Running joined_columns[32 * width];
  const std::int64_t first_column = sheet_group() * width;
  const bool mine = first_column < in.columns;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * Columns::tile_rows;
  const std::int64_t end = first + Columns::tile_rows < in.rows ? first + Columns::tile_rows : in.rows;
  Running column[width] = {};
  if (mine) {
#pragma unroll 4
    for (std::int64_t r = first + threadIdx.y; r < end; r += blockDim.y) {
      float cell[width];
      const float* from = in.data + r * in.stride + first_column;
      if constexpr (aligned) {
        stream_in<width>(from, cell);
      } else {
        for (int k = 0; k < width; ++k) cell[k] = from[k];
      }
#pragma unroll
      for (int k = 0; k < width; ++k) add_cell(column[k], cell[k]);
    }
  }
#pragma unroll
  for (int k = 0; k < width; ++k) join_rows(column[k], shared, joined_columns[threadIdx.x * width + k]);
  const std::int64_t block_column = static_cast<std::int64_t>(blockIdx.y) * blockDim.x * width;
  for (unsigned i = thread_index(); i < blockDim.x * width; i += block_threads()) {
    if (block_column + i < in.columns) partial[blockIdx.x * in.columns + block_column + i] = finished(joined_columns[i]);
  }
}

/// A round takes block.y tiles into shared memory, all columns of the block at once; then the threads of y = 0 fold them in ascending order
/// while the cells of the next round are on their way.
__global__ void __launch_bounds__(sheet_threads)
    fold_tiles(const Moments* __restrict__ partial, std::int64_t tiles, std::int64_t columns, Moments* __restrict__ state) {
  auto* round = dynamic_shared<Moments>();
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::int64_t y = threadIdx.y;
  const std::int64_t high = blockDim.y;
  const bool here = column < columns;
  const bool folds = here && y == 0;
  Moments all{};
  if (folds) all = state[column];
  Moments next{};
  if (here && y < tiles) next = partial[y * columns + column];
  for (std::int64_t first = 0; first < tiles; first += high) {
    round[y * blockDim.x + threadIdx.x] = next;
    block_barrier();
    const std::int64_t following = first + high + y;
    if (here && following < tiles) next = partial[following * columns + column];
    const std::int64_t count = tiles - first < high ? tiles - first : high;
    if (folds) {
      for (std::int64_t t = 0; t < count; ++t) all = merge_moments(all, round[t * blockDim.x + threadIdx.x]);
    }
    block_barrier();
  }
  if (folds) state[column] = all;
}

}  // namespace

void launch_moments(MatrixView<const float> in, View<Moments> state, CudaStream& stream) {
  const std::int64_t tiles = (in.rows + Columns::tile_rows - 1) / Columns::tile_rows;
  auto* partial = static_cast<Moments*>(stream.scratch(static_cast<std::size_t>(tiles * in.columns) * sizeof(Moments)));
  const int width = in.columns % 4 == 0 ? 4 : 1;
  Sheet over = sheet(in.rows, in.columns / width, 1);
  over.grid.x = static_cast<unsigned>(tiles);
  if (width == 1) {
    launch(tile_moments<1, true>, over.grid, over.block, 0, stream.native(), in, partial);
  } else if (in_quads(in)) {
    launch(tile_moments<4, true>, over.grid, over.block, 0, stream.native(), in, partial);
  } else {
    launch(tile_moments<4, false>, over.grid, over.block, 0, stream.native(), in, partial);
  }
  Sheet strips = sheet(1, in.columns, 1);
  if (strips.block.y > tiles) strips.block.y = static_cast<unsigned>(tiles);
  launch(fold_tiles, dim3(strips.grid.y), strips.block, sheet_threads * sizeof(Moments), stream.native(), partial, tiles, in.columns,
         state.data);
}

}  // namespace footfall
