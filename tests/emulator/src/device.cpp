// The device itself: its lock, errors, properties and limits, launches. The figures are those of an H100 SXM with 80 GB
// (compute capability 9.0: programming guide, "Technical specifications per compute capability").

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "tests/emulator/src/runtime.hpp"

namespace footfall_emulator {
namespace {

constexpr std::size_t kShared = 48 * 1024, kSharedOptIn = 227 * 1024, kSharedOfMultiprocessor = 228 * 1024;
constexpr int kMultiprocessors = 132;

struct Order {
  std::uint64_t seed = 0, state = 0;
  Order() {
    if (const char* text = std::getenv("FOOTFALL_EMULATOR_SEED")) seed = state = std::strtoull(text, nullptr, 10);
  }
};
Order& order() {
  static Order& one = *new Order;
  return one;
}

std::map<const void*, int>& dynamic_limits() {
  static auto& all = *new std::map<const void*, int>;
  return all;
}

void report_leaks() {
  const Census now = census();
  if (now.device_allocations + now.host_allocations == 0) return;
  std::fprintf(stderr, "footfall emulated device: leak: at the end %zu device allocations (%zu bytes) and %zu page-locked ones (%zu bytes) are alive\n",
               now.device_allocations, now.device_bytes, now.host_allocations, now.host_bytes);
  std::fflush(nullptr);
  std::_Exit(86);
}

}  // namespace

ThreadState** thread_state_place() {
  static thread_local ThreadState* state = nullptr;
  if (state == nullptr) {
    // Host threads are few: what they leave behind stays, and can be found.
    static std::mutex& guard = *new std::mutex;
    static auto& all = *new std::vector<std::unique_ptr<ThreadState>>;
    const std::lock_guard<std::mutex> hold(guard);
    all.push_back(std::make_unique<ThreadState>());
    state = all.back().get();
  }
  return &state;
}

namespace {
std::mutex& device_mutex() {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}
}  // namespace

DeviceLock::DeviceLock() {
  static const int registered = std::atexit(report_leaks);
  static_cast<void>(registered);
  if (device_is_running()) fault("CUDA is called from a kernel or from a host function of a stream");
  device_mutex().lock();
}

DeviceLock::~DeviceLock() {
  close_device_memory();
  device_mutex().unlock();
}

bool device_is_running() { return thread_state().running > 0; }

cudaError_t refuse(cudaError_t error, const std::string& why) {
  thread_state().last_error = error;
  thread_state().last_reason = why;
  return error;
}

void fault(const std::string& what) {
  std::fprintf(stderr, "footfall emulated device: %s\n", what.c_str());
  std::fflush(nullptr);
  std::abort();
}

std::uint64_t choose(std::uint64_t count) {
  Order& o = order();
  if (o.seed == 0 || count < 2) return 0;
  // SplitMix64 (Steele, Lea, Flood 2014).
  o.state += 0x9e3779b97f4a7c15ull;
  std::uint64_t z = o.state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return (z ^ (z >> 31)) % count;
}

bool hostile() { return order().seed != 0; }

void set_seed(std::uint64_t seed) {
  const auto lock = device_lock();
  order().seed = order().state = seed;
}

void run_as_device(const std::string& what, const std::function<void()>& work) {
  ++thread_state().running;
  work();
  if (--thread_state().running == 0) check_guards(what);
}

Census census() {
  const auto lock = device_lock();
  Census now;
  count_memory(now);
  count_streams(now);
  return now;
}

void check_kernel_pointer(const void* pointer, const Launch& launch) {
  if (pointer == nullptr || is_device_address(pointer)) return;
  fault(std::string("a kernel is launched at ") + launch.site.file + ":" + std::to_string(launch.site.line) + " with a pointer to " + describe_address(pointer));
}

cudaError_t enqueue_kernel(const Launch& launch, cudaStream_t stream, std::function<void()> kernel) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, "a kernel launch")) return e;
  const std::uint64_t threads = static_cast<std::uint64_t>(launch.block.x) * launch.block.y * launch.block.z;
  const std::string at = std::string(" at ") + launch.site.file + ":" + std::to_string(launch.site.line);
  if (threads == 0 || threads > 1024 || launch.block.x > 1024 || launch.block.y > 1024 || launch.block.z > 64)
    return refuse(cudaErrorInvalidConfiguration, "a block of " + std::to_string(threads) + " threads" + at);
  if (launch.grid.x == 0 || launch.grid.y == 0 || launch.grid.z == 0 || launch.grid.x > 0x7fffffffu || launch.grid.y > 65535 || launch.grid.z > 65535)
    return refuse(cudaErrorInvalidConfiguration, "a grid of " + std::to_string(launch.grid.x) + " x " + std::to_string(launch.grid.y) + " x " + std::to_string(launch.grid.z) + " blocks" + at);
  const auto limit = dynamic_limits().find(launch.function);
  if (launch.shared_bytes > (limit == dynamic_limits().end() ? kShared : static_cast<std::size_t>(limit->second)))
    return refuse(cudaErrorInvalidValue, std::to_string(launch.shared_bytes) + " bytes of shared memory were not asked for by cudaFuncSetAttribute" + at);
  const std::string what = "the kernel launched" + at;
  return enqueue(stream, what, [launch, kernel = std::move(kernel)] { run_blocks(launch, kernel); }, launch.function);
}

cudaError_t enqueue_library_call(const std::string& name, cudaStream_t stream, std::function<void()> work) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, name.c_str())) return e;
  return enqueue(stream, name, std::move(work));
}

void check_device_memory(const void* pointer, std::size_t bytes, std::size_t alignment, const std::string& who) {
  check_device_range(pointer, bytes, who);
  if (reinterpret_cast<std::uintptr_t>(pointer) % alignment != 0) fault("misaligned address: " + who + " is " + describe_address(pointer));
}

void dirty(void* memory, std::size_t bytes) {
  check_device_range(memory, bytes, "scratch");
  std::memset(memory, 0xff, bytes);
}

}  // namespace footfall_emulator

using namespace footfall_emulator;

cudaError_t cudaGetLastError() {
  const cudaError_t error = thread_state().last_error;
  thread_state().last_error = cudaSuccess;
  return error;
}
cudaError_t cudaPeekAtLastError() { return thread_state().last_error; }

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
#define FOOTFALL_NAME(e) \
  case e: return #e
    FOOTFALL_NAME(cudaSuccess);
    FOOTFALL_NAME(cudaErrorInvalidValue);
    FOOTFALL_NAME(cudaErrorMemoryAllocation);
    FOOTFALL_NAME(cudaErrorInvalidConfiguration);
    FOOTFALL_NAME(cudaErrorInvalidPitchValue);
    FOOTFALL_NAME(cudaErrorInvalidMemcpyDirection);
    FOOTFALL_NAME(cudaErrorInvalidDevice);
    FOOTFALL_NAME(cudaErrorInvalidResourceHandle);
    FOOTFALL_NAME(cudaErrorIllegalState);
    FOOTFALL_NAME(cudaErrorNotReady);
    FOOTFALL_NAME(cudaErrorHostMemoryAlreadyRegistered);
    FOOTFALL_NAME(cudaErrorHostMemoryNotRegistered);
    FOOTFALL_NAME(cudaErrorNotSupported);
    FOOTFALL_NAME(cudaErrorStreamCaptureUnsupported);
    FOOTFALL_NAME(cudaErrorStreamCaptureInvalidated);
    FOOTFALL_NAME(cudaErrorStreamCaptureMerge);
    FOOTFALL_NAME(cudaErrorStreamCaptureUnmatched);
    FOOTFALL_NAME(cudaErrorStreamCaptureUnjoined);
    FOOTFALL_NAME(cudaErrorStreamCaptureIsolation);
    FOOTFALL_NAME(cudaErrorCapturedEvent);
    FOOTFALL_NAME(cudaErrorStreamCaptureWrongThread);
    FOOTFALL_NAME(cudaErrorGraphExecUpdateFailure);
#undef FOOTFALL_NAME
    default: return "cudaErrorUnknown";
  }
}

const char* cudaGetErrorString(cudaError_t error) {
  std::string& text = thread_state().error_text;
  text = error == cudaSuccess ? "no error" : std::string(cudaGetErrorName(error)) + " (emulated device: " + thread_state().last_reason + ")";
  return text.c_str();
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) { return cudaRuntimeGetVersion(version); }
cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) { return device == 0 ? cudaSuccess : refuse(cudaErrorInvalidDevice, "there is one device, 0"); }
cudaError_t cudaSetDeviceFlags(unsigned) { return cudaSuccess; }

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int device) {
  if (device != 0) return refuse(cudaErrorInvalidDevice, "there is one device, 0");
  *p = {};
  std::strncpy(p->name, "Emulated H100 (a test instrument)", sizeof p->name - 1);
  std::size_t free_bytes = 0;
  cudaMemGetInfo(&free_bytes, &p->totalGlobalMem);
  p->sharedMemPerBlock = kShared;
  p->regsPerBlock = p->regsPerMultiprocessor = 65536;
  p->warpSize = 32;
  p->maxThreadsPerBlock = 1024;
  p->maxThreadsDim[0] = p->maxThreadsDim[1] = 1024;
  p->maxThreadsDim[2] = 64;
  p->maxGridSize[0] = 0x7fffffff;
  p->maxGridSize[1] = p->maxGridSize[2] = 65535;
  p->totalConstMem = 65536;
  p->major = 9;
  p->minor = 0;
  p->multiProcessorCount = kMultiprocessors;
  p->memoryBusWidth = 5120;
  p->l2CacheSize = 50 << 20;
  p->maxThreadsPerMultiProcessor = 2048;
  p->sharedMemPerMultiprocessor = kSharedOfMultiprocessor;
  p->sharedMemPerBlockOptin = kSharedOptIn;
  p->asyncEngineCount = 3;
  p->concurrentKernels = p->unifiedAddressing = p->canMapHostMemory = p->memoryPoolsSupported = 1;
  p->persistingL2CacheMaxSize = 32 << 20;
  p->accessPolicyMaxWindowSize = 128 << 20;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  if (device != 0) return refuse(cudaErrorInvalidDevice, "there is one device, 0");
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
    case cudaDevAttrMaxBlockDimX: *value = 1024; break;
    case cudaDevAttrMaxGridDimX: *value = 0x7fffffff; break;
    case cudaDevAttrMaxGridDimY: *value = 65535; break;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value = static_cast<int>(kShared); break;
    case cudaDevAttrWarpSize: *value = 32; break;
    case cudaDevAttrMaxRegistersPerBlock: *value = 65536; break;
    case cudaDevAttrClockRate: *value = 1980000; break;
    case cudaDevAttrMultiProcessorCount: *value = kMultiprocessors; break;
    case cudaDevAttrMemoryClockRate: *value = 2619000; break;
    case cudaDevAttrGlobalMemoryBusWidth: *value = 5120; break;
    case cudaDevAttrL2CacheSize: *value = 50 << 20; break;
    case cudaDevAttrMaxThreadsPerMultiProcessor: *value = 2048; break;
    case cudaDevAttrComputeCapabilityMajor: *value = 9; break;
    case cudaDevAttrComputeCapabilityMinor: *value = 0; break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor: *value = static_cast<int>(kSharedOfMultiprocessor); break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = static_cast<int>(kSharedOptIn); break;
    case cudaDevAttrMemoryPoolsSupported: *value = 1; break;
    default: return refuse(cudaErrorInvalidValue, "an attribute that the emulated device does not know");
  }
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute attribute, int value) {
  const auto lock = device_lock();
  if (attribute == cudaFuncAttributeMaxDynamicSharedMemorySize) {
    if (value < 0 || static_cast<std::size_t>(value) > kSharedOptIn) return refuse(cudaErrorInvalidValue, std::to_string(value) + " bytes of shared memory are more than a block can have");
    dynamic_limits()[function] = value;
  }
  return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* function) {
  const auto lock = device_lock();
  *attributes = {};
  attributes->maxThreadsPerBlock = 1024;
  attributes->numRegs = 32;
  attributes->ptxVersion = attributes->binaryVersion = 90;
  const auto limit = dynamic_limits().find(function);
  attributes->maxDynamicSharedSizeBytes = limit == dynamic_limits().end() ? static_cast<int>(kShared) : limit->second;
  return cudaSuccess;
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void*, int threads, std::size_t shared_bytes) {
  if (threads < 1 || threads > 1024) return refuse(cudaErrorInvalidValue, "occupancy of a block without threads or of too many");
  const int by_threads = 2048 / ((threads + 31) / 32 * 32);
  const int by_shared = shared_bytes == 0 ? 32 : static_cast<int>(kSharedOfMultiprocessor / (shared_bytes + 1024));  // 1 KiB a block is the system's
  *blocks = std::min({by_threads, by_shared, 32});
  return cudaSuccess;
}
