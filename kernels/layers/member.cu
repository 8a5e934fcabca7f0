// Elementwise layers of K members that share their weights: scale, affine, and the average of what they predict.
//
// Layout  Block z is a member. Forward: thread x owns a group of 4 columns (1 where 16-byte accesses are not allowed) and holds the
//         member's scales and biases in registers, thread y 4 examples, block.y apart. Backward: tiles of 256 examples by up to 32 columns;
//         gradients of the inputs are written and those of the member's vectors summed in one pass (ordered_sum.cuh).
// Bytes   scale 8 a value (4 when the members share x, which then comes from the second-level cache), affine 8; backward of scale 12 to 16,
// of
//         affine 16 a value.
// Limit   Bandwidth, of the second-level cache at usual sizes (32 members x 256 examples x 256 columns: 8 MiB).

#include <cuda_runtime.h>

#include "kernels/device/launch.cuh"
#include "kernels/device/sheet.cuh"
#include "kernels/layers/activation_math.hpp"
#include "kernels/layers/ordered_sum.cuh"

namespace footfall {
namespace {

constexpr int rows_each = 4;

/// A row a member, or nothing: then `neutral` for all.
template <int width>
__device__ inline void member_row(MatrixView<const float> rows, std::int64_t member, std::int64_t column, float neutral,
                                  float (&value)[width]) {
#pragma unroll
  for (int k = 0; k < width; ++k) value[k] = rows.data == nullptr ? neutral : rows.data[member * rows.stride + column + k];
}

// `y` and `out` may be the same memory. y_step: rows from one member's block of y to the next, 0 where they share it.
template <int width>
__global__ void __launch_bounds__(sheet_threads)
    affine(MatrixView<const float> y, std::int64_t y_step, MatrixView<const float> s, MatrixView<const float> b, Activation activation,
           MatrixView<float> out, std::int64_t batch) {
  const std::int64_t column = sheet_group() * width;
  if (column >= out.columns) return;
  const std::int64_t member = blockIdx.z;
  float scale[width];
  float bias[width];
  member_row<width>(s, member, column, 1.0F, scale);
  member_row<width>(b, member, column, 0.0F, bias);
  const std::int64_t first = sheet_row(rows_each);
#pragma unroll
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t example = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (example < batch) {
      float z[width];
      load_cells<width>(y.data + (member * y_step + example) * y.stride + column, z);
#pragma unroll
      for (int k = 0; k < width; ++k) z[k] = activate(activation, z[k] * scale[k] + bias[k]);
      store_cells<width>(out.data + (member * batch + example) * out.stride + column, z);
    }
  }
}

void launch_affine(MatrixView<const float> y, std::int64_t y_step, MatrixView<const float> s, MatrixView<const float> b,
                   Activation activation, MatrixView<float> out, std::int64_t members, CudaStream& stream) {
  const std::int64_t batch = out.rows / members;
  const bool quads = in_quads(y) && in_quads(out);
  Sheet over = sheet(batch, quads ? out.columns / 4 : out.columns, rows_each);
  over.grid.z = static_cast<unsigned>(members);
  if (quads) {
    launch(affine<4>, over.grid, over.block, 0, stream.native(), y, y_step, s, b, activation, out, batch);
  } else {
    launch(affine<1>, over.grid, over.block, 0, stream.native(), y, y_step, s, b, activation, out, batch);
  }
}

/// dr sums dout * x; dx, where each member has its own, is dout * r.
struct ScaleCell {
  MatrixView<const float> x, r, dout;
  MatrixView<float> dx;
  std::int64_t batch, x_step;

  __device__ void operator()(std::int64_t member, std::int64_t example, std::int64_t column, float (&term)[1]) const {
    const float gradient = dout.data[(member * batch + example) * dout.stride + column];
    term[0] = gradient * x.data[(member * x_step + example) * x.stride + column];
    if (dx.data != nullptr) dx.data[(member * batch + example) * dx.stride + column] = gradient * r.data[member * r.stride + column];
  }
};

__global__ void __launch_bounds__(sheet_threads)
    sum_over_members(MatrixView<const float> dout, MatrixView<const float> r, MatrixView<float> dx) {
  const std::int64_t column = sheet_group();
  if (column >= dx.columns) return;
  const std::int64_t first = sheet_row(rows_each);
  for (int i = 0; i < rows_each; ++i) {
    const std::int64_t example = first + static_cast<std::int64_t>(i) * blockDim.y;
    if (example >= dx.rows) return;
    float sum = 0.0F;
    for (std::int64_t m = 0; m < r.rows; ++m)
      sum += dout.data[(m * dx.rows + example) * dout.stride + column] * r.data[m * r.stride + column];
    dx.data[example * dx.stride + column] = sum;
  }
}

/// dz = the gradient before the activation; ds sums dz * y, db sums dz; dout becomes dz * s.
struct AffineCell {
  MatrixView<const float> y, s, out;
  MatrixView<float> dout;
  std::int64_t batch;
  Activation activation;

  __device__ void operator()(std::int64_t member, std::int64_t example, std::int64_t column, float (&term)[2]) const {
    const std::int64_t row = member * batch + example;
    float& gradient = dout.data[row * dout.stride + column];
    const float dz = before_activation(activation, out.data[row * out.stride + column], gradient);
    term[0] = dz * y.data[row * y.stride + column];
    term[1] = dz;
    gradient = dz * s.data[member * s.stride + column];
  }
};

struct ValueCell {
  MatrixView<const float> values;
  std::int64_t batch;

  __device__ void operator()(std::int64_t member, std::int64_t example, std::int64_t column, float (&term)[1]) const {
    term[0] = values.data[(member * batch + example) * values.stride + column];
  }
};

MemberSums sums_of(MatrixView<float> matrix) { return {matrix.empty() ? nullptr : matrix.data, matrix.stride}; }

}  // namespace

void launch_member_scale(MatrixView<const float> x, MatrixView<const float> r, MatrixView<float> out, CudaStream& stream) {
  launch_affine(x, x.rows == out.rows ? out.rows / r.rows : 0, r, {}, Activation::none, out, r.rows, stream);
}

void launch_member_scale_backward(MatrixView<const float> x, MatrixView<const float> r, MatrixView<const float> dout, MatrixView<float> dx,
                                  MatrixView<float> dr, CudaStream& stream) {
  const std::int64_t batch = dout.rows / r.rows;
  const bool shared = x.rows != dout.rows;
  const bool wants_dx = !dx.empty();
  const ScaleCell cell{x, r, dout, wants_dx && !shared ? dx : MatrixView<float>(), batch, shared ? 0 : batch};
  launch_member_sums_of<1>(cell, r.rows, batch, dout.columns, sums_of(dr), {}, stream);
  if (!wants_dx || !shared) return;
  const Sheet over = sheet(dx.rows, dx.columns, rows_each);
  launch(sum_over_members, over.grid, over.block, 0, stream.native(), dout, r, dx);
}

void launch_member_affine(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> b, Activation activation,
                          MatrixView<float> out, CudaStream& stream) {
  launch_affine(y, out.rows / b.rows, s, b, activation, out, b.rows, stream);
}

void launch_member_affine_backward(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> out, Activation activation,
                                   MatrixView<float> dout, MatrixView<float> ds, MatrixView<float> db, CudaStream& stream) {
  const std::int64_t batch = dout.rows / s.rows;
  const AffineCell cell{y, s, out, dout, batch, activation};
  launch_member_sums_of<2>(cell, s.rows, batch, dout.columns, sums_of(ds), sums_of(db), stream);
}

void launch_member_sums(MatrixView<const float> values, MatrixView<float> sums, CudaStream& stream) {
  const ValueCell cell{values, values.rows / sums.rows};
  launch_member_sums_of<1>(cell, sums.rows, values.rows / sums.rows, values.columns, sums_of(sums), {}, stream);
}

}  // namespace footfall
