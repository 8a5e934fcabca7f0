#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include "host/jobs/about.hpp"
#include "kernels/device/device.hpp"
#include "tools/command.hpp"

namespace footfall {
namespace {

void print_devices() {
  fmt::print("cpu          {} processors online\n", sysconf(_SC_NPROCESSORS_ONLN));
  const CudaState state = cuda_state();
  for (const CudaDevice& device : state.devices)
    fmt::print("cuda:{}       {}, compute {}.{}, {} multiprocessors, {:.1f} GiB\n", device.index, device.name, device.compute_major, device.compute_minor,
               device.multiprocessors, static_cast<double>(device.memory_bytes) / 1073741824.0);
  if (state.devices.empty()) fmt::print("cuda         none: {}\n", state.problem);
  const auto tell = [](const char* name, const std::string& version) {
    if (!version.empty()) fmt::print("{:<12} {}\n", name, version);
  };
  tell("CUDA", state.runtime);
  tell("driver", state.driver);
  tell("cuDNN", state.cudnn);
  tell("cuBLAS", state.cublas);
  for (const char* variable : {"NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG", "CUDA_VISIBLE_DEVICES"})
    if (const char* value = std::getenv(variable)) fmt::print("{} = {}\n", variable, value);
}

}  // namespace

void add_info(CLI::App& program) {
  CLI::App* command = program.add_subcommand("info", "devices, libraries, and what this build can do");
  command->footer("Example:\n  footfall info");
  command->callback([] {
    fmt::print("footfall {}\n\n", FOOTFALL_VERSION);
    print_devices();
    fmt::print("\n");
    for (const auto& [name, version] : linked_libraries()) fmt::print("{:<12} {}\n", name, version);
  });
}

}  // namespace footfall
