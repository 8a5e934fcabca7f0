#pragma once

#include <cuda_runtime_api.h>

#include "kernels/device/stream.hpp"
#include "kernels/error.hpp"

namespace footfall {

/// A call of a CUDA library that did not succeed. Views of text that lives for ever.
struct CudaFault {
  const char* library = "";  ///< "CUDA", "cuBLAS", "cuDNN"
  const char* call = "";     ///< as written in the source
  const char* file = "";
  int line = 0;
  int status = 0;
  const char* name = "";  ///< cudaErrorIllegalAddress
  const char* text = "";  ///< an illegal memory access was encountered
};

/// Throws Error{failed} with all of it and what the user can do; for want of memory with the bytes that are free.
/// Clears the runtime's last error, so that the next check does not report this one again.
[[noreturn]] void throw_cuda_fault(const CudaFault& fault);

/// The CUDA stream below a Stream of the CUDA backend, after the calling host thread has been set to its device.
[[nodiscard]] cudaStream_t native(Stream& stream);

}  // namespace footfall

/// The one check around each call of the CUDA runtime.
#define FOOTFALL_CUDA_CHECK(call)                                                                             \
  do {                                                                                                        \
    const cudaError_t footfall_status = (call);                                                               \
    if (footfall_status != cudaSuccess)                                                                       \
      ::footfall::throw_cuda_fault({"CUDA", #call, __FILE__, __LINE__, static_cast<int>(footfall_status),     \
                                    cudaGetErrorName(footfall_status), cudaGetErrorString(footfall_status)}); \
  } while (false)

/// Likewise for cuBLAS; the file that uses it includes cublas_v2.h.
#define FOOTFALL_CUBLAS_CHECK(call)                                                                                 \
  do {                                                                                                              \
    const cublasStatus_t footfall_status = (call);                                                                  \
    if (footfall_status != CUBLAS_STATUS_SUCCESS)                                                                   \
      ::footfall::throw_cuda_fault({"cuBLAS", #call, __FILE__, __LINE__, static_cast<int>(footfall_status),         \
                                    cublasGetStatusName(footfall_status), cublasGetStatusString(footfall_status)}); \
  } while (false)

/// Likewise for cuDNN, whose text of a status is its name; the file that uses it includes cudnn.h.
#define FOOTFALL_CUDNN_CHECK(call)                                                                                            \
  do {                                                                                                                        \
    const cudnnStatus_t footfall_status = (call);                                                                             \
    if (footfall_status != CUDNN_STATUS_SUCCESS)                                                                              \
      ::footfall::throw_cuda_fault(                                                                                           \
          {"cuDNN", #call, __FILE__, __LINE__, static_cast<int>(footfall_status), cudnnGetErrorString(footfall_status), ""}); \
  } while (false)
