#pragma once

// Thrust in the order of a stream: the one place that knows its execution policies, and the one that includes it.

#include <cstddef>
#include <cstdint>

#include "kernels/device/cuda_stream.hpp"

#ifdef FOOTFALL_EMULATED
#include <thrust/execution_policy.h>

#include "emulated_device.hpp"
#else
#include <thrust/system/cuda/execution_policy.h>
#endif
#include <thrust/sort.h>

namespace footfall {

#ifdef FOOTFALL_EMULATED

/// Calls work(policy) in stream order; `work` may hold pointers and numbers only, because it runs when the stream gets there.
template <class Work>
void with_thrust(const char* name, CudaStream& stream, const Work& work) {
  footfall_emulator::enqueue_library_call(name, stream.native(), [work] { work(thrust::device); });
}

#else

/// Temporary memory of Thrust from the stream's pool, so that nothing synchronises the device.
class PoolMemory {
 public:
  using value_type = char;
  explicit PoolMemory(CudaStream& stream) : stream_(&stream) {}
  [[nodiscard]] char* allocate(std::ptrdiff_t bytes) { return static_cast<char*>(stream_->allocate(static_cast<std::size_t>(bytes))); }
  void deallocate(char* memory, std::size_t bytes) { stream_->release(memory, bytes); }

 private:
  CudaStream* stream_;
};

/// Calls work(policy); what it does is ordered in the stream. Allocates, so it is for set-up only and not for recordings.
template <class Work>
void with_thrust(const char* /*name*/, CudaStream& stream, const Work& work) {
  PoolMemory pool(stream);
  work(thrust::cuda::par_nosync(pool).on(stream.native()));
}

#endif

}  // namespace footfall
