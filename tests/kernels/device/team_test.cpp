#include "kernels/device/team.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "kernels/device/tiles.hpp"
#include "kernels/error.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

TEST(Team, RunsEachTileOnceWithAThreadIndexInRange) {
  for (const int threads : {1, 2, 3, 5}) {
    Team team(threads);
    EXPECT_EQ(team.threads(), threads);
    for (const std::int64_t tiles : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> times(static_cast<std::size_t>(tiles));
      std::atomic<bool> in_range{true};
      team.run(tiles, [&](std::int64_t tile, int thread) {
        ++times[static_cast<std::size_t>(tile)];
        if (thread < 0 || thread >= threads) in_range = false;
      });
      for (const auto& t : times) ASSERT_EQ(t.load(), 1) << threads << " threads, " << tiles << " tiles";
      EXPECT_TRUE(in_range.load());
    }
  }
}

TEST(Team, ManyShortRoundsLoseNoTile) {
  Team team(3);
  std::int64_t expected = 0;
  std::atomic<std::int64_t> sum{0};
  for (int round = 0; round < 3000; ++round) {
    const std::int64_t tiles = 1 + round % 9;
    team.run(tiles, [&](std::int64_t tile, int /*thread*/) { sum += tile + 1; });
    expected += tiles * (tiles + 1) / 2;
    ASSERT_EQ(sum.load(), expected) << "round " << round;
  }
}

TEST(Team, ARunInsideARunStaysOnItsThread) {
  Team team(3);
  std::atomic<int> inner{0};
  std::atomic<bool> same{true};
  team.run(8, [&](std::int64_t /*tile*/, int thread) {
    const std::thread::id outer = std::this_thread::get_id();
    team.run(5, [&](std::int64_t /*tile*/, int inner_thread) {
      ++inner;
      if (inner_thread != thread || std::this_thread::get_id() != outer) same = false;
    });
  });
  EXPECT_EQ(inner.load(), 40);
  EXPECT_TRUE(same.load());
}

TEST(Team, TheFirstExceptionComesOutAndTheTeamGoesOn) {
  for (const int threads : {1, 3}) {
    Team team(threads);
    for (int again = 0; again < 20; ++again) {
      EXPECT_THROW(team.run(50,
                            [](std::int64_t tile, int /*thread*/) {
                              if (tile == 17) throw bad_input("tile 17");
                            }),
                   Error);
      std::atomic<int> done{0};
      team.run(50, [&](std::int64_t /*tile*/, int /*thread*/) { ++done; });
      EXPECT_EQ(done.load(), 50);
    }
  }
}

TEST(Team, TwoCallersTakeTurns) {
  Team team(2);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  const auto call = [&] {
    for (int round = 0; round < 200; ++round) {
      std::atomic<int> own{0};
      team.run(4, [&](std::int64_t /*tile*/, int /*thread*/) {
        const int now = ++inside;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        ++own;
        --inside;
      });
      ASSERT_EQ(own.load(), 4);
    }
  };
  std::thread other(call);
  call();
  other.join();
  EXPECT_LE(most.load(), 2);
}

TEST(Team, SumsOverTilesDoNotDependOnTheThreads) {
  // 1 / i added in another order gives other bits, so equality shows the order.
  const auto sum_with = [](int threads) {
    Team team(threads);
    return sum_over_tiles(team, 300000, 7, [](std::int64_t first, std::int64_t count) {
      double sum = 0.0;
      for (std::int64_t i = first; i < first + count; ++i) sum += 1.0 / static_cast<double>(i + 1);
      return sum;
    });
  };
  const double one = sum_with(1);
  EXPECT_NEAR(one, 13.188755085205612, 1e-11);  // the 300,000th harmonic number, by an exact sum
  EXPECT_EQ(one, sum_with(2));
  EXPECT_EQ(one, sum_with(3));
}

}  // namespace
}  // namespace footfall
