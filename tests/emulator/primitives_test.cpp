// The device-wide algorithms against plain code.

#include "kernels/device/primitives.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "tests/emulator/support.hpp"

namespace footfall {
namespace {

class Primitives : public EmulatedDevice {};

TEST_F(Primitives, SortPairsIsStableAndLooksAtTheLowBits) {
  std::mt19937 random(5);
  for (const int n : {1, 2, 33, 1025}) {
    std::vector<std::uint32_t> keys(static_cast<std::size_t>(n));
    std::vector<std::int32_t> values(keys.size());
    for (auto& k : keys) k = random() % 64;
    std::iota(values.begin(), values.end(), 0);
    std::uint32_t* sorted = device<std::uint32_t>(keys.size());
    std::int32_t* moved = device<std::int32_t>(keys.size());
    const std::size_t bytes = sort_pairs_bytes<std::uint32_t, std::int32_t>(n, 5);
    sort_pairs(device<char>(bytes), bytes, device(keys), sorted, device(values), moved, n, 5, stream_);
    const auto order = host(moved, values.size());
    const auto there = host(sorted, keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      EXPECT_EQ(there[i], keys[static_cast<std::size_t>(order[i])]);
      if (i == 0) continue;
      EXPECT_LE(there[i - 1] % 32, there[i] % 32);
      if (there[i - 1] % 32 == there[i] % 32) { EXPECT_LT(order[i - 1], order[i]); }
    }
  }
}

TEST_F(Primitives, ExclusiveSumInPlace) {
  std::vector<std::int64_t> values(1000);
  std::iota(values.begin(), values.end(), std::int64_t{1} << 33);
  std::int64_t* there = device(values);
  const std::size_t bytes = exclusive_sum_bytes<std::int64_t>(1000);
  exclusive_sum(device<char>(bytes), bytes, there, there, 1000, stream_);
  std::exclusive_scan(values.begin(), values.end(), values.begin(), std::int64_t{0});
  EXPECT_EQ(host(there, values.size()), values);
}

}  // namespace
}  // namespace footfall
