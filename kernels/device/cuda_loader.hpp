#pragma once

#include <string>

#include "kernels/device/cuda_library.hpp"

namespace footfall {

/// The entries of the CUDA library as it was loaded, or why it was not.
struct CudaLibrary {
  decltype(&footfall_cuda_state) state = nullptr;
  decltype(&footfall_cuda_make_backend) make_backend = nullptr;
  std::string problem;  ///< empty when both entries are there
};

/// Why the library of cuda_library_name() can find no device: there is no NVIDIA driver. Empty where there is one, and for the emulated device,
/// which needs none. Asked first because loading the library takes 200 MiB, of CUDA's own libraries.
[[nodiscard]] std::string cuda_driver_problem();

/// Loads the library of cuda_library_name() once and keeps it for the life of the process.
[[nodiscard]] const CudaLibrary& cuda_library();

}  // namespace footfall
