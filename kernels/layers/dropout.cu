// Dropout by Philox: a number belongs to its example, layer, member, step and column, and is drawn anew in the backward pass.
//
// Layout  Thread x owns a group of 4 columns, which one call of Philox serves, thread y 2 examples, block.y apart, block z a member.
// Bytes   8 a value and 8 an example.
// Limit   Integer arithmetic: about 20 wide products and 40 additions for 4 values, close to the time of their 32 bytes on an H100.

#include <cuda_runtime.h>

#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"
#include "kernels/layers/dropout_math.hpp"
#include "kernels/layers/layer_kernels.hpp"

namespace footfall {
namespace {

constexpr int rows_each = 2;

template <bool aligned>
__global__ void __launch_bounds__(sheet_threads) drop(MatrixView<float> x, std::int64_t batch, DropoutSpec spec,
                                                      const std::int64_t* __restrict__ rows, const StepState* __restrict__ state) {
  const std::int64_t group = sheet_group();
  const std::int64_t column = group * 4;
  if (column >= x.columns) return;
  const std::int64_t member = blockIdx.z;
  const std::uint64_t step = state->step;
  const float kept = 1.0F / (1.0F - spec.probability);
  const std::int64_t first = sheet_row(rows_each);
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t b = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (b >= batch) return;
    const PhiloxWords words = dropout_words(spec.seed, rows[b], step, spec.layer, member, group);
    float* at = x.data + (member * batch + b) * x.stride + column;
    if constexpr (aligned) {
      float value[4];
      load_cells<4>(at, value);
#pragma unroll
      for (int k = 0; k < 4; ++k) value[k] = dropped(value[k], words.word[k], spec.probability, kept);
      store_cells<4>(at, value);
    } else {
      const std::int64_t left = x.columns - column;
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        if (k < left) at[k] = dropped(at[k], words.word[k], spec.probability, kept);
      }
    }
  }
}

}  // namespace

void launch_dropout(MatrixView<float> x, const DropoutSpec& spec, View<const std::int64_t> rows, View<const StepState> state,
                    CudaStream& stream) {
  Sheet over = sheet(rows.size, (x.columns + 3) / 4, rows_each);
  over.grid.z = static_cast<unsigned>(x.rows / rows.size);
  if (in_quads(x)) {
    launch(drop<true>, over.grid, over.block, 0, stream.native(), x, rows.size, spec, rows.data, state.data);
  } else {
    launch(drop<false>, over.grid, over.block, 0, stream.native(), x, rows.size, spec, rows.data, state.data);
  }
}

}  // namespace footfall
