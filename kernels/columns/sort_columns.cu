// Each column sorted on its own, missing cells last; for set-up, not for a hot loop.
//
// Layout  A 32 x 32 tile in shared memory turns rows into columns; on the way a cell becomes a 32-bit key that sorts as the number does
// (the
//         sign bit turned, negative numbers reversed), a missing cell the largest key. A warp writes 32 keys of one column and counts its
//         valid cells by one ballot, added to the 64-bit totals. Thrust sorts the keys of a column after the other (radix sort, in the
//         stream, temporary memory from the pool), and a last pass turns keys into numbers where they are. The order is exact, -0 before 0.
// Bytes   8 a cell for the keys, about 32 for four passes of the sort, 8 to turn back.
// Limit   Bandwidth for long columns; launches (about 10 a column) below 100,000 rows.

#include <cuda_runtime.h>

#include "kernels/columns/column_kernels.hpp"
#include "kernels/device/block.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/device/thrust_order.cuh"

namespace footfall {
namespace {

constexpr int tile = 32;
constexpr int lines = 8;
constexpr unsigned sign = 0x80000000U;
constexpr unsigned missing_key = 0xFFFFFFFFU;
constexpr int turn_threads = 256;

__device__ inline unsigned key_of(float x) {
  if (x != x) return missing_key;
  const unsigned bits = __float_as_uint(x);
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

__device__ inline float number_of(unsigned key) { return __uint_as_float((key & sign) != 0 ? key ^ sign : ~key); }

__global__ void __launch_bounds__(tile* lines)
    keys_by_column(MatrixView<const float> in, unsigned* __restrict__ keys, unsigned long long* __restrict__ valid) {
  __shared__ unsigned cells[tile][tile + 1];
  const std::int64_t first_row = static_cast<std::int64_t>(blockIdx.x) * tile;
  const std::int64_t first_column = static_cast<std::int64_t>(blockIdx.y) * tile;
  for (int line = static_cast<int>(threadIdx.y); line < tile; line += lines) {
    const std::int64_t r = first_row + line;
    const std::int64_t c = first_column + threadIdx.x;
    cells[line][threadIdx.x] = r < in.rows && c < in.columns ? key_of(__ldcs(in.data + r * in.stride + c)) : missing_key;
  }
  block_barrier();
  for (int line = static_cast<int>(threadIdx.y); line < tile; line += lines) {
    const std::int64_t r = first_row + threadIdx.x;
    const std::int64_t c = first_column + line;
    const unsigned key = cells[threadIdx.x][line];
    const unsigned there = ballot(key != missing_key);
    if (c >= in.columns) continue;
    if (r < in.rows) keys[c * in.rows + r] = key;
    if (threadIdx.x == 0 && there != 0) atomic_add(&valid[c], static_cast<unsigned long long>(__popc(there)));
  }
}

__global__ void __launch_bounds__(turn_threads) keys_to_numbers(unsigned* __restrict__ keys, std::int64_t size) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * turn_threads + threadIdx.x;
  if (i < size) keys[i] = __float_as_uint(number_of(keys[i]));
}

}  // namespace

void launch_sort_columns(MatrixView<const float> in, View<float> out, View<std::int64_t> valid, CudaStream& stream) {
  auto* keys = reinterpret_cast<unsigned*>(out.data);
  const std::int64_t rows = in.rows;
  const std::int64_t columns = in.columns;
  const std::int64_t row_tiles = blocks_for(rows, tile);
  const std::int64_t column_tiles = blocks_for(columns, tile);
  require(row_tiles < (std::int64_t{1} << 31) && column_tiles <= 65535, "a table is too large for one launch");
  launch(keys_by_column, dim3(static_cast<unsigned>(row_tiles), static_cast<unsigned>(column_tiles)), dim3(tile, lines), 0, stream.native(),
         in, keys, reinterpret_cast<unsigned long long*>(valid.data));
  with_thrust("sort_columns", stream, [keys, rows, columns](const auto& policy) {
    for (std::int64_t c = 0; c < columns; ++c) thrust::sort(policy, keys + c * rows, keys + (c + 1) * rows);
  });
  launch(keys_to_numbers, blocks_for(rows * columns, turn_threads), dim3(turn_threads), 0, stream.native(), keys, rows * columns);
}

}  // namespace footfall
