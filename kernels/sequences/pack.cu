// Packing steps and summing embedding gradients.
//
// Forward: a warp writes one packed step, lanes along its features, so that a row is written in whole lines; the numbers, codes and
// vectors it reads are a few lines each. Bound by memory: 4 bytes a feature written, as many read.
// Backward: entries (table, step), sorted by the vector they took, are cut into pieces of `pack_piece`. A thread sums one column over one
// piece; neighbours take neighbouring columns, so a step's gradient is read in whole lines. A run of equal vectors inside a piece is added
// to the gradient at once; one that crosses a border leaves a head or a tail for the second kernel, where the piece that it begins in adds
// the parts in their order. Sums are float64: one addition for each 4 bytes read, which no device feels. The number of launches and their
// grids depend on the shape alone.

#include "kernels/columns/standardize_math.hpp"
#include "kernels/device/block.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/sequences/pack_kernels.hpp"

namespace footfall {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / static_cast<int>(warp_size);

__global__ void __launch_bounds__(kThreads)
    pack_steps(MatrixView<const float> numeric, View<const ColumnScale> scale, MatrixView<const std::int32_t> codes,
               View<const float> parameters, View<const std::int64_t> first, View<const std::int32_t> length, PackPlan plan,
               std::int32_t batch, MatrixView<float> out) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * kWarps + warp_index();
  if (row >= out.rows) return;
  const auto t = static_cast<std::int32_t>(row / batch);
  const auto b = static_cast<std::int32_t>(row - static_cast<std::int64_t>(t) * batch);
  const int lane = static_cast<int>(lane_index());
  constexpr int step = static_cast<int>(warp_size);
  float* to = out.data + row * out.stride;
  if (t >= length.data[b]) {
    for (int k = lane; k < plan.features; k += step) to[k] = 0.0F;
    return;
  }
  const std::int64_t event = first.data[b] + t;
  for (int c = lane; c < plan.numeric; c += step) {
    const float x = numeric.data[event * numeric.stride + c];
    const ColumnScale fit = scale.data[c];
    to[c] = standardized(x, fit);
    if (fit.indicator >= 0) to[fit.indicator] = is_missing(x) ? 1.0F : 0.0F;
  }
  const int embedded = plan.features - plan.first_embedded;
  for (int k = lane; k < embedded; k += step) {
    const PackSlot slot = plan.slots.data[k];
    const PackTable& table = plan.tables.data[slot.table];
    const std::int64_t code = codes.data[event * codes.stride + slot.table];
    to[plan.first_embedded + k] = parameters.data[table.offset + code * table.width + slot.column];
  }
}

__global__ void __launch_bounds__(kThreads)
    pack_keys(MatrixView<const std::int32_t> codes, View<const std::int64_t> first, View<const std::int32_t> length, PackPlan plan,
              std::int32_t batch, std::int32_t steps, View<std::uint32_t> keys, View<std::int32_t> values) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= keys.size) return;
  const auto entry = static_cast<std::int32_t>(i);
  const std::int32_t table = entry / steps;
  const std::int32_t row = entry - table * steps;
  const std::int32_t t = row / batch;
  const std::int32_t b = row - t * batch;
  std::int32_t key = plan.vectors;
  if (t < length.data[b]) key = plan.tables.data[table].base + codes.data[(first.data[b] + t) * codes.stride + table];
  keys.data[i] = static_cast<std::uint32_t>(key);
  values.data[i] = entry;
}

/// The entries of piece p, and whether the run at an end of it goes on in the neighbour.
struct Piece {
  std::int64_t begin, end;
  __device__ Piece(std::int64_t p, std::int64_t size) : begin(p * pack_piece), end(begin + pack_piece < size ? begin + pack_piece : size) {}
};

__device__ inline float* gradient_of(const PackPlan& plan, std::uint32_t key, std::int32_t table, int column, float* gradient) {
  const PackTable& t = plan.tables.data[table];
  return gradient + t.offset + (static_cast<std::int64_t>(key) - t.base) * t.width + column;
}

__global__ void __launch_bounds__(kThreads)
    sum_pieces(PackPlan plan, View<const std::uint32_t> keys, View<const std::int32_t> values, std::int32_t steps,
               MatrixView<const float> dout, double* head, double* tail, float* gradient) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  const std::int64_t p = thread / plan.widest;
  const int column = static_cast<int>(thread - p * plan.widest);
  const Piece piece(p, keys.size);
  std::int64_t i = piece.begin;
  while (i < piece.end) {
    const std::uint32_t key = keys.data[i];
    if (key == static_cast<std::uint32_t>(plan.vectors)) return;
    const std::int32_t table = values.data[i] / steps;
    const bool wanted = column < plan.tables.data[table].width;
    const float* from = dout.data + plan.tables.data[table].column + column;
    const bool from_before = i == piece.begin && i > 0 && keys.data[i - 1] == key;
    double sum = 0.0;
    for (; i < piece.end && keys.data[i] == key; ++i) {
      if (wanted) sum += from[static_cast<std::int64_t>(values.data[i] - table * steps) * dout.stride];
    }
    const bool goes_on = i == piece.end && i < keys.size && keys.data[i] == key;
    if (!wanted) continue;
    if (from_before) {
      head[p * plan.widest + column] = sum;
    } else if (goes_on) {
      tail[p * plan.widest + column] = sum;
    } else {
      *gradient_of(plan, key, table, column, gradient) += static_cast<float>(sum);
    }
  }
}

__global__ void __launch_bounds__(kThreads) join_pieces(PackPlan plan, View<const std::uint32_t> keys, View<const std::int32_t> values,
                                                        std::int32_t steps, const double* head, const double* tail, float* gradient) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  const std::int64_t p = thread / plan.widest;
  const int column = static_cast<int>(thread - p * plan.widest);
  const Piece piece(p, keys.size);
  if (piece.begin >= keys.size || piece.end == keys.size) return;
  const std::uint32_t key = keys.data[piece.end - 1];
  const bool goes_on = keys.data[piece.end] == key;
  const bool from_before = piece.begin > 0 && keys.data[piece.begin - 1] == key;
  if (!goes_on || from_before || key == static_cast<std::uint32_t>(plan.vectors)) return;
  const std::int32_t table = values.data[piece.end - 1] / steps;
  if (column >= plan.tables.data[table].width) return;
  double sum = tail[p * plan.widest + column];
  for (std::int64_t next = p + 1;; ++next) {
    sum += head[next * plan.widest + column];
    const Piece there(next, keys.size);
    if (there.end == keys.size || keys.data[there.end] != key) break;
  }
  *gradient_of(plan, key, table, column, gradient) += static_cast<float>(sum);
}

}  // namespace

void launch_pack(const PackInput& in, const PackPlan& plan, MatrixView<float> out, CudaStream& stream) {
  launch(pack_steps, blocks_for(out.rows, kWarps), kThreads, 0, stream.native(), in.numeric, in.scale, in.codes, in.parameters, in.first,
         in.length, plan, static_cast<std::int32_t>(in.first.size), out);
}

void launch_pack_keys(const PackInput& in, const PackPlan& plan, std::int64_t time, View<std::uint32_t> keys, View<std::int32_t> values,
                      CudaStream& stream) {
  const std::int64_t steps = time * in.first.size;
  launch(pack_keys, blocks_for(keys.size, kThreads), kThreads, 0, stream.native(), in.codes, in.first, in.length, plan,
         static_cast<std::int32_t>(in.first.size), static_cast<std::int32_t>(steps), keys, values);
}

void launch_pack_sums(const PackPlan& plan, View<const std::uint32_t> keys, View<const std::int32_t> values, std::int64_t steps,
                      MatrixView<const float> dout, View<double> head, View<double> tail, View<float> gradient, CudaStream& stream) {
  const std::int64_t threads = blocks_for(keys.size, pack_piece) * plan.widest;
  const auto rows = static_cast<std::int32_t>(steps);
  launch(sum_pieces, blocks_for(threads, kThreads), kThreads, 0, stream.native(), plan, keys, values, rows, dout, head.data, tail.data,
         gradient.data);
  launch(join_pieces, blocks_for(threads, kThreads), kThreads, 0, stream.native(), plan, keys, values, rows, head.data, tail.data,
         gradient.data);
}

}  // namespace footfall
