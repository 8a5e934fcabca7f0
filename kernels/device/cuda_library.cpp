#include "kernels/device/cuda_library.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>

#include "kernels/device/cuda_loader.hpp"

namespace footfall {
namespace {

/// The name and what has been loaded by any name so far. Handles are never closed: objects of the library may live as long as the process.
struct Loaded {
  std::mutex mutex;
  std::string name = "libfootfall_cuda.so";
  std::map<std::string, CudaLibrary> by_name;
};

[[nodiscard]] Loaded& loaded() {
  static Loaded* const all = new Loaded;  // never destroyed, for the same reason
  return *all;
}

[[nodiscard]] std::string last_problem() {
  const char* text = dlerror();
  return text == nullptr ? "unknown cause" : text;
}

/// Beside the running program when it is there, else by the search of the dynamic loader.
[[nodiscard]] void* open_library(const std::string& name) {
  std::error_code none;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", none);
  if (!none && name.find('/') == std::string::npos) {
    const std::filesystem::path beside = program.parent_path() / name;
    if (std::filesystem::exists(beside, none)) return dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  return dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
}

[[nodiscard]] CudaLibrary load(const std::string& name) {
  CudaLibrary library;
  void* const handle = open_library(name);
  if (handle == nullptr) {
    library.problem = "no CUDA library: " + last_problem();
    return library;
  }
  library.state = reinterpret_cast<decltype(library.state)>(dlsym(handle, "footfall_cuda_state"));
  library.make_backend = reinterpret_cast<decltype(library.make_backend)>(dlsym(handle, "footfall_cuda_make_backend"));
  if (library.state == nullptr || library.make_backend == nullptr) {
    library.problem = name + " is not footfall's CUDA library, or one of another version: " + last_problem();
    library.state = nullptr;
    library.make_backend = nullptr;
  }
  return library;
}

}  // namespace

std::string cuda_library_name() {
  const std::lock_guard lock(loaded().mutex);
  return loaded().name;
}

void set_cuda_library_name(std::string name) {
  const std::lock_guard lock(loaded().mutex);
  loaded().name = std::move(name);
}

std::string cuda_driver_problem() {
  if (std::filesystem::path(cuda_library_name()).filename().string().find("emulated") != std::string::npos) return {};
  if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) != nullptr) return {};
  return "no NVIDIA driver: " + last_problem();
}

const CudaLibrary& cuda_library() {
  const std::lock_guard lock(loaded().mutex);
  const std::string& name = loaded().name;
  auto found = loaded().by_name.find(name);
  if (found == loaded().by_name.end()) found = loaded().by_name.emplace(name, load(name)).first;
  return found->second;
}

}  // namespace footfall
