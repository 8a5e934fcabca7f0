// Products of the cuBLAS stand-in against plain loops, and the arguments that it refuses.

#include <cublas_v2.h>

#include <cmath>
#include <random>

#include "tests/emulator/support.hpp"

namespace footfall {
namespace {

class Cublas : public EmulatedDevice {
 protected:
  void SetUp() override {
    EmulatedDevice::SetUp();
    ASSERT_EQ(cublasCreate(&blas_), CUBLAS_STATUS_SUCCESS);
    ASSERT_EQ(cublasSetStream(blas_, stream_), CUBLAS_STATUS_SUCCESS);
  }
  void TearDown() override {
    cublasDestroy(blas_);
    EmulatedDevice::TearDown();
  }
  cublasHandle_t blas_ = nullptr;
};
class CublasDeathTest : public Cublas {};

TEST_F(Cublas, ProductsInEveryTransposition) {
  std::mt19937 random(1);
  const int m = 5, n = 3, k = 4, lda = 7, ldb = 6, ldc = 8;
  const auto values = [&](std::size_t count) {
    std::vector<float> v(count);
    for (float& x : v) x = static_cast<float>(random() % 17) - 8;  // whole numbers: every sum is exact
    return v;
  };
  for (const cublasOperation_t ta : {CUBLAS_OP_N, CUBLAS_OP_T})
    for (const cublasOperation_t tb : {CUBLAS_OP_N, CUBLAS_OP_T}) {
      const std::vector<float> a = values(49), b = values(36), c = values(24);
      float* there = device(c);
      const float alpha = 2, beta = -1;
      ASSERT_EQ(cublasSgemm(blas_, ta, tb, m, n, k, &alpha, device(a), lda, device(b), ldb, &beta, there, ldc), CUBLAS_STATUS_SUCCESS);
      const std::vector<float> out = host(there, c.size());
      for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
          float sum = 0;
          for (int l = 0; l < k; ++l)
            sum += a[static_cast<std::size_t>(ta == CUBLAS_OP_N ? l * lda + i : i * lda + l)] * b[static_cast<std::size_t>(tb == CUBLAS_OP_N ? j * ldb + l : l * ldb + j)];
          const auto at = static_cast<std::size_t>(j * ldc + i);
          EXPECT_EQ(out[at], alpha * sum + beta * c[at]);
        }
      EXPECT_EQ(out[5], c[5]);  // rows below m are left alone
    }
}

TEST_F(Cublas, BetaZeroDoesNotReadC) {
  const std::vector<float> one{1};
  float* c = device<float>(1);
  const float alpha = 3, beta = 0;
  ASSERT_EQ(cublasSgemm(blas_, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &alpha, device(one), 1, device(one), 1, &beta, c, 1), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(host(c, 1)[0], 3.0f);
}

TEST_F(Cublas, Tf32CutsOperandsOnlyWhenAskedFor) {
  // 1 + 2^-12 needs 12 bits of mantissa; TF32 keeps 10.
  const std::vector<float> a{1.0f + 0x1p-12f}, b{1};
  const float alpha = 1, beta = 0;
  for (const auto& [compute, expected] : {std::pair{CUBLAS_COMPUTE_32F, 1.0f + 0x1p-12f}, std::pair{CUBLAS_COMPUTE_32F_FAST_TF32, 1.0f}}) {
    float* c = device<float>(1);
    ASSERT_EQ(cublasGemmEx(blas_, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &alpha, device(a), CUDA_R_32F, 1, device(b), CUDA_R_32F, 1, &beta, c, CUDA_R_32F, 1, compute,
                           CUBLAS_GEMM_DEFAULT),
              CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(host(c, 1)[0], expected);
  }
}

TEST_F(Cublas, RefusesArgumentsThatCublasRefuses) {
  float* p = device<float>(64);
  const float one = 1;
  const auto ask = [&](int m, int n, int k, int lda, int ldb, int ldc) {
    return cublasSgemm(blas_, CUBLAS_OP_N, CUBLAS_OP_T, m, n, k, &one, p, lda, p, ldb, &one, p, ldc);
  };
  EXPECT_EQ(ask(4, 3, 2, 4, 3, 4), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(ask(-1, 3, 2, 4, 3, 4), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(ask(4, 3, 2, 3, 3, 4), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(ask(4, 3, 2, 4, 2, 4), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(ask(4, 3, 2, 4, 3, 3), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(ask(0, 3, 2, 1, 3, 1), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasGemmEx(blas_, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, p, CUDA_R_32F, 1, p, CUDA_R_16BF, 1, &one, p, CUDA_R_32F, 1, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
            CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(cublasSetWorkspace(blas_, reinterpret_cast<char*>(p) + 4, 16), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasSgemm(nullptr, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, p, 1, p, 1, &one, p, 1), CUBLAS_STATUS_NOT_INITIALIZED);
}

TEST_F(CublasDeathTest, AnOperandThatIsTooSmall) {
  float* p = device<float>(16);
  const float one = 1;
  EXPECT_DEATH(cublasSgemm(blas_, CUBLAS_OP_N, CUBLAS_OP_N, 4, 4, 5, &one, p, 4, p, 5, &one, p, 4), "operand A of a cuBLAS product uses 80 bytes");
}

TEST_F(CublasDeathTest, ACaptureWithoutAWorkspace) {
  float* p = device<float>(16);
  const float one = 1;
  cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
  EXPECT_DEATH(cublasSgemm(blas_, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, p, 1, p, 1, &one, p, 1), "without cublasSetWorkspace");
  cudaGraph_t graph = nullptr;
  cudaStreamEndCapture(stream_, &graph);
  cudaGraphDestroy(graph);
}

}  // namespace
}  // namespace footfall
