#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace footfall {

/// The one team of threads of a process. Work is cut into tiles whose shape never depends on the number of threads, so the
/// answers do not either. Threads that call at the same time take turns.
class Team {
 public:
  /// `threads` >= 1; the calling thread is one of them.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;             // it owns threads
  Team& operator=(const Team&) = delete;  // likewise

  [[nodiscard]] int threads() const;

  /// Calls work(tile, thread) for every tile in [0, tiles), each once, in any order, and returns when all are done. `thread` is in
  /// [0, threads()): the index of per-thread scratch. The first exception is thrown again here. Called from inside `work` it runs in place,
  /// one tile after the other, with the caller's thread index.
  void run(std::int64_t tiles, const std::function<void(std::int64_t tile, int thread)>& work);

  /// Seconds that the calling thread has waited in `run`, so far, until another thread's work was done with a team.
  [[nodiscard]] static double waited_seconds();

 private:
  struct Crew;
  std::unique_ptr<Crew> crew_;
};

}  // namespace footfall
