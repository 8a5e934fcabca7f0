// Copies and fills. What the host may do meanwhile depends on its memory (CUDA Runtime API, "API synchronization behavior"):
// page-locked memory is read and written when the copy runs; other memory is read during the call, and written before it returns.

#include <cstring>

#include "tests/emulator/src/runtime.hpp"

using namespace footfall_emulator;

namespace {

struct Rows {
  std::size_t to_pitch, from_pitch, width, height;
  [[nodiscard]] std::size_t span(std::size_t pitch) const { return height == 0 ? 0 : (height - 1) * pitch + width; }
};

cudaError_t check_direction(const void* to, const void* from, cudaMemcpyKind kind) {
  const bool to_device = is_device_address(to);
  const bool from_device = is_device_address(from);
  if (kind == cudaMemcpyDefault) return cudaSuccess;
  const bool want_to = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool want_from = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (want_to == to_device && want_from == from_device) return cudaSuccess;
  fault("a copy names the wrong direction: to " + describe_address(to) + ", from " + describe_address(from));
}

void copy_rows(unsigned char* to, const unsigned char* from, const Rows& rows) {
  if (is_device_address(to)) check_device_range(to, rows.span(rows.to_pitch), "a copy");
  if (is_device_address(from)) check_device_range(from, rows.span(rows.from_pitch), "a copy");
  for (std::size_t row = 0; row < rows.height; ++row) std::memmove(to + row * rows.to_pitch, from + row * rows.from_pitch, rows.width);
}

cudaError_t copy(void* to, const void* from, Rows rows, cudaMemcpyKind kind, cudaStream_t stream, const char* call) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, call)) return e;
  if (rows.width == 0 || rows.height == 0) return cudaSuccess;
  if (to == nullptr || from == nullptr) return refuse(cudaErrorInvalidValue, std::string(call) + " from or to the null pointer");
  if (rows.to_pitch < rows.width || rows.from_pitch < rows.width) return refuse(cudaErrorInvalidPitchValue, std::string(call) + ": a pitch is below the width");
  if (const cudaError_t e = check_direction(to, from, kind)) return e;
  auto* target = static_cast<unsigned char*>(to);
  const auto* source = static_cast<const unsigned char*>(from);
  if (is_device_address(to) && !device_range_is_alive(to, rows.span(rows.to_pitch))) check_device_range(to, rows.span(rows.to_pitch), call);
  if (is_device_address(from) && !device_range_is_alive(from, rows.span(rows.from_pitch))) check_device_range(from, rows.span(rows.from_pitch), call);

  const bool pageable_source = !is_device_address(from) && !is_pinned(from, rows.span(rows.from_pitch));
  const bool pageable_target = !is_device_address(to) && !is_pinned(to, rows.span(rows.to_pitch));
  if ((pageable_source || pageable_target) && is_capturing(stream)) return forbid_in_capture("a copy of memory that is not page-locked");

  if (pageable_source && !pageable_target) {
    auto staged = std::make_shared<std::vector<unsigned char>>(rows.width * rows.height);
    copy_rows(staged->data(), source, {rows.width, rows.from_pitch, rows.width, rows.height});
    const Rows from_staging{rows.to_pitch, rows.width, rows.width, rows.height};
    return enqueue(stream, call, [staged, target, from_staging] { copy_rows(target, staged->data(), from_staging); });
  }
  if (const cudaError_t e = enqueue(stream, call, [target, source, rows] { copy_rows(target, source, rows); })) return e;
  if (pageable_target) run_stream(stream);
  return cudaSuccess;
}

cudaError_t set(void* memory, int value, std::size_t pitch, std::size_t width, std::size_t height, cudaStream_t stream, const char* call) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, call)) return e;
  if (width == 0 || height == 0) return cudaSuccess;
  if (pitch < width) return refuse(cudaErrorInvalidPitchValue, std::string(call) + ": the pitch is below the width");
  const Rows rows{pitch, pitch, width, height};
  if (!is_device_address(memory)) fault(std::string(call) + " of " + describe_address(memory));
  check_device_range(memory, rows.span(pitch), call);
  auto* target = static_cast<unsigned char*>(memory);
  return enqueue(stream, call, [target, value, rows] {
    check_device_range(target, rows.span(rows.to_pitch), "cudaMemsetAsync");
    for (std::size_t row = 0; row < rows.height; ++row) std::memset(target + row * rows.to_pitch, value, rows.width);
  });
}

}  // namespace

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return copy(to, from, {bytes, bytes, bytes, 1}, kind, stream, "cudaMemcpyAsync");
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t width, std::size_t height,
                              cudaMemcpyKind kind, cudaStream_t stream) {
  return copy(to, from, {to_pitch, from_pitch, width, height}, kind, stream, "cudaMemcpy2DAsync");
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
  return set(memory, value, bytes, bytes, 1, stream, "cudaMemsetAsync");
}
cudaError_t cudaMemset2DAsync(void* memory, std::size_t pitch, int value, std::size_t width, std::size_t height, cudaStream_t stream) {
  return set(memory, value, pitch, width, height, stream, "cudaMemset2DAsync");
}
cudaError_t cudaMemcpy(void*, const void*, std::size_t, cudaMemcpyKind) { fault("cudaMemcpy uses the default stream: footfall always names a stream of its own"); }
cudaError_t cudaMemset(void*, int, std::size_t) { fault("cudaMemset uses the default stream: footfall always names a stream of its own"); }

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, "cudaLaunchHostFunc")) return e;
  return enqueue(stream, "cudaLaunchHostFunc", [function, data] { function(data); });
}
