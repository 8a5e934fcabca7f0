#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "kernels/device/cpu_backend.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::size_t alignment = 256;
/// Memory from this size on is asked for in the large pages of the system: a table is then walked with a 512th of the address translations.
constexpr std::size_t large_page = std::size_t{2} << 20;
constexpr std::size_t worth_large_pages = 4 * large_page;

/// Work is done when the call that asked for it returns, so there is nothing to wait for.
class CpuEvent final : public Event {
 public:
  void synchronize() override {}
};

class CpuTimer final : public Timer {
 public:
  void begin() override { begun_ = std::chrono::steady_clock::now(); }
  void end() override { ended_ = std::chrono::steady_clock::now(); }
  [[nodiscard]] double seconds() override { return std::chrono::duration<double>(ended_ - begun_).count(); }

 private:
  std::chrono::steady_clock::time_point begun_, ended_;
};

class CpuRecording final : public Recording {
 public:
  explicit CpuRecording(std::function<void()> work) : work_(std::move(work)) {}
  void replay() override { work_(); }

 private:
  std::function<void()> work_;
};

[[nodiscard]] std::string mebibytes(std::size_t bytes) { return std::to_string((bytes + (1U << 20) - 1) >> 20) + " MiB"; }

/// Bytes of a count of pages that the system keeps; 0 where it does not say.
[[nodiscard]] std::size_t bytes_of_pages(int name) {
  const long pages = sysconf(name);
  const long page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(page) : 0;
}

[[nodiscard]] void* host_memory(std::size_t bytes) {
  const std::size_t aligned = bytes >= worth_large_pages ? large_page : alignment;
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  const std::size_t all = bytes_of_pages(_SC_PHYS_PAGES);
  // A system that promises more than it has would end the process later, without a word.
  const bool hopeless = whole < bytes || (all > 0 && whole > all);
  void* memory = hopeless ? nullptr : std::aligned_alloc(aligned, whole == 0 ? alignment : whole);
  if (memory == nullptr) {
    throw failure("not enough memory: " + mebibytes(bytes) + " wanted, " + mebibytes(bytes_of_pages(_SC_AVPHYS_PAGES)) + " free",
                  "lower --memory, or use a machine with more");
  }
#ifdef MADV_HUGEPAGE
  // The last page is left out where it is not whole: it may be shared with what the allocator puts behind.
  if (aligned == large_page) static_cast<void>(madvise(memory, whole / large_page * large_page, MADV_HUGEPAGE));
#endif
  return memory;
}

class CpuStream final : public Stream {
 public:
  [[nodiscard]] Place place() const override { return Place::host; }
  void synchronize() override {}
  [[nodiscard]] std::unique_ptr<Event> make_event() override { return std::make_unique<CpuEvent>(); }
  void mark(Event& /*event*/) override {}
  void wait(Event& /*event*/) override {}
  [[nodiscard]] std::unique_ptr<Timer> make_timer() override { return std::make_unique<CpuTimer>(); }

  [[nodiscard]] std::unique_ptr<Recording> record(std::function<void()> work) override {
    require(static_cast<bool>(work), "a recording of nothing");
    return std::make_unique<CpuRecording>(std::move(work));
  }

  [[nodiscard]] void* allocate(std::size_t bytes) override { return host_memory(bytes); }
  void release(void* memory, std::size_t /*bytes*/) noexcept override { std::free(memory); }
  [[nodiscard]] void* allocate_pinned(std::size_t bytes) override { return host_memory(bytes); }
  void release_pinned(void* memory) noexcept override { std::free(memory); }

  void copy(void* to, Place to_place, const void* from, Place from_place, std::size_t bytes) override {
    require(to_place == Place::host && from_place == Place::host, "memory of another device is copied on a CPU stream");
    if (bytes > 0 && to != from) std::memmove(to, from, bytes);
  }
  void clear(void* memory, std::size_t bytes) override {
    if (bytes > 0) std::memset(memory, 0, bytes);
  }
};

}  // namespace

std::unique_ptr<Stream> make_cpu_stream() { return std::make_unique<CpuStream>(); }

}  // namespace footfall
