#include "kernels/device/device.hpp"

#include <charconv>

#include "kernels/device/cuda_loader.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

[[nodiscard]] std::string described(const CudaDevice& device) {
  return "cuda:" + std::to_string(device.index) + " is " + device.name + ", " + std::to_string(device.memory_bytes >> 30) + " GiB";
}

[[nodiscard]] Error no_such_device(std::string_view wanted, const CudaState& state) {
  std::string cause = state.problem;
  if (!state.devices.empty()) {
    cause = "this machine has";
    for (const CudaDevice& device : state.devices) cause += " cuda:" + std::to_string(device.index);
  }
  return bad_input("--device " + std::string(wanted) + ": there is no such device (" + cause + ")", "use --device auto or --device cpu");
}

[[nodiscard]] Error no_device_name(std::string_view wanted) {
  return bad_input("--device " + std::string(wanted) + " names no device", "write auto, cpu, cuda or cuda:N with N from 0");
}

/// The number behind "cuda:"; throws for anything that is none.
[[nodiscard]] int index_of(std::string_view wanted) {
  const std::string_view digits = wanted.substr(std::string_view("cuda:").size());
  int index = -1;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (problem != std::errc() || end != digits.data() + digits.size() || index < 0) throw no_device_name(wanted);
  return index;
}

}  // namespace

CudaState cuda_state() {
  CudaState state;
  const CudaLibrary& library = cuda_library();
  if (library.state == nullptr) {
    state.problem = library.problem;
    return state;
  }
  library.state(&state);
  state.library_found = true;
  if (state.devices.empty() && state.problem.empty()) state.problem = "the driver lists no device";
  return state;
}

DeviceChoice choose_device(std::string_view wanted) {
  const Device cpu{Device::Kind::cpu, 0};
  if (wanted == "cpu") return {cpu, "the CPU was asked for"};
  if (wanted == "auto") {
    if (const std::string problem = cuda_driver_problem(); !problem.empty()) return {cpu, "no CUDA device: " + problem};
    const CudaState state = cuda_state();
    if (state.devices.empty()) return {cpu, "no CUDA device: " + state.problem};
    return {Device{Device::Kind::cuda, state.devices.front().index}, "the first CUDA device: " + described(state.devices.front())};
  }
  if (wanted != "cuda" && !wanted.starts_with("cuda:")) throw no_device_name(wanted);
  const int index = wanted == "cuda" ? 0 : index_of(wanted);
  const CudaState state = cuda_state();
  for (const CudaDevice& device : state.devices) {
    if (device.index == index) return {Device{Device::Kind::cuda, index}, "it was asked for: " + described(device)};
  }
  throw no_such_device(wanted, state);
}

}  // namespace footfall
