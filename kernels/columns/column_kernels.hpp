#pragma once

#include "kernels/columns/columns.hpp"
#include "kernels/device/cuda_stream.hpp"

namespace footfall {

// The launches behind the CUDA column operations, one .cu file each. Shapes have been checked (columns_cuda.cpp) and nothing is empty.

void launch_moments(MatrixView<const float> in, View<Moments> state, CudaStream& stream);
void launch_standardize(MatrixView<const float> in, View<const ColumnScale> fit, MatrixView<float> out, CudaStream& stream);
void launch_standardize_columnar(View<const float> in, std::int64_t column_stride, std::int64_t rows, View<const ColumnScale> fit,
                                 MatrixView<float> out, CudaStream& stream);
void launch_sort_columns(MatrixView<const float> in, View<float> out, View<std::int64_t> valid, CudaStream& stream);
void launch_histogram(MatrixView<const std::int32_t> codes, std::int64_t states, View<std::int64_t> counts, CudaStream& stream);
void launch_interpolate(MatrixView<const float> in, MatrixView<const float> knots, MatrixView<const float> values, float missing,
                        MatrixView<float> out, CudaStream& stream);
void launch_piecewise_encode(MatrixView<const float> in, MatrixView<const float> edges, MatrixView<float> out, CudaStream& stream);
void launch_gather_rows(MatrixView<const float> in, View<const std::int64_t> rows, MatrixView<float> out, CudaStream& stream);
void launch_gather_rows(MatrixView<const std::int32_t> in, View<const std::int64_t> rows, MatrixView<std::int32_t> out, CudaStream& stream);

}  // namespace footfall
