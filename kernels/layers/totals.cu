// The second stage of sums over tiles of rows.
//
// Layout  fold: thread x a column, block y a member; the tiles are added in ascending order. total: one block; thread t adds the tiles t,
//         t + 256, ..., then a fixed tree.
// Bytes   8 a partial sum.
// Limit   The time of a launch: there are a few thousand numbers at most.

#include <cuda_runtime.h>

#include "kernels/layers/ordered_sum.cuh"

namespace footfall {
namespace {

constexpr int total_threads = 256;
constexpr int fold_threads = 128;

__global__ void __launch_bounds__(total_threads)
    total(const double* __restrict__ partial, std::int64_t tiles, double scale, bool add, double* __restrict__ out) {
  double sum = 0.0;
  for (std::int64_t t = threadIdx.x; t < tiles; t += total_threads) sum += partial[t];
  const double all = scale * block_total(sum);
  if (threadIdx.x == 0) *out = add ? *out + all : all;
}

__global__ void __launch_bounds__(fold_threads)
    fold(const double* __restrict__ partial, SumShape shape, MemberSums first, MemberSums second) {
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (column >= shape.columns) return;
  const std::int64_t member = blockIdx.y;
  for (int k = 0; k < shape.terms; ++k) {
    const MemberSums to = k == 0 ? first : second;
    if (to.data == nullptr) continue;
    const double* from = partial + (k * shape.members + member) * shape.tiles * shape.columns + column;
    float& there = to.data[member * to.stride + column];
    double sum = 0.0;
    for (std::int64_t t = 0; t < shape.tiles; ++t) sum += from[t * shape.columns];
    there = static_cast<float>(static_cast<double>(there) + sum);
  }
}

}  // namespace

void total_tiles(const double* partial, std::int64_t tiles, double scale, Total how, double* out, CudaStream& stream) {
  launch(total, dim3(1), dim3(total_threads), 0, stream.native(), partial, tiles, scale, how == Total::add, out);
}

void fold_member_sums(const double* partial, const SumShape& shape, MemberSums first, MemberSums second, CudaStream& stream) {
  const dim3 grid(static_cast<unsigned>((shape.columns + fold_threads - 1) / fold_threads), static_cast<unsigned>(shape.members));
  launch(fold, grid, dim3(fold_threads), 0, stream.native(), partial, shape, first, second);
}

}  // namespace footfall
