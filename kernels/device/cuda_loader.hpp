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

/// Loads the library of cuda_library_name() once and keeps it for the life of the process.
[[nodiscard]] const CudaLibrary& cuda_library();

}  // namespace footfall
