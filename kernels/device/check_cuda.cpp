#include <cstring>
#include <string>

#include "kernels/device/cuda_check.hpp"

namespace footfall {
namespace {

/// The path from the root of the sources on: where the program was built is nobody's business.
std::string short_path(const char* file) {
  const char* root = std::strstr(file, "kernels/");
  return root == nullptr ? file : root;
}

std::string megabytes(std::size_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

}  // namespace

void throw_cuda_fault(const CudaFault& fault) {
  static_cast<void>(cudaGetLastError());
  std::string message = std::string(fault.library) + " error " + std::to_string(fault.status) + " (" + fault.name;
  if (*fault.text != '\0') message += std::string(": ") + fault.text;
  message += std::string(") in ") + fault.call + " at " + short_path(fault.file) + ":" + std::to_string(fault.line);
  const bool runtime = std::strcmp(fault.library, "CUDA") == 0;
  if (runtime && fault.status == cudaErrorMemoryAllocation) {
    std::size_t free_bytes = 0;
    std::size_t all_bytes = 0;
    if (cudaMemGetInfo(&free_bytes, &all_bytes) == cudaSuccess)
      message += ", " + megabytes(free_bytes) + " of " + megabytes(all_bytes) + " are free";
    throw failure(message, "use a smaller batch, end other programs on this GPU, or run with --device cpu");
  }
  if (runtime && fault.status == cudaErrorNoKernelImageForDevice) {
    throw failure(message, "this build holds no code for this GPU: build it with its compute capability in CMAKE_CUDA_ARCHITECTURES");
  }
  throw failure(message, "start the job again; with CUDA_LAUNCH_BLOCKING=1 in the environment the call that failed is the one named");
}

}  // namespace footfall
