#pragma once

// Inside of the emulated device: memory, streams, captured work. Everything here runs under device_lock().

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/emulator/include/emulated_device.hpp"

namespace footfall_emulator {

// ---- the whole device
/// One lock for all: the device does one thing at a time, whichever host thread asked for it.
class [[nodiscard]] DeviceLock {
 public:
  DeviceLock();
  ~DeviceLock();  ///< device memory is closed to the host again
  DeviceLock(const DeviceLock&) = delete;             // it holds a lock
  DeviceLock& operator=(const DeviceLock&) = delete;  // likewise
};
inline DeviceLock device_lock() { return {}; }
/// True while this thread runs kernels, library calls or host functions of a stream.
[[nodiscard]] bool device_is_running();

/// Remembers an error for cudaGetLastError and what exactly was wrong for cudaGetErrorString.
cudaError_t refuse(cudaError_t error, const std::string& why);

/// Numbers that choose between orders that the rules allow. With seed 0 every answer is 0.
std::uint64_t choose(std::uint64_t count);
[[nodiscard]] bool hostile();

// ---- host threads
struct Workshop;

/// All that the emulated device keeps for a host thread, behind the only thread-local variable that it has (static_shared.cpp says why).
struct ThreadState {
  Workshop* workshop = nullptr;  ///< of block.cpp
  int running = 0;               ///< depth of work of the device
  cudaError_t last_error = cudaSuccess;
  std::string last_reason, error_text, last_dnn_error;
  cudaStreamCaptureMode capture_mode = cudaStreamCaptureModeGlobal;
};
ThreadState** thread_state_place();
inline ThreadState& thread_state() { return **thread_state_place(); }

/// The static shared memory of a kernel, on this host thread.
struct StaticShared {
  unsigned char* memory = nullptr;
  std::size_t bytes = 0;
};
StaticShared static_shared_of(const void* function);
void poison(const StaticShared& shared);

// ---- memory
constexpr std::size_t kAlignment = 256;  // of every allocation: CUDA C programming guide, "Device memory"
void* allocate_device(std::size_t bytes, const std::string& what);
/// Marks an allocation as given back by the host; its memory is still there. Faults on a double free.
cudaError_t begin_release(void* memory, const char* call);
/// The memory goes away: every later access stops the test.
void finish_release(void* memory);
/// True for any address in the range that stands for device memory, alive or not.
[[nodiscard]] bool is_device_address(const void* pointer);
[[nodiscard]] bool is_pinned(const void* pointer, std::size_t bytes);
/// Faults unless [pointer, pointer + bytes) lies in one live device allocation.
void check_device_range(const void* pointer, std::size_t bytes, const std::string& who);
/// The same as a question, for arguments that a call has to refuse.
[[nodiscard]] bool device_range_is_alive(const void* pointer, std::size_t bytes);
/// Faults when somebody has written into the guard zones around an allocation.
void check_guards(const std::string& after);
/// Says what an address is: "4 bytes past the end of the 4000 bytes allocated by ...".
[[nodiscard]] std::string describe_address(const void* pointer);
void count_memory(Census& census);
/// While host code runs nobody can read device memory; work of the device opens what it touches.
void close_device_memory();

// ---- streams
struct StreamState;

/// The end of some work: what an event stands for after a record.
struct Token {
  bool done = false;
  std::shared_ptr<StreamState> stream;  ///< whose work it ends; null in captured work
  double finished_at = 0;               ///< seconds, when done
  struct GraphBody* capture = nullptr;  ///< captured work that it is part of
  std::size_t capture_node = 0;
};

/// Work of a captured graph: nodes in the order of their calls, each after those it depends on.
struct GraphNode {
  std::string what;
  const void* function = nullptr;  ///< of a kernel
  std::function<void()> run;
  std::vector<std::size_t> after;
};
struct GraphBody {
  std::vector<GraphNode> nodes;
};

/// Puts work into a stream, or into the graph that the stream is recording.
cudaError_t enqueue(cudaStream_t stream, std::string what, std::function<void()> work, const void* function = nullptr);
/// The call may not be made now: in a capture, in a kernel. Returns what to answer.
cudaError_t forbid_in_capture(const char* call);
/// The same, for calls that name a stream and refuse only when that stream is capturing.
bool is_capturing(cudaStream_t stream);
bool stream_exists(cudaStream_t stream);
/// Checks a stream argument: the default streams are refused.
cudaError_t check_stream(cudaStream_t stream, const char* call);
void run_stream(cudaStream_t stream);
void run_everything();
/// Runs work of any stream now and then, as a device does.
void maybe_run_something();
/// Runs one piece of work as the device: kernels, copies, library calls.
void run_as_device(const std::string& what, const std::function<void()>& work);
void count_streams(Census& census);

// ---- kernels
/// What an address means for the running block: its dynamic shared memory, a stack; or empty.
[[nodiscard]] std::string describe_block_memory(const void* pointer);
void run_blocks(const Launch& launch, const std::function<void()>& kernel);

}  // namespace footfall_emulator
