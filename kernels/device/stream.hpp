#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace footfall {

/// Where a pointer points to. Arrays of the CPU backend are host memory.
enum class Place : std::uint8_t { host, device };

/// A point in a stream's work.
class Event {
 public:
  virtual ~Event() = default;
  /// Waits until everything before the last `Stream::mark` of this event is done.
  virtual void synchronize() = 0;
};

/// Measures how long a stretch of a stream's work takes where it runs: by events of the device, on a CPU by the clock.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual void begin() = 0;
  virtual void end() = 0;
  /// Seconds of the device between the last `begin` and the last `end`; waits for the latter.
  [[nodiscard]] virtual double seconds() = 0;
};

/// Work of one stream that can be run again without its host code: a CUDA graph, or the closure itself on a CPU. Pointers, sizes and
/// host values are frozen as they were recorded; what changes from run to run lies in device memory.
class Recording {
 public:
  virtual ~Recording() = default;
  /// Puts the recorded work behind what is in the stream it was recorded from.
  virtual void replay() = 0;
};

/// Orders work on one device. Every operation takes one as its last argument and returns before its work is done; the CPU's
/// stream runs each at once. A stream belongs to one host thread at a time.
class Stream {
 public:
  virtual ~Stream() = default;

  /// The place of memory that `allocate` returns.
  [[nodiscard]] virtual Place place() const = 0;

  /// Waits for all work of this stream and reports what went wrong in it.
  virtual void synchronize() = 0;

  [[nodiscard]] virtual std::unique_ptr<Event> make_event() = 0;
  /// The event now stands for the end of the work that is in this stream.
  virtual void mark(Event& event) = 0;
  /// Work that follows in this stream starts after the event (of any stream).
  virtual void wait(Event& event) = 0;

  /// For measurements: of this stream, which must outlive it.
  [[nodiscard]] virtual std::unique_ptr<Timer> make_timer() = 0;

  /// Records the work that `work` puts into this stream, without running it. No operation inside may allocate or synchronise.
  /// `work` must stay callable (what it captured alive) as long as the recording: the CPU runs it again, and with graphs switched off so does CUDA.
  [[nodiscard]] virtual std::unique_ptr<Recording> record(std::function<void()> work) = 0;

  /// Uninitialised memory of this device, aligned to 256 bytes, in stream order. Throws Error{failed} with wanted and free bytes.
  [[nodiscard]] virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* memory, std::size_t bytes) noexcept = 0;

  /// Uninitialised page-locked host memory. Slow: once for each ring, never in a loop.
  [[nodiscard]] virtual void* allocate_pinned(std::size_t bytes) = 0;
  virtual void release_pinned(void* memory) noexcept = 0;

  virtual void copy(void* to, Place to_place, const void* from, Place from_place, std::size_t bytes) = 0;
  virtual void clear(void* memory, std::size_t bytes) = 0;
};

}  // namespace footfall
