// What CUDA can do on this machine, for `footfall info` and the choice of a device. Works without a driver and without a GPU.

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <exception>
#include <string>

#include "kernels/device/cuda_check.hpp"
#include "kernels/device/cuda_library.hpp"

namespace footfall {
namespace {

/// CUDA writes 13.0 as 13000 and 12.4 as 12040.
std::string cuda_version(int number) {
  return number == 0 ? std::string() : std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

/// cuDNN 9 writes 9.19.0 as 91900.
std::string cudnn_version(std::size_t number) {
  return std::to_string(number / 10000) + "." + std::to_string(number % 10000 / 100) + "." + std::to_string(number % 100);
}

std::string cublas_version() {
  std::string text;
  for (const libraryPropertyType part : {MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL}) {
    int number = 0;
    FOOTFALL_CUBLAS_CHECK(cublasGetProperty(part, &number));
    text += (text.empty() ? "" : ".") + std::to_string(number);
  }
  return text;
}

CudaDevice device_at(int index) {
  cudaDeviceProp properties{};
  FOOTFALL_CUDA_CHECK(cudaGetDeviceProperties(&properties, index));
  CudaDevice device;
  device.index = index;
  device.name = properties.name;
  device.compute_major = properties.major;
  device.compute_minor = properties.minor;
  device.multiprocessors = properties.multiProcessorCount;
  device.memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
  return device;
}

/// A machine without a driver answers 35 (insufficient driver), not 100 (no device): both mean that there is no GPU to use.
std::string why_no_device(cudaError_t status) {
  const std::string error = " (CUDA error " + std::to_string(static_cast<int>(status)) + ": " + cudaGetErrorString(status) + ")";
  if (status == cudaErrorInsufficientDriver) return "no NVIDIA driver, or one too old for CUDA " + cuda_version(CUDART_VERSION) + error;
  if (status == cudaErrorNoDevice) return "no CUDA device" + error;
  return "CUDA cannot be used" + error;
}

void fill(CudaState& state) {
  int runtime = 0;
  int driver = 0;
  FOOTFALL_CUDA_CHECK(cudaRuntimeGetVersion(&runtime));
  if (cudaDriverGetVersion(&driver) != cudaSuccess) static_cast<void>(cudaGetLastError());
  state.runtime = cuda_version(runtime);
  state.driver = cuda_version(driver);
  state.cudnn = cudnn_version(cudnnGetVersion());
  state.cublas = cublas_version();
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0) {
    static_cast<void>(cudaGetLastError());
    state.problem = status == cudaSuccess ? "no CUDA device" : why_no_device(status);
    return;
  }
  for (int index = 0; index < count; ++index) state.devices.push_back(device_at(index));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void footfall_cuda_state(CudaState* state) {
  state->library_found = true;
  try {
    fill(*state);
  } catch (const std::exception& error) {
    state->devices.clear();
    state->problem = error.what();
  }
}

}  // namespace footfall
