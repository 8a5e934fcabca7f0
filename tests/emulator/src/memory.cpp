// Device memory and page-locked host memory. Device memory is one closed range of addresses; an allocation opens pages of it, ends as
// near as its alignment allows before a closed page, is filled with poison, and its addresses are never used again. So a read or a write
// outside, after a free, or by the host stops the test where it happens.

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "tests/emulator/src/runtime.hpp"

namespace footfall_emulator {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kRange = std::size_t{1} << 39;     // addresses for device memory
constexpr std::size_t kCapacity = std::size_t{80} << 30;  // of an H100
constexpr std::uint32_t kGuardWord = 0xffc0dead;          // a NaN of its own in the slack around an allocation
constexpr unsigned char kPoison = 0xff;                   // fresh memory: NaN as float32 and float64, -1 as an integer
constexpr std::size_t kHuge = std::size_t{64} << 20;      // from here on poison is mapped, not written

struct Allocation {
  unsigned char* pages = nullptr;
  std::size_t page_bytes = 0;
  unsigned char* memory = nullptr;
  std::size_t bytes = 0;
  std::uint64_t number = 0;
  std::string what;
  bool released = false;  // the host gave it back; the stream has not yet come to it
  bool open = false;      // the device touched it since it last began to run
};

struct Memory {
  unsigned char* range = nullptr;
  std::size_t used_range = 0;
  std::size_t used = 0, capacity = kCapacity;
  std::uint64_t count = 0;
  std::map<const unsigned char*, Allocation> alive, gone;  // by the first byte; gone ones explain a fault
  std::map<const unsigned char*, Allocation> pinned;
  std::vector<Allocation*> open;
};
// Never destroyed: it is asked about at the very end.
Memory& memory() {
  static Memory& all = *new Memory;
  return all;
}

std::size_t pages_of(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

// In the address-checked build the guard zones are closed to the byte, for reads too.
#ifdef __SANITIZE_ADDRESS__
#define FOOTFALL_UNCHECKED __attribute__((no_sanitize("address")))
void close_guards(const Allocation& a) {
  __asan_poison_memory_region(a.pages, static_cast<std::size_t>(a.memory - a.pages));
  __asan_poison_memory_region(a.memory + a.bytes, static_cast<std::size_t>(a.pages + a.page_bytes - a.memory) - a.bytes);
}
void open_guards(const Allocation& a) { __asan_unpoison_memory_region(a.pages, a.page_bytes); }
#else
#define FOOTFALL_UNCHECKED
void close_guards(const Allocation&) {}
void open_guards(const Allocation&) {}
#endif

FOOTFALL_UNCHECKED unsigned char guard_byte(const unsigned char* at) { return static_cast<unsigned char>(kGuardWord >> (reinterpret_cast<std::uintptr_t>(at) % 4 * 8)); }

FOOTFALL_UNCHECKED const unsigned char* first_change(const unsigned char* from, const unsigned char* to) {
  for (; from < to; ++from)
    if (*from != guard_byte(from)) return from;
  return nullptr;
}

void fill_guards(const Allocation& a) {
  auto fill = [](unsigned char* from, const unsigned char* to) {
    for (; from < to; ++from) *from = guard_byte(from);
  };
  fill(a.pages, a.memory);
  fill(a.memory + a.bytes, a.pages + a.page_bytes);
  close_guards(a);
}

// The first byte of the guards that is not as it was, or null.
const unsigned char* broken_guard(const Allocation& a) {
  // Writes that run away begin beside the memory: a page before, the few bytes after.
  const unsigned char* before = first_change(a.memory - std::min<std::size_t>(256, static_cast<std::size_t>(a.memory - a.pages)), a.memory);
  return before != nullptr ? before : first_change(a.memory + a.bytes, a.pages + a.page_bytes);
}

std::string name(const Allocation& a) {
  return "the " + std::to_string(a.bytes) + " bytes of " + a.what + " (allocation " + std::to_string(a.number) + ")";
}

const Allocation* around(const std::map<const unsigned char*, Allocation>& all, const unsigned char* p, std::size_t margin) {
  auto next = all.upper_bound(p);
  if (next != all.end() && next->second.pages <= p + margin) return &next->second;
  if (next == all.begin()) return nullptr;
  const Allocation& a = std::prev(next)->second;
  return p < a.pages + a.page_bytes + margin ? &a : nullptr;
}

// Device memory is closed while host code runs; the first access of the device opens an allocation.
void on_bad_access(int, siginfo_t* info, void*) {
  const auto* p = static_cast<const unsigned char*>(info->si_addr);
  if (device_is_running() && is_device_address(p)) {
    Memory& m = memory();
    const auto next = m.alive.upper_bound(p + kAlignment);
    for (auto it = next; it != m.alive.begin();) {
      Allocation& a = (--it)->second;
      if (p >= a.pages + a.page_bytes) break;
      if (p < a.pages || a.open) continue;
      if (mprotect(a.pages, a.page_bytes, PROT_READ | PROT_WRITE) != 0) break;
      a.open = true;
      m.open.push_back(&a);
      return;
    }
  }
  const std::string who = device_is_running() ? "a kernel or a library call accesses " : "host code accesses ";
  fault("illegal address: " + who + describe_address(p));
}

void start() {
  Memory& m = memory();
  if (m.range != nullptr) return;
  void* all = mmap(nullptr, kRange, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED) fault("no addresses left for device memory");
  m.range = static_cast<unsigned char*>(all);
  if (const char* wanted = std::getenv("FOOTFALL_EMULATOR_MEMORY")) m.capacity = std::strtoull(wanted, nullptr, 10);
  // The handler runs on a stack of its own: the fault may be a stack that has overflowed.
  static unsigned char handler_stack[64 * 1024];
  stack_t stack{};
  stack.ss_sp = handler_stack;
  stack.ss_size = sizeof handler_stack;
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_bad_access;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

namespace {

// Poison that takes memory only where it is overwritten: one file of it, mapped privately again and again.
bool map_poison(unsigned char* pages, std::size_t bytes) {
  static const int file = [] {
    const int f = memfd_create("footfall-poison", MFD_CLOEXEC);
    if (f < 0 || ftruncate(f, static_cast<off_t>(kHuge)) != 0) fault("no memory for poison");
    void* all = mmap(nullptr, kHuge, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
    if (all == MAP_FAILED) fault("no memory for poison");
    std::memset(all, kPoison, kHuge);
    munmap(all, kHuge);
    return f;
  }();
  for (std::size_t at = 0; at < bytes; at += kHuge)
    if (mmap(pages + at, std::min(kHuge, bytes - at), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, 0) == MAP_FAILED) return false;
  return true;
}

}  // namespace

void* allocate_device(std::size_t bytes, const std::string& what) {
  start();
  Memory& m = memory();
  if (bytes > m.capacity - m.used) return nullptr;
  const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  Allocation a;
  a.page_bytes = pages_of(rounded);
  if (m.used_range + a.page_bytes + 2 * kPage > kRange) return nullptr;
  a.pages = m.range + m.used_range + kPage;
  m.used_range += a.page_bytes + kPage;  // a closed page lies between any two
  if (bytes >= kHuge) {
    if (!map_poison(a.pages, a.page_bytes)) return nullptr;
  } else if (mprotect(a.pages, a.page_bytes, PROT_READ | PROT_WRITE) != 0) {
    return nullptr;
  }
  a.memory = a.pages + a.page_bytes - rounded;
  a.bytes = bytes;
  a.number = ++m.count;
  a.what = what;
  if (bytes < kHuge) std::memset(a.memory, kPoison, a.bytes);
  fill_guards(a);
  mprotect(a.pages, a.page_bytes, PROT_NONE);
  m.used += bytes;
  void* result = a.memory;
  m.alive.emplace(a.memory, std::move(a));
  m.open.reserve(2 * m.alive.size());  // a handler of signals may not allocate
  return result;
}

cudaError_t begin_release(void* pointer, const char* call) {
  Memory& m = memory();
  const auto found = m.alive.find(static_cast<unsigned char*>(pointer));
  if (found == m.alive.end() || found->second.released) {
    if (is_device_address(pointer)) fault(std::string(call) + " of memory that is not allocated (a double free?): " + describe_address(pointer));
    return refuse(cudaErrorInvalidValue, std::string(call) + " of an address that is no device memory");
  }
  found->second.released = true;
  return cudaSuccess;
}

void finish_release(void* pointer) {
  Memory& m = memory();
  const auto found = m.alive.find(static_cast<unsigned char*>(pointer));
  check_guards("the release of " + name(found->second));
  std::erase(m.open, &found->second);
  Allocation a = std::move(found->second);
  open_guards(a);
  m.alive.erase(found);
  mmap(a.pages, a.page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  m.used -= a.bytes;
  m.gone.emplace(a.memory, std::move(a));
  if (m.gone.size() > 100000) m.gone.erase(m.gone.begin());
}

bool is_device_address(const void* pointer) {
  const Memory& m = memory();
  const auto* p = static_cast<const unsigned char*>(pointer);
  return m.range != nullptr && p >= m.range && p < m.range + kRange;
}

bool is_pinned(const void* pointer, std::size_t bytes) {
  const Memory& m = memory();
  const auto* p = static_cast<const unsigned char*>(pointer);
  auto next = m.pinned.upper_bound(p);
  if (next == m.pinned.begin()) return false;
  const Allocation& a = std::prev(next)->second;
  return p + bytes <= a.memory + a.bytes;
}

bool device_range_is_alive(const void* pointer, std::size_t bytes) {
  const Memory& m = memory();
  const auto* p = static_cast<const unsigned char*>(pointer);
  auto next = m.alive.upper_bound(p);
  if (next == m.alive.begin()) return false;
  const Allocation& a = std::prev(next)->second;
  return p + bytes <= a.memory + a.bytes;
}

void check_device_range(const void* pointer, std::size_t bytes, const std::string& who) {
  if (bytes == 0 || device_range_is_alive(pointer, bytes)) return;
  fault("illegal address: " + who + " uses " + std::to_string(bytes) + " bytes from " + describe_address(pointer));
}

void check_guards(const std::string& after) {
  // What was not opened was not written.
  for (const Allocation* a : memory().open) {
    const unsigned char* broken = broken_guard(*a);
    if (broken != nullptr) fault("write outside an allocation: after " + after + " something is written at " + describe_address(broken));
  }
}

void close_device_memory() {
  for (Allocation* a : memory().open) {
    mprotect(a->pages, a->page_bytes, PROT_NONE);
    a->open = false;
  }
  memory().open.clear();
}

std::string describe_address(const void* pointer) {
  const auto* p = static_cast<const unsigned char*>(pointer);
  char text[32];
  std::snprintf(text, sizeof text, "%p", pointer);
  if (!is_device_address(pointer)) {
    if (const std::string block = describe_block_memory(pointer); !block.empty()) return block;
    if (pointer == nullptr) return "the null pointer";
    return std::string("host memory at ") + text + (is_pinned(pointer, 1) ? " (page-locked)" : "");
  }
  const Memory& m = memory();
  const std::string at = std::string("device memory at ") + text;
  const auto relative = [p](const Allocation& a) {
    if (p < a.memory) return std::to_string(a.memory - p) + " bytes before ";
    if (p >= a.memory + a.bytes) return std::to_string(p - (a.memory + a.bytes)) + " bytes past the end of ";
    return std::to_string(p - a.memory) + " bytes into ";
  };
  if (const Allocation* a = around(m.alive, p, kPage)) return at + ", " + relative(*a) + name(*a) + (a->released ? ", which was freed" : "");
  if (const Allocation* a = around(m.gone, p, kPage)) return at + ", " + relative(*a) + name(*a) + ", which was freed";
  return at + ", which belongs to no allocation";
}

void count_memory(Census& census) {
  const Memory& m = memory();
  for (const auto& [key, a] : m.alive) {
    ++census.device_allocations;
    census.device_bytes += a.bytes;
  }
  for (const auto& [key, a] : m.pinned) {
    ++census.host_allocations;
    census.host_bytes += a.bytes;
  }
}

}  // namespace footfall_emulator

using namespace footfall_emulator;

namespace {

std::string allocation_name(const char* call) { return std::string(call); }

cudaError_t out_of_memory(std::size_t bytes) {
  const Memory& m = memory();
  return refuse(cudaErrorMemoryAllocation, std::to_string(bytes) + " bytes wanted, " + std::to_string(m.capacity - m.used) + " free");
}

cudaError_t allocate_now(void** result, std::size_t bytes, const char* call) {
  if (result == nullptr) return refuse(cudaErrorInvalidValue, std::string(call) + ": no place for the pointer");
  if (bytes == 0) {
    *result = nullptr;
    return cudaSuccess;
  }
  *result = allocate_device(bytes, allocation_name(call));
  return *result == nullptr ? out_of_memory(bytes) : cudaSuccess;
}

// Page-locked memory of its own pages: poison when fresh, closed page behind it, gone when freed.
cudaError_t allocate_pinned(void** result, std::size_t bytes) {
  start();
  if (result == nullptr) return refuse(cudaErrorInvalidValue, "cudaHostAlloc: no place for the pointer");
  *result = nullptr;
  if (bytes == 0) return cudaSuccess;
  Allocation a;
  const std::size_t rounded = (bytes + 63) / 64 * 64;
  a.page_bytes = pages_of(rounded);
  void* pages = mmap(nullptr, a.page_bytes + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return refuse(cudaErrorMemoryAllocation, std::to_string(bytes) + " bytes of page-locked memory wanted");
  a.pages = static_cast<unsigned char*>(pages);
  mprotect(a.pages + a.page_bytes, kPage, PROT_NONE);
  a.memory = a.pages + a.page_bytes - rounded;
  a.bytes = bytes;
  a.number = ++memory().count;
  a.what = "cudaHostAlloc";
  std::memset(a.memory, kPoison, a.bytes);
  *result = a.memory;
  memory().pinned.emplace(a.memory, std::move(a));
  return cudaSuccess;
}

}  // namespace

cudaError_t cudaMalloc(void** result, std::size_t bytes) {
  const auto lock = device_lock();
  if (const cudaError_t e = forbid_in_capture("cudaMalloc")) return e;
  return allocate_now(result, bytes, "cudaMalloc");
}

cudaError_t cudaFree(void* pointer) {
  const auto lock = device_lock();
  if (const cudaError_t e = forbid_in_capture("cudaFree")) return e;
  if (pointer == nullptr) return cudaSuccess;
  run_everything();  // cudaFree waits for the device
  if (const cudaError_t e = begin_release(pointer, "cudaFree")) return e;
  finish_release(pointer);
  return cudaSuccess;
}

cudaError_t cudaMallocAsync(void** result, std::size_t bytes, cudaStream_t stream) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, "cudaMallocAsync")) return e;
  if (is_capturing(stream)) return forbid_in_capture("cudaMallocAsync");
  return allocate_now(result, bytes, "cudaMallocAsync");
}

cudaError_t cudaMallocFromPoolAsync(void** result, std::size_t bytes, cudaMemPool_t, cudaStream_t stream) {
  return cudaMallocAsync(result, bytes, stream);
}

cudaError_t cudaFreeAsync(void* pointer, cudaStream_t stream) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, "cudaFreeAsync")) return e;
  if (is_capturing(stream)) return forbid_in_capture("cudaFreeAsync");
  if (pointer == nullptr) return cudaSuccess;
  if (const cudaError_t e = begin_release(pointer, "cudaFreeAsync")) return e;
  return enqueue(stream, "cudaFreeAsync", [pointer] { finish_release(pointer); });
}

cudaError_t cudaHostAlloc(void** result, std::size_t bytes, unsigned flags) {
  const auto lock = device_lock();
  if (const cudaError_t e = forbid_in_capture("cudaHostAlloc")) return e;
  if (flags > 7) return refuse(cudaErrorInvalidValue, "cudaHostAlloc: unknown flags");
  return allocate_pinned(result, bytes);
}

cudaError_t cudaMallocHost(void** result, std::size_t bytes) { return cudaHostAlloc(result, bytes, cudaHostAllocDefault); }

cudaError_t cudaFreeHost(void* pointer) {
  const auto lock = device_lock();
  if (const cudaError_t e = forbid_in_capture("cudaFreeHost")) return e;
  if (pointer == nullptr) return cudaSuccess;
  const auto found = memory().pinned.find(static_cast<unsigned char*>(pointer));
  if (found == memory().pinned.end() || found->second.pages == nullptr) return refuse(cudaErrorInvalidValue, "cudaFreeHost of memory that is not from cudaHostAlloc");
  munmap(found->second.pages, found->second.page_bytes + kPage);
  memory().pinned.erase(found);
  return cudaSuccess;
}

cudaError_t cudaHostRegister(void* pointer, std::size_t bytes, unsigned) {
  const auto lock = device_lock();
  if (const cudaError_t e = forbid_in_capture("cudaHostRegister")) return e;
  if (pointer == nullptr || bytes == 0 || is_device_address(pointer)) return refuse(cudaErrorInvalidValue, "cudaHostRegister wants host memory");
  Allocation a;
  a.memory = static_cast<unsigned char*>(pointer);
  a.bytes = bytes;
  a.what = "cudaHostRegister";
  if (!memory().pinned.emplace(a.memory, a).second) return refuse(cudaErrorHostMemoryAlreadyRegistered, "cudaHostRegister twice");
  return cudaSuccess;
}

cudaError_t cudaHostUnregister(void* pointer) {
  const auto lock = device_lock();
  const auto found = memory().pinned.find(static_cast<unsigned char*>(pointer));
  if (found == memory().pinned.end() || found->second.pages != nullptr) return refuse(cudaErrorHostMemoryNotRegistered, "cudaHostUnregister of memory that is not registered");
  memory().pinned.erase(found);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total) {
  const auto lock = device_lock();
  start();
  *free_bytes = memory().capacity - memory().used;
  *total = memory().capacity;
  return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  const auto lock = device_lock();
  *attributes = {};
  if (is_device_address(pointer)) {
    attributes->type = cudaMemoryTypeDevice;
    attributes->devicePointer = const_cast<void*>(pointer);
  } else if (is_pinned(pointer, 1)) {
    attributes->type = cudaMemoryTypeHost;
    attributes->hostPointer = attributes->devicePointer = const_cast<void*>(pointer);
  }
  return cudaSuccess;
}

// One pool, which always has what is free: its attributes are remembered and change nothing.
namespace {
std::uint64_t pool_attributes[16] = {0, 1, 1, 1};
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
  if (device != 0) return refuse(cudaErrorInvalidDevice, "there is one device, 0");
  *pool = reinterpret_cast<cudaMemPool_t>(pool_attributes);
  return cudaSuccess;
}
cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* pool, int device) { return cudaDeviceGetDefaultMemPool(pool, device); }

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  const auto lock = device_lock();
  if (pool == nullptr || value == nullptr || attribute < 1 || attribute > 8) return refuse(cudaErrorInvalidValue, "cudaMemPoolSetAttribute: bad argument");
  std::uint64_t number = 0;
  std::memcpy(&number, value, attribute < cudaMemPoolAttrReleaseThreshold ? sizeof(int) : sizeof number);
  pool_attributes[attribute] = number;
  return cudaSuccess;
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  const auto lock = device_lock();
  if (pool == nullptr || value == nullptr || attribute < 1 || attribute > 8) return refuse(cudaErrorInvalidValue, "cudaMemPoolGetAttribute: bad argument");
  const std::uint64_t number = attribute > cudaMemPoolAttrReleaseThreshold ? memory().used : pool_attributes[attribute];
  std::memcpy(value, &number, attribute < cudaMemPoolAttrReleaseThreshold ? sizeof(int) : sizeof number);
  return cudaSuccess;
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) { return cudaSuccess; }
