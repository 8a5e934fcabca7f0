#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <type_traits>

#include "kernels/device/block.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"
#include "kernels/layers/layer_kernels.hpp"

// Sums in an order that depends on nothing but the shape: threads add their values in ascending order, a block adds its threads in a fixed
// tree, blocks stand for fixed tiles of rows, and a second launch (totals.cu; left out where one tile is all) adds the tiles in ascending
// order.

namespace footfall {

/// What the threads of a block of 256 make together, in the fixed order of block_reduce; every thread gets it. All must call.
template <class T, class Combine>
__device__ inline T block_join(T value, Combine combine, T neutral) {
  __shared__ T slots[warp_size];
  return block_reduce(value, combine, neutral, slots);
}
__device__ inline double block_total(double value) { return block_join(value, Sum{}, 0.0); }

/// Rows of a tile of column sums.
constexpr std::int64_t sum_tile_rows = 256;

/// Stage 1 of the sums over rows by member and column. `cell(member, example, column, term)` sets the `terms` numbers of one cell (and may
/// write it somewhere); x runs along the columns, y down the rows of a tile, z over the members. partial[term][member][tile][column].
template <int terms, class Cell>
__global__ void __launch_bounds__(sheet_threads, 4)
    sum_tiles(Cell cell, std::int64_t batch, std::int64_t columns, double* __restrict__ partial, MemberSums first, MemberSums second) {
  static_assert(std::is_trivially_copyable_v<Cell>);
  __shared__ double part[terms][sheet_threads];
  const int x = static_cast<int>(threadIdx.x);
  const int y = static_cast<int>(threadIdx.y);
  const int wide = static_cast<int>(blockDim.x);
  const int high = static_cast<int>(blockDim.y);
  const std::int64_t column = sheet_group();
  const std::int64_t member = blockIdx.z;
  const std::int64_t start = static_cast<std::int64_t>(blockIdx.x) * sum_tile_rows;
  const std::int64_t end = start + sum_tile_rows < batch ? start + sum_tile_rows : batch;
  double sum[terms] = {};
  if (column < columns) {
    for (std::int64_t b = start + y; b < end; b += high) {
      float term[terms];
      cell(member, b, column, term);
#pragma unroll
      for (int k = 0; k < terms; ++k) sum[k] += static_cast<double>(term[k]);
    }
  }
#pragma unroll
  for (int k = 0; k < terms; ++k) part[k][y * wide + x] = sum[k];
  block_barrier();
  for (int half = half_of(high); half > 0; half /= 2) {
    if (y < half && y + half < high) {
#pragma unroll
      for (int k = 0; k < terms; ++k) part[k][y * wide + x] += part[k][(y + half) * wide + x];
    }
    block_barrier();
  }
  if (y != 0 || column >= columns) return;
#pragma unroll
  for (int k = 0; k < terms; ++k) {
    const MemberSums to = k == 0 ? first : second;
    if (to.data == nullptr) continue;
    if (gridDim.x == 1) {
      float& there = to.data[member * to.stride + column];
      there = static_cast<float>(static_cast<double>(there) + part[k][x]);
    } else {
      partial[((k * static_cast<std::int64_t>(gridDim.z) + member) * gridDim.x + blockIdx.x) * columns + column] = part[k][x];
    }
  }
}

/// Runs both stages over `members` blocks of `batch` rows.
template <int terms, class Cell>
void launch_member_sums_of(const Cell& cell, std::int64_t members, std::int64_t batch, std::int64_t columns, MemberSums first,
                           MemberSums second, CudaStream& stream) {
  require(members <= 65535, "a layer has more than 65535 members");
  Sheet over = sheet(1, columns, 1);
  const std::int64_t tiles = (batch + sum_tile_rows - 1) / sum_tile_rows;
  over.grid.x = static_cast<unsigned>(tiles);
  over.grid.z = static_cast<unsigned>(members);
  double* partial = nullptr;
  if (tiles > 1)
    partial = static_cast<double*>(stream.scratch(static_cast<std::size_t>(terms * members * tiles * columns) * sizeof(double)));
  launch(sum_tiles<terms, Cell>, over.grid, over.block, 0, stream.native(), cell, batch, columns, partial, first, second);
  if (tiles == 1 || (first.data == nullptr && second.data == nullptr)) return;
  fold_member_sums(partial, {members, tiles, columns, terms}, first, second, stream);
}

}  // namespace footfall
