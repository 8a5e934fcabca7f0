#pragma once

#include <cstdint>

#include "kernels/layers/adam_math.hpp"
#include "kernels/layers/layers.hpp"

namespace footfall {

/// Loops over runs of float32, vectorised for the processor that runs them. Each value of a result is a function of the values at its
/// place, computed by the same operations wherever in the run it lies. Runs of a call may be the same run, and otherwise do not overlap.

/// z = activation(z + bias); bias may be nullptr.
void add_bias_and_activate(float* z, const float* bias, std::int64_t n, Activation activation);
/// dy becomes the gradient before the activation whose output is y.
void undo_activation(float* dy, const float* y, std::int64_t n, Activation activation);
/// out = activation(y * s + b).
void affine_row(const float* y, const float* s, const float* b, float* out, std::int64_t n, Activation activation);
/// out = a * b; out = out + a * b; out = out + a.
void multiply_row(const float* a, const float* b, float* out, std::int64_t n);
void multiply_add_row(const float* a, const float* b, float* out, std::int64_t n);
void add_row(const float* a, float* out, std::int64_t n);
/// The column sums of a block of rows, added to float64 `sums` in ascending order of the rows: of a; of a * b; of coefficient[r] * a.
void sum_rows(MatrixView<const float> a, double* sums);
void sum_product_rows(MatrixView<const float> a, MatrixView<const float> b, double* sums);
void sum_scaled_rows(const float* coefficient, std::int64_t coefficient_stride, MatrixView<const float> a, double* sums);
/// The backward of affine_row over a block of rows of one member: dout becomes dz * s; ds and db, one entry a column, gain the sums of dz *
/// y and dz.
struct AffineBackward {
  MatrixView<const float> y, out;
  const float* s = nullptr;
  MatrixView<float> dout;
  double* ds = nullptr;
  double* db = nullptr;
};
void affine_backward(const AffineBackward& block, Activation activation);
/// z row r, entry o = sum over c of x row r * w row o, plus bias[o]. For few outputs; sums over lanes in an order fixed by the width.
void small_product(MatrixView<const float> x, MatrixView<const float> w, const float* bias, MatrixView<float> z);
/// out = sum over o of coefficient[o] * w row o.
void combine_rows(const float* coefficient, MatrixView<const float> w, float* out);
/// sum of a * a in float64, in an order fixed by n and the instruction set.
[[nodiscard]] double sum_of_squares(const float* a, std::int64_t n);
/// out = sigmoid(scale * z).
void sigmoid_row(const float* z, float scale, float* out, std::int64_t n);
/// The mask of one row of dropout (dropout_math.hpp).
void drop_row(float* x, std::int64_t n, const DropoutSpec& spec, std::uint64_t step, std::int64_t member, std::int64_t id);
/// adam_math.hpp's update of one run of parameters that share rate and decay.
void adam_run(const AdamStep& step, float rate, float decay, const float* g, float* w, float* m, float* v, std::int64_t n);

}  // namespace footfall
