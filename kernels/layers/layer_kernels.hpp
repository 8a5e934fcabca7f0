#pragma once

#include <cstdint>

#include "kernels/device/cuda_stream.hpp"
#include "kernels/layers/layers.hpp"

namespace footfall {

// The launches behind the CUDA layers, one file a subject. Shapes have been checked (layers_cuda.cpp) and nothing is empty but what may be.

// totals.cu: the second stage of sums over tiles
/// Where the sums over the rows of each member go: row m of a matrix, added to what is there. No data: not wanted.
struct MemberSums {
  float* data = nullptr;
  std::int64_t stride = 0;
};
struct SumShape {
  std::int64_t members, tiles, columns;
  int terms;
};
/// `first` and `second` are those of term 0 and 1. partial[term][member][tile][column].
void fold_member_sums(const double* partial, const SumShape& shape, MemberSums first, MemberSums second, CudaStream& stream);
/// out = scale * (sum of partial[0, tiles)), or adds that to it.
enum class Total : std::uint8_t { set, add };
void total_tiles(const double* partial, std::int64_t tiles, double scale, Total total, double* out, CudaStream& stream);

// activation.cu
void launch_bias_activation(View<const float> b, Activation activation, MatrixView<float> y, CudaStream& stream);
/// dy becomes the gradient before the activation; db (or empty) += its column sums.
void launch_activation_backward(MatrixView<const float> y, Activation activation, MatrixView<float> dy, View<float> db, CudaStream& stream);

// linear_cublas.cpp
/// y = x w', y [rows, out]; `members` blocks of rows have blocks of w of their own.
void multiply_by_transposed(MatrixView<const float> x, MatrixView<const float> w, MatrixView<float> y, std::int64_t members,
                            Precision precision, CudaStream& stream);
/// dx = dy w.
void multiply(MatrixView<const float> dy, MatrixView<const float> w, MatrixView<float> dx, std::int64_t members, Precision precision, CudaStream& stream);
/// dw += dy' x.
void add_transposed_product(MatrixView<const float> dy, MatrixView<const float> x, MatrixView<float> dw, std::int64_t members,
                            Precision precision, CudaStream& stream);

// member.cu
void launch_member_scale(MatrixView<const float> x, MatrixView<const float> r, MatrixView<float> out, CudaStream& stream);
void launch_member_scale_backward(MatrixView<const float> x, MatrixView<const float> r, MatrixView<const float> dout, MatrixView<float> dx,
                                  MatrixView<float> dr, CudaStream& stream);
/// s may be empty: 1.
void launch_member_affine(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> b, Activation activation,
                          MatrixView<float> out, CudaStream& stream);
void launch_member_affine_backward(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> out, Activation activation,
                                   MatrixView<float> dout, MatrixView<float> ds, MatrixView<float> db, CudaStream& stream);
/// sums row m += the column sums of the rows of member m.
void launch_member_sums(MatrixView<const float> values, MatrixView<float> sums, CudaStream& stream);
void launch_member_average(MatrixView<const float> z, Layers::Output output, float inverse_temperature, MatrixView<float> out,
                           CudaStream& stream);

// dropout.cu
void launch_dropout(MatrixView<float> x, const DropoutSpec& spec, View<const std::int64_t> rows, View<const StepState> state,
                    CudaStream& stream);

// loss.cu, softmax.cu
void launch_sigmoid_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                                  CudaStream& stream);
void launch_squared_error(MatrixView<const float> z, View<const float> labels, float scale, View<double> loss, MatrixView<float> dz,
                          CudaStream& stream);
void launch_softmax_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                                  CudaStream& stream);

// matrix.cu
void launch_copy_matrix(MatrixView<const float> in, MatrixView<float> out, CudaStream& stream);
void launch_add_matrix(MatrixView<const float> in, MatrixView<float> out, CudaStream& stream);

// optimizer.cu
void launch_squared_norm(View<const float> values, View<double> out, CudaStream& stream);
void launch_adam(View<float> w, View<const float> g, View<float> m, View<float> v, View<const ParameterRange> ranges, const AdamSpec& spec,
                 View<const StepState> state, View<const double> norm2, CudaStream& stream);

}  // namespace footfall
