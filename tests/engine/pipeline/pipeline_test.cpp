// Stages in threads: order, bounded memory, errors, counts.
#include "engine/pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

#include "kernels/device/team.hpp"

namespace footfall {
namespace {

using std::chrono::milliseconds;

struct Chunk {
  int number = -1;
  std::vector<int> stages;   ///< that have had it
};

/// Chunks 0 .. count - 1.
auto numbers_to(int count, std::atomic<int>& next) {
  return [count, &next](Chunk& chunk) -> std::optional<Load> {
    if (next == count) return std::nullopt;
    chunk.number = next++;
    chunk.stages = {0};
    return Load{1, 10};
  };
}

auto passes(int stage) {
  return [stage](Chunk& chunk) {
    chunk.stages.push_back(stage);
    return Load{2, 20};
  };
}

TEST(Pipeline, KeepsTheOrderThroughEveryStage) {
  for (const std::size_t buffers : {1, 2, 3, 7}) {
    std::atomic<int> next{0};
    std::vector<int> seen;
    Pipeline<Chunk> pipeline("first", numbers_to(100, next));
    pipeline.then("second", passes(1));
    pipeline.then("third", [&](Chunk& chunk) {
      EXPECT_EQ(chunk.stages, (std::vector<int>{0, 1})) << "a buffer is in one stage at a time";
      seen.push_back(chunk.number);
      return Load{3, 30};
    });
    std::vector<Chunk> ring(buffers);
    static_cast<void>(pipeline.run(ring));
    ASSERT_EQ(seen.size(), 100U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  }
}

TEST(Pipeline, CountsRowsAndBytesOfEachStage) {
  std::atomic<int> next{0};
  Pipeline<Chunk> pipeline("first", numbers_to(5, next));
  pipeline.then("second", passes(1));
  std::vector<Chunk> ring(2);
  const std::vector<StageTime> times = pipeline.run(ring);
  ASSERT_EQ(times.size(), 2U);
  EXPECT_EQ(times[0].stage, "first");
  EXPECT_EQ(times[0].rows, 5);
  EXPECT_EQ(times[0].bytes, 50);
  EXPECT_EQ(times[1].stage, "second");
  EXPECT_EQ(times[1].rows, 10);
  EXPECT_EQ(times[1].bytes, 100);
}

TEST(Pipeline, OfAnEmptyInputEnds) {
  std::atomic<int> next{0};
  Pipeline<Chunk> pipeline("first", numbers_to(0, next));
  pipeline.then("second", [](Chunk&) -> Load { throw std::logic_error("there is no chunk"); });
  std::vector<Chunk> ring(3);
  for (const StageTime& time : pipeline.run(ring)) EXPECT_EQ(time.rows, 0);
}

TEST(Pipeline, MayBeOneStage) {
  std::atomic<int> next{0};
  const Pipeline<Chunk> pipeline("only", numbers_to(9, next));
  std::vector<Chunk> ring(2);
  EXPECT_EQ(pipeline.run(ring).front().rows, 9);
}

TEST(Pipeline, NeedsABuffer) {
  std::atomic<int> next{0};
  const Pipeline<Chunk> pipeline("only", numbers_to(1, next));
  EXPECT_THROW(static_cast<void>(pipeline.run({})), Error);
}

TEST(Pipeline, HoldsNoMoreThanItsBuffers) {
  constexpr int buffers = 3;
  std::atomic<int> next{0}, alive{0}, most{0};
  std::set<const Chunk*> places;
  Pipeline<Chunk> pipeline("fast", [&](Chunk& chunk) -> std::optional<Load> {
    if (next == 40) return std::nullopt;
    ++next;
    const int now = ++alive;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    places.insert(&chunk);
    return Load{};
  });
  pipeline.then("middle", passes(1));
  pipeline.then("slow", [&](Chunk&) {
    std::this_thread::sleep_for(milliseconds(1));
    --alive;
    return Load{};
  });
  std::vector<Chunk> ring(buffers);
  static_cast<void>(pipeline.run(ring));
  EXPECT_EQ(alive.load(), 0);
  EXPECT_LE(most.load(), buffers);
  EXPECT_GE(most.load(), 2) << "the fast stage runs ahead of the slow one";
  EXPECT_LE(places.size(), ring.size()) << "buffers are recycled";
}

TEST(Pipeline, StagesWorkAtTheSameTime) {
  // Each waits for the other to be at work: a pipeline that ran them in turns would never end, so it gives up after a while and fails.
  std::atomic<int> next{0};
  std::atomic<bool> first_has_second_chunk{false}, second_has_first_chunk{false};
  const auto wait_for = [](const std::atomic<bool>& flag) {
    for (int i = 0; i < 5000 && !flag; ++i) std::this_thread::sleep_for(milliseconds(1));
    return flag.load();
  };
  Pipeline<Chunk> pipeline("first", [&](Chunk&) -> std::optional<Load> {
    if (next == 2) return std::nullopt;
    if (next++ == 1) {
      first_has_second_chunk = true;
      EXPECT_TRUE(wait_for(second_has_first_chunk));
    }
    return Load{};
  });
  pipeline.then("second", [&](Chunk&) {
    second_has_first_chunk = true;
    EXPECT_TRUE(wait_for(first_has_second_chunk));
    return Load{};
  });
  std::vector<Chunk> ring(2);
  static_cast<void>(pipeline.run(ring));
}

TEST(Pipeline, LastStageRunsInTheCallersThread) {
  std::atomic<int> next{0};
  Pipeline<Chunk> pipeline("first", [&](Chunk&) -> std::optional<Load> {
    if (next++ == 3) return std::nullopt;
    return Load{};
  });
  pipeline.then("last", [caller = std::this_thread::get_id()](Chunk&) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    return Load{};
  });
  std::vector<Chunk> ring(2);
  static_cast<void>(pipeline.run(ring));
}

TEST(Pipeline, TellsBusyFromWaiting) {
  std::atomic<int> next{0};
  Pipeline<Chunk> pipeline("fast", numbers_to(5, next));
  pipeline.then("slow", [](Chunk&) {
    std::this_thread::sleep_for(milliseconds(20));
    return Load{};
  });
  std::vector<Chunk> ring(1);
  const std::vector<StageTime> times = pipeline.run(ring);
  EXPECT_GE(times[1].busy, 0.1) << "five sleeps of at least 20 ms";
  EXPECT_GE(times[0].waiting, 0.1) << "with one buffer the first stage waits for each of them";
  EXPECT_LT(times[0].busy, times[0].waiting);
}

/// An error that carries more than its text, so that a copy of another type shows.
struct Special : std::runtime_error {
  Special(const std::string& text, int code_) : std::runtime_error(text), code(code_) {}
  int code;
};

class PipelineErrors : public ::testing::TestWithParam<int> {};

TEST_P(PipelineErrors, AreThrownAgainAndEndEveryStage) {
  const int failing = GetParam();
  for (const int chunk_of_error : {0, 1, 6}) {
    std::atomic<int> next{0}, at_work{0};
    const auto work = [&](int stage, const Chunk& chunk) {
      struct Inside {
        std::atomic<int>& count;
        explicit Inside(std::atomic<int>& c) : count(c) { ++count; }
        ~Inside() { --count; }
      } const inside(at_work);
      if (stage == failing && chunk.number == chunk_of_error) throw Special("stage " + std::to_string(stage), 1000 + chunk_of_error);
      return Load{1, 1};
    };
    // The input never ends: only the error can end this.
    Pipeline<Chunk> pipeline("first", [&](Chunk& chunk) -> std::optional<Load> {
      chunk.number = next++;
      return work(0, chunk);
    });
    for (int stage = 1; stage < 4; ++stage) pipeline.then("later", [&, stage](Chunk& chunk) { return work(stage, chunk); });
    std::vector<Chunk> ring(3);
    try {
      static_cast<void>(pipeline.run(ring));
      ADD_FAILURE() << "the error was swallowed";
    } catch (const Special& error) {
      EXPECT_EQ(error.what(), "stage " + std::to_string(failing));
      EXPECT_EQ(error.code, 1000 + chunk_of_error);
    }
    const int seen = next;
    EXPECT_EQ(at_work.load(), 0);
    std::this_thread::sleep_for(milliseconds(5));
    EXPECT_EQ(next.load(), seen) << "no thread goes on after run";
    EXPECT_LE(seen, chunk_of_error + static_cast<int>(ring.size()) + 1);
  }
}

INSTANTIATE_TEST_SUITE_P(EachStage, PipelineErrors, ::testing::Values(0, 1, 2, 3));

TEST(Pipeline, OfSeveralErrorsThrowsOne) {
  std::atomic<int> next{0};
  Pipeline<Chunk> pipeline("first", [&](Chunk&) -> std::optional<Load> {
    if (next++ > 0) throw Special("first", 0);
    return Load{};
  });
  pipeline.then("second", [](Chunk&) -> Load { throw Special("second", 1); });
  std::vector<Chunk> ring(2);
  EXPECT_THROW(static_cast<void>(pipeline.run(ring)), Special);
}

TEST(Pipeline, RunsAgainAfterAnError) {
  std::atomic<int> next{0};
  bool fails = true;
  Pipeline<Chunk> pipeline("first", numbers_to(4, next));
  pipeline.then("second", [&](Chunk&) {
    if (fails) throw Special("once", 0);
    return Load{1, 1};
  });
  std::vector<Chunk> ring(2);
  EXPECT_THROW(static_cast<void>(pipeline.run(ring)), Special);
  fails = false;
  next = 0;
  EXPECT_EQ(pipeline.run(ring).back().rows, 4);
}

TEST(Pipeline, TimeForATurnOfTheTeamIsWaiting) {
  Team team(1);
  std::atomic<bool> taken{false}, asked_for{false};
  std::jthread other([&] {
    team.run(1, [&](std::int64_t, int) {
      taken = true;
      while (!asked_for) std::this_thread::yield();
      std::this_thread::sleep_for(milliseconds(100));
    });
  });
  while (!taken) std::this_thread::yield();
  bool done = false;
  const Pipeline<Chunk> pipeline("only", [&](Chunk&) -> std::optional<Load> {
    if (done) return std::nullopt;
    asked_for = true;
    team.run(1, [&](std::int64_t, int) { done = true; });
    return Load{};
  });
  std::vector<Chunk> ring(1);
  const StageTime time = pipeline.run(ring).front();
  EXPECT_GT(time.waiting, time.busy);
}

}  // namespace
}  // namespace footfall
