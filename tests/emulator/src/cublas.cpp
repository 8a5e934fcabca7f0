// The cuBLAS stand-in. Argument rules: cuBLAS documentation, "cublas<t>gemm()" and "cublasGemmEx()"; workspace and streams:
// "cublasSetWorkspace()" and "cublasSetStream()". Products are sums in float64, rounded once.

#include "tests/emulator/include/cublas_v2.h"

#include <set>

#include "tests/emulator/src/numbers.hpp"
#include "tests/emulator/src/runtime.hpp"

using namespace footfall_emulator;

struct cublasContext {
  cudaStream_t stream = nullptr;
  void* workspace = nullptr;
  std::size_t workspace_bytes = 0;
  cublasMath_t math = CUBLAS_DEFAULT_MATH;
  cublasPointerMode_t pointers = CUBLAS_POINTER_MODE_HOST;
};

namespace {

std::set<cublasHandle_t>& handles() {
  static auto& all = *new std::set<cublasHandle_t>;
  return all;
}

cublasStatus_t refuse_blas(cublasStatus_t status, const std::string& why) {
  refuse(cudaErrorInvalidValue, why);  // kept for the text; the runtime's own last error stays clear
  cudaGetLastError();
  return status;
}

bool alive(cublasHandle_t handle) {
  if (handle == nullptr) return false;
  if (handles().count(handle) == 0) fault("a cuBLAS handle is used that does not exist (destroyed?)");
  return true;
}

struct Operand {
  const void* data;
  Format format;
  bool transposed;
  int ld;
  long long stride;
};

struct Product {
  int m, n, k, batch;
  Operand a, b, c;
  bool tf32 = false, bf16 = false;  // operands are rounded first
  const void *alpha, *beta;
  Format scale_format;
};

void multiply(const Product& p, const double alpha, const double beta) {
  const auto m = static_cast<std::size_t>(p.m), n = static_cast<std::size_t>(p.n), k = static_cast<std::size_t>(p.k);
  std::vector<double> a(m * k), sum(m);
  for (int item = 0; item < p.batch; ++item) {
    const auto at = [item](const Operand& o, std::size_t row, std::size_t column) {
      if (o.transposed) std::swap(row, column);
      return static_cast<std::size_t>(item) * static_cast<std::size_t>(o.stride) + column * static_cast<std::size_t>(o.ld) + row;
    };
    const auto operand = [&](const Operand& o, std::size_t row, std::size_t column) {
      const double v = load(o.data, o.format, at(o, row, column));
      return p.tf32 ? tf32(v) : p.bf16 ? bfloat16(v) : v;
    };
    for (std::size_t l = 0; l < k; ++l)
      for (std::size_t i = 0; i < m; ++i) a[l * m + i] = operand(p.a, i, l);
    for (std::size_t j = 0; j < n; ++j) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (std::size_t l = 0; l < k; ++l) {
        const double b = operand(p.b, l, j);
        const double* column = &a[l * m];
        for (std::size_t i = 0; i < m; ++i) sum[i] += column[i] * b;
      }
      for (std::size_t i = 0; i < m; ++i) {
        const std::size_t place = at(p.c, i, j);
        // With beta 0 C is not read: it may hold NaN.
        const double before = beta == 0 ? 0 : beta * load(p.c.data, p.c.format, place);
        store(const_cast<void*>(p.c.data), p.c.format, place, alpha * sum[i] + before);
      }
    }
  }
}

void check_operand(const char* name, const Operand& o, int rows, int columns, int batch) {
  if (o.transposed) std::swap(rows, columns);
  if (rows == 0 || columns == 0 || batch == 0) return;
  const std::size_t bytes = bytes_of(o.format);
  const std::size_t last = static_cast<std::size_t>(batch - 1) * static_cast<std::size_t>(o.stride) + static_cast<std::size_t>(columns - 1) * static_cast<std::size_t>(o.ld) +
                           static_cast<std::size_t>(rows);
  check_device_range(o.data, last * bytes, std::string("operand ") + name + " of a cuBLAS product");
  if (reinterpret_cast<std::uintptr_t>(o.data) % bytes != 0) fault(std::string("misaligned address: operand ") + name + " of a cuBLAS product is " + describe_address(o.data));
}

void run_product(const Product& p) {
  check_operand("A", p.a, p.m, p.k, p.batch);
  check_operand("B", p.b, p.k, p.n, p.batch);
  check_operand("C", p.c, p.m, p.n, p.batch);
  multiply(p, load(p.alpha, p.scale_format, 0), load(p.beta, p.scale_format, 0));
}

bool format_of(cudaDataType type, Format& format) {
  switch (type) {
    case CUDA_R_32F: format = Format::float32; return true;
    case CUDA_R_64F: format = Format::float64; return true;
    case CUDA_R_16BF: format = Format::bfloat16; return true;
    case CUDA_R_16F: format = Format::float16; return true;
    default: return false;
  }
}

cublasStatus_t product(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, Product p, cublasComputeType_t compute, cublasGemmAlgo_t algo) {
  const auto lock = device_lock();
  if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (p.m < 0 || p.n < 0 || p.k < 0 || p.batch < 0) return refuse_blas(CUBLAS_STATUS_INVALID_VALUE, "a product of negative size");
  for (const cublasOperation_t op : {transa, transb})
    if (op != CUBLAS_OP_N && op != CUBLAS_OP_T && op != CUBLAS_OP_C) return refuse_blas(CUBLAS_STATUS_INVALID_VALUE, "an unknown transposition");
  p.a.transposed = transa != CUBLAS_OP_N;
  p.b.transposed = transb != CUBLAS_OP_N;
  if (p.a.ld < std::max(1, p.a.transposed ? p.k : p.m)) return refuse_blas(CUBLAS_STATUS_INVALID_VALUE, "lda is smaller than the rows of A");
  if (p.b.ld < std::max(1, p.b.transposed ? p.n : p.k)) return refuse_blas(CUBLAS_STATUS_INVALID_VALUE, "ldb is smaller than the rows of B");
  if (p.c.ld < std::max(1, p.m)) return refuse_blas(CUBLAS_STATUS_INVALID_VALUE, "ldc is smaller than the rows of C");
  if (algo != CUBLAS_GEMM_DEFAULT && algo != CUBLAS_GEMM_DEFAULT_TENSOR_OP) return refuse_blas(CUBLAS_STATUS_NOT_SUPPORTED, "an algorithm that the emulated device does not know");
  // The table of supported types under cublasGemmEx: A and B alike; C as they are, or float32.
  if (p.a.format != p.b.format || (p.c.format != p.a.format && p.c.format != Format::float32) || p.a.format == Format::float64)
    return refuse_blas(CUBLAS_STATUS_NOT_SUPPORTED, "a combination of types that cublasGemmEx does not have");
  if (compute != CUBLAS_COMPUTE_32F && compute != CUBLAS_COMPUTE_32F_PEDANTIC && compute != CUBLAS_COMPUTE_32F_FAST_TF32 && compute != CUBLAS_COMPUTE_32F_FAST_16BF)
    return refuse_blas(CUBLAS_STATUS_NOT_SUPPORTED, "a compute type that the emulated device does not know");
  if ((compute == CUBLAS_COMPUTE_32F_FAST_TF32 || compute == CUBLAS_COMPUTE_32F_FAST_16BF) && p.a.format != Format::float32)
    return refuse_blas(CUBLAS_STATUS_NOT_SUPPORTED, "TF32 and fast bfloat16 are for float32 operands");
  if (p.alpha == nullptr || p.beta == nullptr) return refuse_blas(CUBLAS_STATUS_INVALID_VALUE, "alpha or beta is null");
  if (p.m == 0 || p.n == 0 || p.batch == 0) return CUBLAS_STATUS_SUCCESS;
  p.tf32 = p.a.format == Format::float32 && (compute == CUBLAS_COMPUTE_32F_FAST_TF32 || (compute == CUBLAS_COMPUTE_32F && handle->math == CUBLAS_TF32_TENSOR_OP_MATH));
  p.bf16 = compute == CUBLAS_COMPUTE_32F_FAST_16BF;
  p.scale_format = Format::float32;
  check_operand("A", p.a, p.m, p.k, p.batch);
  check_operand("B", p.b, p.k, p.n, p.batch);
  check_operand("C", p.c, p.m, p.n, p.batch);
  if (handle->stream == nullptr) fault("cuBLAS runs on the default stream: call cublasSetStream first");
  if (!stream_exists(handle->stream)) fault("cuBLAS runs on a stream that does not exist (destroyed?)");
  // Without a workspace of its own a captured product takes memory from the library's pool, which a graph may outlive (cublasSetWorkspace).
  if (is_capturing(handle->stream) && handle->workspace == nullptr) fault("cuBLAS in a capture without cublasSetWorkspace after cublasSetStream");
  const bool device_scalars = handle->pointers == CUBLAS_POINTER_MODE_DEVICE;
  if (device_scalars != is_device_address(p.alpha) || device_scalars != is_device_address(p.beta))
    fault("alpha or beta of a cuBLAS product is not where the pointer mode says: " + describe_address(p.alpha));
  if (handle->workspace != nullptr) check_device_range(handle->workspace, handle->workspace_bytes, "the workspace of cuBLAS");
  if (device_scalars) {
    enqueue(handle->stream, "a cuBLAS product", [p] { run_product(p); });
  } else {
    // Scalars of the host are read during the call.
    const auto alpha = static_cast<float>(load(p.alpha, p.scale_format, 0)), beta = static_cast<float>(load(p.beta, p.scale_format, 0));
    enqueue(handle->stream, "a cuBLAS product", [p, alpha, beta]() mutable {
      p.alpha = &alpha;
      p.beta = &beta;
      run_product(p);
    });
  }
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

const char* cublasGetStatusName(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
    default: return "CUBLAS_STATUS_INTERNAL_ERROR";
  }
}
const char* cublasGetStatusString(cublasStatus_t status) { return status == CUBLAS_STATUS_SUCCESS ? "success" : cudaGetErrorString(cudaErrorInvalidValue); }

cublasStatus_t cublasCreate(cublasHandle_t* handle) {
  const auto lock = device_lock();
  if (forbid_in_capture("cublasCreate") != cudaSuccess) return CUBLAS_STATUS_NOT_INITIALIZED;
  *handle = new cublasContext;
  handles().insert(*handle);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  const auto lock = device_lock();
  if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  handles().erase(handle);
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetVersion(cublasHandle_t, int* version) {
  *version = 130100;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetProperty(libraryPropertyType type, int* value) {
  *value = type == MAJOR_VERSION ? 13 : type == MINOR_VERSION ? 1 : 0;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  const auto lock = device_lock();
  if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  check_stream(stream, "cublasSetStream");
  handle->stream = stream;
  handle->workspace = nullptr;  // back to the library's own pool
  handle->workspace_bytes = 0;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  *stream = handle->stream;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  const auto lock = device_lock();
  if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (reinterpret_cast<std::uintptr_t>(workspace) % 256 != 0) return refuse_blas(CUBLAS_STATUS_INVALID_VALUE, "a workspace of cuBLAS is aligned to 256 bytes");
  check_device_range(workspace, bytes, "cublasSetWorkspace");
  handle->workspace = workspace;
  handle->workspace_bytes = bytes;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  handle->math = mode;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  *mode = handle->math;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  handle->pointers = mode;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetPointerMode(cublasHandle_t handle, cublasPointerMode_t* mode) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  *mode = handle->pointers;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetAtomicsMode(cublasHandle_t handle, cublasAtomicsMode_t) { return handle == nullptr ? CUBLAS_STATUS_NOT_INITIALIZED : CUBLAS_STATUS_SUCCESS; }

cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k, const void* alpha, const void* A,
                                          cudaDataType Atype, int lda, long long strideA, const void* B, cudaDataType Btype, int ldb, long long strideB, const void* beta, void* C,
                                          cudaDataType Ctype, int ldc, long long strideC, int batchCount, cublasComputeType_t computeType, cublasGemmAlgo_t algo) {
  Format fa{}, fb{}, fc{};
  if (!format_of(Atype, fa) || !format_of(Btype, fb) || !format_of(Ctype, fc)) return CUBLAS_STATUS_NOT_SUPPORTED;
  const Product p{m, n, k, batchCount, {A, fa, false, lda, strideA}, {B, fb, false, ldb, strideB}, {C, fc, false, ldc, strideC}, false, false, alpha, beta, Format::float32};
  return product(handle, transa, transb, p, computeType, algo);
}
cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k, const void* alpha, const void* A, cudaDataType Atype,
                            int lda, const void* B, cudaDataType Btype, int ldb, const void* beta, void* C, cudaDataType Ctype, int ldc, cublasComputeType_t computeType,
                            cublasGemmAlgo_t algo) {
  return cublasGemmStridedBatchedEx(handle, transa, transb, m, n, k, alpha, A, Atype, lda, 0, B, Btype, ldb, 0, beta, C, Ctype, ldc, 0, 1, computeType, algo);
}
cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k, const float* alpha, const float* A,
                                         int lda, long long strideA, const float* B, int ldb, long long strideB, const float* beta, float* C, int ldc, long long strideC,
                                         int batchCount) {
  return cublasGemmStridedBatchedEx(handle, transa, transb, m, n, k, alpha, A, CUDA_R_32F, lda, strideA, B, CUDA_R_32F, ldb, strideB, beta, C, CUDA_R_32F, ldc, strideC, batchCount,
                                    CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
}
cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k, const float* alpha, const float* A, int lda,
                           const float* B, int ldb, const float* beta, float* C, int ldc) {
  return cublasSgemmStridedBatched(handle, transa, transb, m, n, k, alpha, A, lda, 0, B, ldb, 0, beta, C, ldc, 0, 1);
}
