#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/pipeline/queue.hpp"
#include "engine/pipeline/stage_time.hpp"

namespace footfall {

/// Stages that work on chunks at the same time, each on another one: stage 2 has chunk k while stage 1 fills chunk k + 1.
///
/// Chunks live in buffers that go round in a ring of queues: from a stage to the next, and from the last back to the first. No more memory
/// than those buffers is ever alive, and a slow stage holds the others back. Every stage sees the chunks in the order of the first.
///
///     Pipeline<Chunk> pipeline("read", [&](Chunk& chunk) { return fill(chunk); });   // nothing returned: the input has ended
///     pipeline.then("write", [&](Chunk& chunk) { return write(chunk); });
///     const std::vector<StageTime> times = pipeline.run(buffers);
template <class Buffer>
class Pipeline {
 public:
  using Source = std::function<std::optional<Load>(Buffer&)>;
  using Work = std::function<Load(Buffer&)>;

  Pipeline(std::string name, Source source) { stages_.push_back({std::move(name), std::move(source)}); }

  void then(std::string name, Work work) {
    stages_.push_back({std::move(name), [work = std::move(work)](Buffer& buffer) { return std::optional<Load>(work(buffer)); }});
  }

  /// Runs until the input has ended and the last chunk has left the last stage. That stage works in the calling thread, each other in one
  /// of its own. The first exception of any stage stops all of them, as soon as each is done with the chunk it has, and is thrown again here.
  [[nodiscard]] std::vector<StageTime> run(std::span<Buffer> buffers) const {
    Round round(stages_, buffers);
    {
      std::vector<std::jthread> threads;
      try {
        for (std::size_t s = 0; s + 1 < stages_.size(); ++s) threads.emplace_back([&round, s] { round.attend(s); });
        round.attend(stages_.size() - 1);
      } catch (const std::system_error& refused) {
        round.fail(std::make_exception_ptr(failure(std::string("the system refused another thread: ") + refused.what(), "give --memory more")));
      } catch (...) {
        round.fail(std::current_exception());
      }
    }
    return round.finish();
  }

 private:
  struct Stage {
    std::string name;
    Source work;
  };

  /// One run: queue s holds what waits for stage s.
  class Round {
   public:
    Round(const std::vector<Stage>& stages, std::span<Buffer> buffers) : stages_(stages) {
      require(!buffers.empty(), "a pipeline without buffers");
      for (const Stage& stage : stages) {
        queues_.push_back(std::make_unique<Queue<Buffer*>>(buffers.size()));
        times_.push_back({stage.name});
      }
      for (Buffer& buffer : buffers) static_cast<void>(queues_.front()->push(&buffer));
    }

    void attend(std::size_t s) noexcept {
      try {
        Queue<Buffer*>& in = *queues_[s];
        Queue<Buffer*>& out = *queues_[(s + 1) % queues_.size()];
        StageClock clock(times_[s]);
        while (const std::optional<Buffer*> buffer = clock.wait([&] { return in.pop(); })) {
          const std::optional<Load> load = clock.work([&] { return stages_[s].work(**buffer); });
          if (!load) break;
          if (!clock.wait([&] { return out.push(*buffer); })) break;
        }
        if (s + 1 < stages_.size()) out.close();
      } catch (...) {
        fail(std::current_exception());
      }
    }

    void fail(std::exception_ptr problem) noexcept {
      {
        const std::lock_guard lock(mutex_);
        if (!problem_) problem_ = std::move(problem);
      }
      for (const auto& queue : queues_) queue->stop();
    }

    /// After every thread has ended.
    std::vector<StageTime> finish() {
      if (problem_) std::rethrow_exception(problem_);
      return std::move(times_);
    }

   private:
    const std::vector<Stage>& stages_;
    std::vector<std::unique_ptr<Queue<Buffer*>>> queues_;
    std::vector<StageTime> times_;
    std::mutex mutex_;
    std::exception_ptr problem_;
  };

  std::vector<Stage> stages_;
};

}  // namespace footfall
