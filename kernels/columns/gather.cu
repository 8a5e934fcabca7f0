// Whole rows in a given order.
//
// Layout  Thread x owns a group of 4 columns (1 where 16-byte accesses are not allowed), thread y an output row, 4 of them block.y apart.
//         The row numbers are read by the x threads of a row together. Cells of 4 bytes are moved as they are, whatever their type.
// Bytes   8 a cell and 8 a row.
// Limit   Memory bandwidth for rows of 32 bytes or more; below that the 32-byte sectors of the random reads, 32 / (4 * columns) times as
// much.

#include <cuda_runtime.h>

#include "kernels/columns/column_kernels.hpp"
#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"

namespace footfall {
namespace {

constexpr int rows_each = 4;

template <class Cells, int width, class T>
__global__ void __launch_bounds__(sheet_threads) gather(MatrixView<const T> in, const std::int64_t* __restrict__ rows, MatrixView<T> out) {
  const std::int64_t column = sheet_group() * width;
  if (column >= out.columns) return;
  const std::int64_t first = sheet_row(rows_each);
#pragma unroll
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t r = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (r < out.rows) {
      const Cells cells = __ldg(reinterpret_cast<const Cells*>(in.data + rows[r] * in.stride + column));
      __stcg(reinterpret_cast<Cells*>(out.data + r * out.stride + column), cells);
    }
  }
}

template <class Quad, class T>
void gather_any(MatrixView<const T> in, View<const std::int64_t> rows, MatrixView<T> out, CudaStream& stream) {
  if (in_quads(in) && in_quads(out)) {
    const Sheet over = sheet(out.rows, out.columns / 4, rows_each);
    launch(gather<Quad, 4, T>, over.grid, over.block, 0, stream.native(), in, rows.data, out);
  } else {
    const Sheet over = sheet(out.rows, out.columns, rows_each);
    launch(gather<T, 1, T>, over.grid, over.block, 0, stream.native(), in, rows.data, out);
  }
}

}  // namespace

void launch_gather_rows(MatrixView<const float> in, View<const std::int64_t> rows, MatrixView<float> out, CudaStream& stream) {
  gather_any<float4>(in, rows, out, stream);
}
void launch_gather_rows(MatrixView<const std::int32_t> in, View<const std::int64_t> rows, MatrixView<std::int32_t> out,
                        CudaStream& stream) {
  gather_any<int4>(in, rows, out, stream);
}

}  // namespace footfall
