// The matrix products of the layers, by cuBLAS: float32 in and out, the factors as exact as the caller asks (heads always in true float32).
//
// A row-major matrix [r, c] is a column-major one [c, r] with leading dimension = row stride, so every product is asked for with its
// operands swapped: y' = w x' for y = x w'. The handle has a workspace of its own (stream_cuda.cpp): same shape, same device, same bits.

#include <cublas_v2.h>

#include <algorithm>
#include <limits>

#include "kernels/device/cuda_check.hpp"
#include "kernels/layers/layer_kernels.hpp"

namespace footfall {
namespace {

/// A column-major operand of a product, and how far the next member's lies behind.
struct Operand {
  cublasOperation_t transposed;
  const float* data;
  std::int64_t leading;
  std::int64_t step;
};

struct Shape {
  std::int64_t m, n, k;
};

/// Float32 operands whose factors tensor cores may round (cublasComputeType_t).
cublasComputeType_t compute_of(Precision precision) {
  switch (precision) {
    case Precision::tf32: return CUBLAS_COMPUTE_32F_FAST_TF32;
    case Precision::bf16: return CUBLAS_COMPUTE_32F_FAST_16BF;
    case Precision::float32: break;
  }
  return CUBLAS_COMPUTE_32F;
}

int checked(std::int64_t number) {
  require(number <= std::numeric_limits<int>::max(), "a matrix product is larger than cuBLAS takes");
  return static_cast<int>(number);
}

/// c = a b + beta c, [m, n] column-major, for each member.
void product(const Shape& shape, const Operand& a, const Operand& b, float beta, float* c, std::int64_t c_leading, std::int64_t c_step,
             std::int64_t members, Precision precision, CudaStream& stream) {
  if (shape.m == 0 || shape.n == 0) return;
  static_cast<void>(stream.native());  // sets the host thread's device
  const float one = 1.0F;
  const int m = checked(shape.m);
  const int n = checked(shape.n);
  const int k = checked(shape.k);
  const int lda = std::max(1, checked(a.leading));
  const int ldb = std::max(1, checked(b.leading));
  const int ldc = std::max(1, checked(c_leading));
  if (members == 1) {
    FOOTFALL_CUBLAS_CHECK(cublasGemmEx(stream.blas(), a.transposed, b.transposed, m, n, k, &one, a.data, CUDA_R_32F, lda, b.data,
                                       CUDA_R_32F, ldb, &beta, c, CUDA_R_32F, ldc, compute_of(precision), CUBLAS_GEMM_DEFAULT));
  } else {
    FOOTFALL_CUBLAS_CHECK(cublasGemmStridedBatchedEx(stream.blas(), a.transposed, b.transposed, m, n, k, &one, a.data, CUDA_R_32F, lda,
                                                     a.step, b.data, CUDA_R_32F, ldb, b.step, &beta, c, CUDA_R_32F, ldc, c_step,
                                                     checked(members), compute_of(precision), CUBLAS_GEMM_DEFAULT));
  }
}

template <class T>
std::int64_t step_of(const MatrixView<T>& matrix, std::int64_t members) {
  return matrix.rows / members * matrix.stride;
}

}  // namespace

void multiply_by_transposed(MatrixView<const float> x, MatrixView<const float> w, MatrixView<float> y, std::int64_t members,
                            Precision precision, CudaStream& stream) {
  product({y.columns, y.rows / members, x.columns}, {CUBLAS_OP_T, w.data, w.stride, step_of(w, members)},
          {CUBLAS_OP_N, x.data, x.stride, step_of(x, members)}, 0.0F, y.data, y.stride, step_of(y, members), members, precision, stream);
}

void multiply(MatrixView<const float> dy, MatrixView<const float> w, MatrixView<float> dx, std::int64_t members, Precision precision, CudaStream& stream) {
  product({dx.columns, dx.rows / members, dy.columns}, {CUBLAS_OP_N, w.data, w.stride, step_of(w, members)},
          {CUBLAS_OP_N, dy.data, dy.stride, step_of(dy, members)}, 0.0F, dx.data, dx.stride, step_of(dx, members), members, precision, stream);
}

void add_transposed_product(MatrixView<const float> dy, MatrixView<const float> x, MatrixView<float> dw, std::int64_t members,
                            Precision precision, CudaStream& stream) {
  product({dw.columns, dw.rows / members, dy.rows / members}, {CUBLAS_OP_N, x.data, x.stride, step_of(x, members)},
          {CUBLAS_OP_T, dy.data, dy.stride, step_of(dy, members)}, 1.0F, dw.data, dw.stride, step_of(dw, members), members, precision, stream);
}

}  // namespace footfall
