#pragma once

// What kernels and tests see of the emulated device itself, beside the stand-in headers.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>

#include "cuda_runtime_api.h"

namespace footfall_emulator {

/// A place in the source, for messages.
struct Site {
  const char* file = "";
  unsigned line = 0;
  Site(const std::source_location& at = std::source_location::current()) : file(at.file_name()), line(at.line()) {}  // NOLINT: any place
};

/// One thread of a block. Its kernel code runs on its own stack until it waits for others.
struct Lane {
  uint3 thread{}, block{};
  dim3 block_dim, grid_dim;
  unsigned linear = 0;  ///< index of the thread in its block
};

/// The running lane. Only kernel code may ask.
Lane& lane();

/// Waits for every thread of the block. Returns the sum of `vote` over them.
unsigned block_barrier(unsigned vote, Site site);

/// What the threads of a warp can do together. All threads in `mask` must arrive with the same kind and mask.
enum class Together { barrier, ballot, any, all, shuffle, shuffle_up, shuffle_down, shuffle_xor, match_any, add, max, min, conjunction, disjunction };
/// `value` is this thread's word, `argument` its lane, distance or bit mask, `width` the width of the sub-warp. Returns this thread's answer.
std::uint64_t warp_together(Together kind, unsigned mask, std::uint64_t value, unsigned argument, unsigned width, Site site);

/// Dynamic shared memory of the running block: `bytes` of it, aligned to 16.
void* dynamic_shared(std::size_t& bytes);

/// A vector load or store through a pointer that is not a multiple of `alignment` stops the test.
void check_alignment(const void* pointer, std::size_t alignment, Site site);

/// One launch. `kernel` runs one thread.
struct Launch {
  const void* function = nullptr;
  dim3 grid, block;
  std::size_t shared_bytes = 0;
  Site site;
};
/// Checks the limits of the device and puts the kernel into the stream.
cudaError_t enqueue_kernel(const Launch& launch, cudaStream_t stream, std::function<void()> kernel);
/// A raw pointer among the arguments of a launch: it must be null or device memory (or mapped host memory).
void check_kernel_pointer(const void* pointer, const Launch& launch);

/// For stand-ins of device-wide algorithms: work of a stream that is no kernel, a check of the memory that it uses, and poison for scratch.
cudaError_t enqueue_library_call(const std::string& name, cudaStream_t stream, std::function<void()> work);
void check_device_memory(const void* pointer, std::size_t bytes, std::size_t alignment, const std::string& who);
void dirty(void* memory, std::size_t bytes);

/// Prints what the code under test did wrong and ends the process: a test that gets here has failed.
[[noreturn]] void fault(const std::string& what);

/// Allocations that are alive now: device memory and page-locked host memory.
struct Census {
  std::size_t device_allocations = 0, device_bytes = 0, host_allocations = 0, host_bytes = 0, streams = 0, events = 0, pending_work = 0;
};
Census census();
/// Order of streams, blocks and threads: 0 is "as late as possible, first come first", others shuffle. FOOTFALL_EMULATOR_SEED sets it at the start.
void set_seed(std::uint64_t seed);

}  // namespace footfall_emulator
