// A queue between threads: order, room, and its two ends.
#include "engine/pipeline/queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace footfall {
namespace {

/// Long enough for a thread that need not wait to be through.
constexpr auto a_moment = std::chrono::milliseconds(30);

TEST(Queue, HandsOutInOrder) {
  Queue<int> queue(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(i));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.pop(), i);
}

TEST(Queue, WithoutRoomIsRefused) { EXPECT_THROW(Queue<int>(0), Error); }

TEST(Queue, PushWaitsForRoom) {
  Queue<int> queue(2);
  std::atomic<int> pushed{0};
  std::jthread pusher([&] {
    for (int i = 0; i < 3; ++i)
      if (queue.push(i)) ++pushed;
  });
  std::this_thread::sleep_for(a_moment);
  EXPECT_LE(pushed.load(), 2);
  EXPECT_EQ(queue.pop(), 0);
  pusher.join();
  EXPECT_EQ(pushed.load(), 3);
}

TEST(Queue, PopWaitsForAnItem) {
  Queue<int> queue(1);
  std::jthread pusher([&] {
    std::this_thread::sleep_for(a_moment);
    EXPECT_TRUE(queue.push(5));
  });
  EXPECT_EQ(queue.pop(), 5);
}

TEST(Queue, ClosedHandsOutWhatIsThere) {
  Queue<int> queue(2);
  EXPECT_TRUE(queue.push(1));
  queue.close();
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(Queue, StoppedHandsOutNothing) {
  Queue<int> queue(2);
  EXPECT_TRUE(queue.push(1));
  queue.stop();
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(Queue, BothEndsWakeWhoeverWaits) {
  for (const bool orderly : {true, false}) {
    Queue<int> full(1), empty(1);
    EXPECT_TRUE(full.push(1));
    std::vector<std::jthread> waiting;
    for (int i = 0; i < 2; ++i) {
      waiting.emplace_back([&] { EXPECT_FALSE(full.push(2)); });
      waiting.emplace_back([&] { EXPECT_EQ(empty.pop(), std::nullopt); });
    }
    std::this_thread::sleep_for(a_moment);
    for (Queue<int>* queue : {&full, &empty}) orderly ? queue->close() : queue->stop();
  }
}

TEST(Queue, TakesWhatCannotBeCopied) {
  Queue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.push(std::make_unique<int>(7)));
  EXPECT_EQ(**queue.pop(), 7);
}

TEST(Queue, LosesNothingBetweenManyThreads) {
  constexpr int threads = 3, items = 2000;
  Queue<int> queue(4);
  std::atomic<std::int64_t> sum{0}, count{0};
  std::vector<std::jthread> takers;
  for (int t = 0; t < threads; ++t)
    takers.emplace_back([&] {
      while (const std::optional<int> item = queue.pop()) {
        sum += *item;
        ++count;
      }
    });
  {
    std::vector<std::jthread> givers;
    for (int t = 0; t < threads; ++t)
      givers.emplace_back([&] {
        for (int i = 1; i <= items; ++i) EXPECT_TRUE(queue.push(i));
      });
  }
  queue.close();
  takers.clear();
  EXPECT_EQ(count.load(), threads * items);
  EXPECT_EQ(sum.load(), std::int64_t{threads} * items * (items + 1) / 2);
}

}  // namespace
}  // namespace footfall
