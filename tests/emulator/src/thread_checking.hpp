#pragma once

// The thread-checked build (FOOTFALL_SANITIZE=thread): each thread of a block is a fiber of ThreadSanitizer, each block a host thread of its
// own, so that static shared memory is new for every block. Barriers are what orders them, and nothing else: the emulated device's own
// sources are compiled without instrumentation, and blocks of one batch are handed on in a way that ThreadSanitizer does not see.
// ThreadSanitizer then reports two threads of a block on one byte of shared memory, or two blocks on one byte of global memory.

#ifdef FOOTFALL_THREAD_CHECKED

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

extern "C" {
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned flags);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_set_fiber_name(void* fiber, const char* name);
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}

namespace footfall_emulator::checked {

constexpr bool on = true;
constexpr unsigned no_order = 1;  // __tsan_switch_to_fiber_no_sync
inline void* current() { return __tsan_get_current_fiber(); }
inline void* create() { return __tsan_create_fiber(0); }
inline void rename(void* fiber, const char* name) { __tsan_set_fiber_name(fiber, name); }
inline void switch_to(void* fiber) { __tsan_switch_to_fiber(fiber, no_order); }
inline void release(void* place) { __tsan_release(place); }
inline void acquire(void* place) { __tsan_acquire(place); }

/// Runs work(0), work(1), ... one after the other, each in a host thread that was made before the first began.
template <class Work>
void one_after_the_other(std::size_t count, const Work& work) {
  std::atomic<int> turn{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&turn, &work, i] {
      for (int now = turn.load(std::memory_order_acquire); now != static_cast<int>(i); now = turn.load(std::memory_order_acquire))
        syscall(SYS_futex, reinterpret_cast<int*>(&turn), FUTEX_WAIT_PRIVATE, now, nullptr, nullptr, 0);
      work(i);
      turn.store(static_cast<int>(i) + 1, std::memory_order_release);
      syscall(SYS_futex, reinterpret_cast<int*>(&turn), FUTEX_WAKE_PRIVATE, 1 << 30, nullptr, nullptr, 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace footfall_emulator::checked

#else

namespace footfall_emulator::checked {

constexpr bool on = false;
inline void* current() { return nullptr; }
inline void* create() { return nullptr; }
inline void rename(void*, const char*) {}
inline void switch_to(void*) {}
inline void release(void*) {}
inline void acquire(void*) {}
template <class Work>
void one_after_the_other(std::size_t count, const Work& work) {
  for (std::size_t i = 0; i < count; ++i) work(i);
}

}  // namespace footfall_emulator::checked

#endif
