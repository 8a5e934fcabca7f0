#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace footfall {

/// A processor that can run the operations.
struct Device {
  enum class Kind : std::uint8_t { cpu, cuda };
  Kind kind = Kind::cpu;
  int index = 0;

  [[nodiscard]] bool is_cuda() const { return kind == Kind::cuda; }
  [[nodiscard]] std::string name() const { return is_cuda() ? "cuda:" + std::to_string(index) : "cpu"; }
  bool operator==(const Device&) const = default;
};

/// A CUDA device as `footfall info` shows it.
struct CudaDevice {
  int index = 0;
  std::string name;
  int compute_major = 0, compute_minor = 0;
  int multiprocessors = 0;
  std::int64_t memory_bytes = 0;
};

/// What the CUDA side of this program can do here. `devices` is empty when `problem` says why.
struct CudaState {
  bool library_found = false;               ///< libfootfall_cuda.so could be loaded
  std::string problem;                      ///< empty, or why there is no usable device: "no driver (CUDA error 35: ...)"
  std::string runtime, driver, cudnn, cublas;  ///< versions as text, empty when unknown
  std::vector<CudaDevice> devices;
};

[[nodiscard]] CudaState cuda_state();

/// The device that was chosen and why, for the user to read.
struct DeviceChoice {
  Device device;
  std::string reason;
};

/// Turns "auto", "cpu", "cuda" or "cuda:N" into a device. "auto" takes the first CUDA device, else the CPU, and says why. A device that
/// was named and is absent is Error{bad_input}, never another one.
[[nodiscard]] DeviceChoice choose_device(std::string_view wanted);

}  // namespace footfall
