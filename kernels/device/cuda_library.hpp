#pragma once

#include <string>

#include "kernels/device/device.hpp"

namespace footfall {

class Backend;
struct BackendOptions;

/// File name of the shared library that holds the CUDA backend: "libfootfall_cuda.so" unless set. It is looked for beside the running
/// program, then as the dynamic loader does.
[[nodiscard]] std::string cuda_library_name();
void set_cuda_library_name(std::string name);

/// What that library exports with C linkage, by these names.
extern "C" {
/// Never throws; fills `state` (devices, versions, problem).
void footfall_cuda_state(CudaState* state);
/// Returns nullptr and fills `problem` with the text of the error when there is no such backend.
Backend* footfall_cuda_make_backend(int index, const BackendOptions* options, std::string* problem);
}

}  // namespace footfall
