#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/device/array.hpp"
#include "kernels/device/block.cuh"

namespace footfall {

/// Threads over a row-major matrix: x runs along the columns (or groups of `width` columns), y along the rows, so that neighbours read
/// neighbouring addresses. A block has at most 256 threads and takes `rows_each * block.y` rows; grid.y counts blocks of columns.
struct Sheet {
  dim3 grid, block;
};
constexpr int sheet_threads = 256;

[[nodiscard]] inline Sheet sheet(std::int64_t rows, std::int64_t groups, std::int64_t rows_each) {
  const std::int64_t x = groups < 32 ? groups : 32;
  const std::int64_t y = sheet_threads / x;
  const std::int64_t tiles = (rows + y * rows_each - 1) / (y * rows_each);
  const std::int64_t strips = (groups + x - 1) / x;
  require(tiles < (std::int64_t{1} << 31) && strips <= 65535, "a matrix is too large for one launch");
  return {dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(strips)), dim3(static_cast<unsigned>(x), static_cast<unsigned>(y))};
}

/// Whether each row of the matrix is a whole number of aligned 16-byte quads.
template <class T>
[[nodiscard]] bool in_quads(const MatrixView<T>& m) {
  return sizeof(T) == 4 && m.columns % 4 == 0 && m.stride % 4 == 0 && reinterpret_cast<std::uintptr_t>(m.data) % 16 == 0;
}

/// This thread's group of columns and its first row.
__device__ inline std::int64_t sheet_group() { return static_cast<std::int64_t>(blockIdx.y) * blockDim.x + threadIdx.x; }
__device__ inline std::int64_t sheet_row(std::int64_t rows_each) {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.y * rows_each + threadIdx.y;
}

/// The first distance of a tree over `lines` lines: the largest power of two below their number.
__device__ inline int half_of(int lines) {
  int half = 0;
  for (int power = 1; power < lines; power *= 2) half = power;
  return half;
}

/// `width` neighbouring cells, 1 or 4; four are one 16-byte access. The first pair leaves the cells in the caches, the second streams them
/// past.
template <int width>
__device__ inline void load_cells(const float* from, float (&cell)[width]) {
  if constexpr (width == 4) {
    const float4 q = __ldca(reinterpret_cast<const float4*>(from));
    cell[0] = q.x, cell[1] = q.y, cell[2] = q.z, cell[3] = q.w;
  } else {
    cell[0] = *from;
  }
}
template <int width>
__device__ inline void store_cells(float* to, const float (&cell)[width]) {
  if constexpr (width == 4) {
    __stcg(reinterpret_cast<float4*>(to), make_float4(cell[0], cell[1], cell[2], cell[3]));
  } else {
    *to = cell[0];
  }
}
template <int width>
__device__ inline void stream_in(const float* from, float (&cell)[width]) {
  if constexpr (width == 4) {
    const float4 q = __ldcs(reinterpret_cast<const float4*>(from));
    cell[0] = q.x, cell[1] = q.y, cell[2] = q.z, cell[3] = q.w;
  } else {
    cell[0] = __ldcs(from);
  }
}
template <int width>
__device__ inline void stream_out(float* to, const float (&cell)[width]) {
  if constexpr (width == 4) {
    __stcs(reinterpret_cast<float4*>(to), make_float4(cell[0], cell[1], cell[2], cell[3]));
  } else {
    __stcs(to, cell[0]);
  }
}

}  // namespace footfall
