// Counts of the codes of each column.
//
// Layout  A block takes 4096 rows of as many neighbouring columns as have room for their counts in 48 KiB of shared memory; thread x runs
//         along the columns, thread y along the rows. Counts of a block are 32-bit integers in shared memory, added at its end to the
//         64-bit totals. A column of more than 12,288 states is counted in global memory at once.
// Bytes   4 a code, read once; 8 a count and block for the totals.
// Limit   Shared-memory atomics: one a code and clock and multiprocessor when codes differ, fewer when a warp meets one code (a column of
//         one state: about 1/32 of that). Integer sums do not depend on their order, so the result is exact and always the same.

#include <cuda_runtime.h>

#include "kernels/columns/column_kernels.hpp"
#include "kernels/device/block.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"

namespace footfall {
namespace {

constexpr std::int64_t most_shared_counts = 48 * 1024 / 4;
constexpr std::int64_t rows_of_block = 4096;

__global__ void __launch_bounds__(sheet_threads)
    count_in_blocks(MatrixView<const std::int32_t> codes, int states, int block_columns, unsigned long long* __restrict__ totals) {
  auto* counts = dynamic_shared<unsigned>();
  const std::int64_t first_column = static_cast<std::int64_t>(blockIdx.y) * block_columns;
  const std::int64_t left = codes.columns - first_column;
  const int columns = left < block_columns ? static_cast<int>(left) : block_columns;
  const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
  const int threads = static_cast<int>(blockDim.x * blockDim.y);
  for (int i = thread; i < columns * states; i += threads) counts[i] = 0;
  block_barrier();
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * rows_of_block;
  const std::int64_t end = first + rows_of_block < codes.rows ? first + rows_of_block : codes.rows;
  for (int c = static_cast<int>(threadIdx.x); c < columns; c += static_cast<int>(blockDim.x)) {
    const std::int32_t* from = codes.data + first_column + c;
#pragma unroll 4
    for (std::int64_t r = first + threadIdx.y; r < end; r += blockDim.y) {
      const std::int32_t code = __ldcs(from + r * codes.stride);
      if (code >= 0 && code < states) atomic_add(&counts[c * states + code], 1U);
    }
  }
  block_barrier();
  for (int i = thread; i < columns * states; i += threads) {
    if (counts[i] != 0) atomic_add(&totals[first_column * states + i], static_cast<unsigned long long>(counts[i]));
  }
}

__global__ void __launch_bounds__(sheet_threads)
    count_in_memory(MatrixView<const std::int32_t> codes, std::int64_t states, unsigned long long* __restrict__ totals) {
  const std::int64_t column = sheet_group();
  if (column >= codes.columns) return;
  const std::int64_t first = sheet_row(8);
  for (int i = 0; i < 8; ++i) {
    const std::int64_t r = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (r >= codes.rows) return;
    const std::int32_t code = __ldcs(codes.data + r * codes.stride + column);
    if (code >= 0 && code < states) atomic_add(&totals[column * states + code], 1ULL);
  }
}

}  // namespace

void launch_histogram(MatrixView<const std::int32_t> codes, std::int64_t states, View<std::int64_t> counts, CudaStream& stream) {
  auto* totals = reinterpret_cast<unsigned long long*>(counts.data);
  if (states > most_shared_counts) {
    const Sheet over = sheet(codes.rows, codes.columns, 8);
    launch(count_in_memory, over.grid, over.block, 0, stream.native(), codes, states, totals);
    return;
  }
  const std::int64_t fitting = most_shared_counts / states;
  const std::int64_t block_columns = codes.columns < fitting ? codes.columns : fitting;
  const std::int64_t strips = (codes.columns + block_columns - 1) / block_columns;
  const std::int64_t blocks = (codes.rows + rows_of_block - 1) / rows_of_block;
  require(blocks < (std::int64_t{1} << 31) && strips <= 65535, "a table of codes is too large for one launch");
  const dim3 block = sheet(1, block_columns, 1).block;
  launch(count_in_blocks, dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(strips)), block,
         static_cast<std::size_t>(block_columns * states) * sizeof(unsigned), stream.native(), codes, static_cast<int>(states),
         static_cast<int>(block_columns), totals);
}

}  // namespace footfall
