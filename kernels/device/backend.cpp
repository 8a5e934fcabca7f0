#include "kernels/backend.hpp"

#include "kernels/device/cpu_backend.hpp"
#include "kernels/device/cuda_loader.hpp"
#include "kernels/error.hpp"

namespace footfall {

std::unique_ptr<Backend> make_backend(Device device, const BackendOptions& options) {
  if (!device.is_cuda()) return make_cpu_backend(options);
  const CudaLibrary& library = cuda_library();
  if (library.make_backend == nullptr) throw bad_input(device.name() + ": " + library.problem, "use the device cpu");
  std::string problem;
  std::unique_ptr<Backend> backend(library.make_backend(device.index, &options, &problem));
  if (backend == nullptr) throw bad_input(device.name() + ": " + problem, "use the device cpu");
  return backend;
}

}  // namespace footfall
