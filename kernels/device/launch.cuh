#pragma once

#include <cuda_runtime.h>

#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include "kernels/device/cuda_check.hpp"

#ifdef FOOTFALL_EMULATED
#include "emulated_device.hpp"
#endif

namespace footfall {

/// Blocks of a launch, and the place in the source that asked for them.
struct Grid {
  dim3 blocks;
  std::source_location at;

  Grid(dim3 size, std::source_location where = std::source_location::current()) : blocks(size), at(where) {}  // NOLINT: a dim3 is a grid
  template <class N>
    requires std::is_integral_v<N>
  Grid(N size, std::source_location where = std::source_location::current())  // NOLINT: a number is a grid
      : blocks(static_cast<unsigned>(size)), at(where) {
    require(size >= 0 && static_cast<unsigned long long>(size) <= 0x7fffffffull, "a grid has more blocks than a device can count");
  }
};

namespace launch_detail {

template <class T>
concept ViewLike = requires(const T& view) {
  view.data;
  view.place;
};

/// Kernels read device memory only: a view of the host is a fault of the program, found before it is one of the device.
template <class T>
void check_argument(const T& argument) {
  if constexpr (ViewLike<T>) require(argument.data == nullptr || argument.place == Place::device, "host memory is given to a kernel");
}

}  // namespace launch_detail

/// Puts one kernel into a stream and reports a launch that the device refuses, with the place of the call.
///
/// grid    blocks: a number or a dim3, not 0
/// block   threads of a block: a number or a dim3
/// shared  bytes of dynamic shared memory; above 48 KiB ask with allow_shared first
/// The arguments are converted to the kernel's parameters here and copied; views must be of the device.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), Grid grid, dim3 block, std::size_t shared, cudaStream_t stream, Arguments&&... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments), "a kernel is launched with another number of arguments than it has");
  static_assert((std::is_trivially_copyable_v<std::remove_cv_t<Parameters>> && ...), "a kernel's parameters are copied byte by byte");
  std::tuple<std::remove_cv_t<Parameters>...> values(static_cast<Parameters>(std::forward<Arguments>(arguments))...);
  std::apply([](const auto&... each) { (launch_detail::check_argument(each), ...); }, values);
#ifdef FOOTFALL_EMULATED
  const footfall_emulator::Launch what{reinterpret_cast<const void*>(kernel), grid.blocks, block, shared, footfall_emulator::Site(grid.at)};
  const auto check_pointer = [&what](const auto& each) {
    if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(each)>>) footfall_emulator::check_kernel_pointer(each, what);
    if constexpr (launch_detail::ViewLike<std::remove_cvref_t<decltype(each)>>) footfall_emulator::check_kernel_pointer(each.data, what);
  };
  std::apply([&check_pointer](const auto&... each) { (check_pointer(each), ...); }, values);
  const cudaError_t status = footfall_emulator::enqueue_kernel(what, stream, [kernel, values] { std::apply(kernel, values); });
#else
  cudaLaunchConfig_t config{};
  config.gridDim = grid.blocks;
  config.blockDim = block;
  config.dynamicSmemBytes = shared;
  config.stream = stream;
  const cudaError_t status = std::apply(
      [&config, kernel](auto&... each) {
        void* pointers[sizeof...(Parameters) + 1] = {static_cast<void*>(&each)..., nullptr};
        return cudaLaunchKernelExC(&config, reinterpret_cast<const void*>(kernel), pointers);
      },
      values);
#endif
  if (status != cudaSuccess)
    throw_cuda_fault({"CUDA", "a kernel launch", grid.at.file_name(), static_cast<int>(grid.at.line()), static_cast<int>(status), cudaGetErrorName(status),
                      cudaGetErrorString(status)});
}

/// Lets a kernel have up to `bytes` of dynamic shared memory, where that is more than 48 KiB. Once for each kernel, outside of loops.
template <class... Parameters>
void allow_shared(void (*kernel)(Parameters...), std::size_t bytes) {
  FOOTFALL_CUDA_CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)));
}

/// Blocks of `block` items that cover `items`.
[[nodiscard]] inline long long blocks_for(long long items, long long block) { return (items + block - 1) / block; }

}  // namespace footfall
