// Counts of combinations of states over column-major one-byte codes.
//
// Layout  A block takes 16,384 rows of one cover (kernels/bayes/count_cover.hpp): neighbouring threads read neighbouring bytes of a column, so a warp's
//         read is one sector. Its counts are 32-bit integers in shared memory, added at its end to the 64-bit totals. Covers of more than 12,287
//         entries are counted in global memory at once.
// Bytes   One a cell of the cover's columns; columns that several covers share come from the second cache. 8 an entry and block for the totals.
// Limit   Shared-memory atomics, about one a clock and multiprocessor when the entries of a warp differ. Integer sums do not depend on their order, so
//         the result is exact and always the same.

#include <cuda_runtime.h>

#include "kernels/bayes/bayes_kernels.hpp"
#include "kernels/device/block.cuh"
#include "kernels/device/launch.cuh"

namespace footfall {
namespace {

constexpr int count_threads = 256;
constexpr std::int64_t rows_of_block = 16384;

__device__ std::int64_t entry_of_row(const CodeColumns& codes, const CoverOnDevice& cover, const CoverColumn* __restrict__ columns, std::int64_t row) {
  std::int64_t entry = 0;
  for (int c = 0; c < cover.columns; ++c) {
    const CoverColumn column = columns[cover.first_column + c];
    const std::int32_t digit = digit_of_code(codes.data[column.column * codes.stride + row], column.states);
    if (cover.extended == 0 && digit == column.states) return cover.size;  // left out
    entry += static_cast<std::int64_t>(digit) * column.stride;
  }
  return entry;
}

__global__ void __launch_bounds__(count_threads)
    count_in_blocks(CodeColumns codes, View<const CoverOnDevice> covers, View<const CoverColumn> columns, unsigned long long* __restrict__ totals) {
  auto* counts = dynamic_shared<unsigned>();
  const CoverOnDevice cover = covers.data[blockIdx.y];
  const int entries = static_cast<int>(cover.size) + 1;
  for (int i = static_cast<int>(threadIdx.x); i < entries; i += count_threads) counts[i] = 0;
  block_barrier();
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * rows_of_block;
  const std::int64_t end = first + rows_of_block < codes.rows ? first + rows_of_block : codes.rows;
  for (std::int64_t r = first + threadIdx.x; r < end; r += count_threads) atomic_add(&counts[entry_of_row(codes, cover, columns.data, r)], 1U);
  block_barrier();
  for (int i = static_cast<int>(threadIdx.x); i < entries; i += count_threads) {
    if (counts[i] != 0) atomic_add(&totals[cover.offset + i], static_cast<unsigned long long>(counts[i]));
  }
}

__global__ void __launch_bounds__(count_threads)
    count_in_memory(CodeColumns codes, View<const CoverOnDevice> covers, View<const CoverColumn> columns, unsigned long long* __restrict__ totals) {
  const CoverOnDevice cover = covers.data[blockIdx.y];
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * rows_of_block;
  const std::int64_t end = first + rows_of_block < codes.rows ? first + rows_of_block : codes.rows;
  for (std::int64_t r = first + threadIdx.x; r < end; r += count_threads)
    atomic_add(&totals[cover.offset + entry_of_row(codes, cover, columns.data, r)], 1ULL);
}

}  // namespace

void launch_count(const CodeColumns& codes, View<const CoverOnDevice> covers, View<const CoverColumn> columns, std::int64_t largest, bool in_blocks,
                  View<std::int64_t> totals, CudaStream& stream) {
  auto* to = reinterpret_cast<unsigned long long*>(totals.data);
  const std::int64_t blocks = (codes.rows + rows_of_block - 1) / rows_of_block;
  require(blocks < (std::int64_t{1} << 31), "a table of codes is too large for one launch");
  constexpr std::int64_t most_covers = 65535;
  for (std::int64_t from = 0; from < covers.size; from += most_covers) {
    const std::int64_t count = covers.size - from < most_covers ? covers.size - from : most_covers;
    const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(count));
    if (in_blocks)
      launch(count_in_blocks, grid, count_threads, static_cast<std::size_t>(largest + 1) * sizeof(unsigned), stream.native(), codes, covers.sub(from, count), columns, to);
    else
      launch(count_in_memory, grid, count_threads, 0, stream.native(), codes, covers.sub(from, count), columns, to);
  }
}

}  // namespace footfall
