// The limits that bench measures move every value, whatever the alignment and the length.
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "kernels/device/bandwidth.hpp"
#include "kernels/device/team.hpp"

namespace footfall::test {
namespace {

TEST(Bandwidth, CopiesEveryValue) {
  Team team(3);
  for (const std::int64_t n : {0, 1, 15, 17, 1000, (1 << 18) - 1, (1 << 19) + 33})
    for (const std::int64_t offset : {0, 1, 3}) {
      std::vector<float> from(static_cast<std::size_t>(n + offset)), to(static_cast<std::size_t>(n + offset) + 1, -1.0F);
      std::iota(from.begin(), from.end(), 0.0F);
      copy_past_caches(team, view_of(std::as_const(from)).sub(offset, n), view_of(to).sub(offset, n));
      for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(to[static_cast<std::size_t>(i + offset)], static_cast<float>(i + offset)) << n << " " << offset;
      EXPECT_EQ(to.back(), -1.0F);
    }
}

/// Small whole numbers: their sums are exact in float32 in any order.
TEST(Bandwidth, ReadsEveryValue) {
  Team team(3);
  for (const std::int64_t n : {0, 1, 63, 64, 1000, (1 << 19) + 33}) {
    const std::vector<float> ones(static_cast<std::size_t>(n), 1.0F);
    EXPECT_EQ(read_all(team, view_of(ones)), static_cast<float>(n));
  }
}

}  // namespace
}  // namespace footfall::test
