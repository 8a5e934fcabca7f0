#include "kernels/device/team.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/error.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace footfall {
namespace {

/// How long a thread looks for work before it sleeps: a few tens of microseconds, about what the steps of a recurrence lie apart.
constexpr int spins_before_sleep = 1000;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// The crew whose work this thread is inside of, and its index there.
struct Inside {
  const void* crew = nullptr;
  int index = 0;
};
thread_local Inside inside;

thread_local double waited = 0.0;  ///< seconds of this thread for its turn

/// Waits until nobody else has the team.
std::unique_lock<std::mutex> take_turn(std::mutex& one_caller) {
  std::unique_lock turn(one_caller, std::try_to_lock);
  if (turn.owns_lock()) return turn;
  const auto began = std::chrono::steady_clock::now();
  turn.lock();
  waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return turn;
}

/// Marks this thread as one of a crew for the time of a call.
class Membership {
 public:
  Membership(const void* crew, int index) : before_(inside) { inside = Inside{crew, index}; }
  ~Membership() { inside = before_; }
  Membership(const Membership&) = delete;             // it stands for one scope
  Membership& operator=(const Membership&) = delete;  // likewise

 private:
  Inside before_;
};

/// Tiles of one round; a call with more makes several rounds.
constexpr std::int64_t largest_round = std::int64_t{1} << 30;

}  // namespace

/// `open` holds the number of the round in its upper and the tiles that nobody has claimed in its lower 32 bits. Whoever lowers it has a
/// tile of exactly that round, and the caller stays until that tile is done: so a thread that wakes late finds nothing and touches nothing.
struct Team::Crew {
  explicit Crew(int count) : threads(count) {
    helpers.reserve(static_cast<std::size_t>(count - 1));
    for (int index = 1; index < count; ++index) helpers.emplace_back([this, index] { help(index); });
  }

  ~Crew() {
    stopping.store(true);
    bell.fetch_add(1);
    bell.notify_all();
    for (std::thread& helper : helpers) helper.join();
  }

  void help(int index) {
    const Membership member(this, index);
    while (true) {
      const int heard = bell.load();
      for (int spin = 0; spin < spins_before_sleep && !has_work() && !stopping.load(std::memory_order_relaxed); ++spin) relax();
      if (stopping.load()) return;
      if (has_work()) {
        take_tiles(index);
      } else {
        bell.wait(heard);
      }
    }
  }

  [[nodiscard]] bool has_work() const { return static_cast<std::uint32_t>(open.load(std::memory_order_acquire)) != 0; }

  void take_tiles(int index) {
    std::uint64_t seen = open.load(std::memory_order_acquire);
    while (static_cast<std::uint32_t>(seen) != 0) {
      if (!open.compare_exchange_weak(seen, seen - 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      do_tile(first + (count - static_cast<std::int64_t>(static_cast<std::uint32_t>(seen))), index);
      seen = open.load(std::memory_order_acquire);
    }
  }

  void do_tile(std::int64_t tile, int index) {
    try {
      if (!failed.load(std::memory_order_relaxed)) (*work)(tile, index);
    } catch (...) {
      const std::lock_guard lock(problem_mutex);
      if (!problem) problem = std::current_exception();
      failed.store(true);
    }
    if (unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished.notify_all();
  }

  void run_round(std::int64_t from, std::int64_t tiles, const std::function<void(std::int64_t, int)>& what) {
    first = from;
    count = tiles;
    work = &what;
    unfinished.store(static_cast<int>(tiles), std::memory_order_relaxed);
    ++round;
    open.store((static_cast<std::uint64_t>(round) << 32) | static_cast<std::uint64_t>(tiles), std::memory_order_release);
    bell.fetch_add(1);
    bell.notify_all();
    take_tiles(0);
    for (int spin = 0; spin < spins_before_sleep && unfinished.load(std::memory_order_acquire) != 0; ++spin) relax();
    for (int left = unfinished.load(std::memory_order_acquire); left != 0; left = unfinished.load(std::memory_order_acquire))
      unfinished.wait(left);
  }

  void run_all(std::int64_t tiles, const std::function<void(std::int64_t, int)>& what) {
    for (std::int64_t from = 0; from < tiles; from += largest_round) run_round(from, std::min(largest_round, tiles - from), what);
    if (!failed.load()) return;
    failed.store(false);
    std::exception_ptr thrown;
    std::swap(thrown, problem);
    std::rethrow_exception(thrown);
  }

  const int threads;
  std::mutex one_caller;  ///< a second host thread waits until the team is free

  std::int64_t first = 0;
  std::int64_t count = 0;
  const std::function<void(std::int64_t, int)>* work = nullptr;
  std::uint32_t round = 0;
  std::atomic<std::uint64_t> open{0};
  std::atomic<int> unfinished{0};
  std::atomic<int> bell{0};
  std::atomic<bool> stopping{false};

  std::atomic<bool> failed{false};
  std::mutex problem_mutex;
  std::exception_ptr problem;

  std::vector<std::thread> helpers;
};

Team::Team(int threads) {
  require(threads >= 1, "a team of no threads");
  crew_ = std::make_unique<Crew>(threads);
}

Team::~Team() = default;

int Team::threads() const { return crew_->threads; }

double Team::waited_seconds() { return waited; }

void Team::run(std::int64_t tiles, const std::function<void(std::int64_t tile, int thread)>& work) {
  if (tiles <= 0) return;
  if (inside.crew == crew_.get()) {
    for (std::int64_t tile = 0; tile < tiles; ++tile) work(tile, inside.index);
    return;
  }
  const std::unique_lock turn = take_turn(crew_->one_caller);
  const Membership member(crew_.get(), 0);
  if (crew_->threads == 1 || tiles == 1) {
    for (std::int64_t tile = 0; tile < tiles; ++tile) work(tile, 0);
    return;
  }
  crew_->run_all(tiles, work);
}

}  // namespace footfall
