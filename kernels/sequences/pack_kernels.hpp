#pragma once

#include <cstdint>

#include "kernels/device/cuda_stream.hpp"
#include "kernels/sequences/sequences.hpp"

namespace footfall {

/// One table as the kernels see it.
struct PackTable {
  std::int64_t offset = 0;  ///< in the parameters
  std::int32_t base = 0;    ///< rows of the tables before it: base + code tells all vectors of all tables apart
  std::int32_t width = 0;
  std::int32_t column = 0;  ///< of its first value in a packed step
};

/// Where an embedded feature comes from.
struct PackSlot {
  std::int32_t table = 0, column = 0;
};

/// What the kernels of one plan share; everything but the counts is on the device.
struct PackPlan {
  View<const PackTable> tables;
  View<const PackSlot> slots;  ///< one for each embedded feature
  std::int32_t numeric = 0;
  std::int32_t first_embedded = 0;  ///< N + indicators
  std::int32_t features = 0;
  std::int32_t vectors = 0;  ///< rows of all tables together, and the key of a step that has ended
  std::int32_t widest = 0;   ///< table
};

// pack.cu
void launch_pack(const PackInput& in, const PackPlan& plan, MatrixView<float> out, CudaStream& stream);

/// Entry c * steps + row of `keys` is the vector that step `row` takes from table c, of `values` its own number.
void launch_pack_keys(const PackInput& in, const PackPlan& plan, std::int64_t time, View<std::uint32_t> keys, View<std::int32_t> values,
                      CudaStream& stream);

/// Entries that one thread sums in a row.
constexpr std::int64_t pack_piece = 128;
/// Sums dout over equal keys; `keys` and `values` are sorted by key. head and tail hold [pieces, widest] float64.
void launch_pack_sums(const PackPlan& plan, View<const std::uint32_t> keys, View<const std::int32_t> values, std::int64_t steps,
                      MatrixView<const float> dout, View<double> head, View<double> tail, View<float> gradient, CudaStream& stream);

}  // namespace footfall
