// Partitions of customers, and the generator of set-up work.
#include "engine/data/base.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "engine/data/draw.hpp"

namespace footfall {
namespace {

TEST(Partition, IsFixedForEver) {
  // SplitMix64's own first output from the state 0 is 0xE220A8397B1DCDAF; the partition is its highest byte. Files on disk depend on it.
  EXPECT_EQ(partition_of(std::int64_t{0}), 0xE2);
  EXPECT_EQ(partition_of(std::string()), partition_of(static_cast<std::int64_t>(0xCBF29CE484222325ULL)))
      << "FNV-1a of nothing is its offset basis";
}

TEST(Partition, SpreadsCustomersEvenly) {
  std::vector<int> numbers(256), names(256);
  for (std::int64_t i = 0; i < 25'600; ++i) {
    ++numbers[static_cast<std::size_t>(partition_of(i))];
    ++names[static_cast<std::size_t>(partition_of("customer-" + std::to_string(i)))];
  }
  // 100 a partition, a standard deviation of 10: six of them is a chance of one in a million over both.
  for (const std::vector<int>* counts : {&numbers, &names})
    for (const int count : *counts) EXPECT_NEAR(count, 100, 60);
}

TEST(Draw, IsTheStandardsGenerator) {
  Draw draw(5489);  // the standard says that the 10000th value of mt19937_64 from its default seed is this
  for (int i = 1; i < 10'000; ++i) static_cast<void>(draw.bits());
  EXPECT_EQ(draw.bits(), 9981545732273789042ULL);
}

TEST(Draw, HasTheMomentsOfItsDistributions) {
  Draw draw(1);
  constexpr int n = 20'000;
  double uniform = 0.0, normal = 0.0, square = 0.0, below = 0.0;
  for (int i = 0; i < n; ++i) {
    const double u = draw.uniform(), z = draw.normal();
    EXPECT_TRUE(u >= 0.0 && u < 1.0);
    uniform += u / n;
    normal += z / n;
    square += z * z / n;
    below += static_cast<double>(draw.below(10)) / n;
  }
  // Four standard errors each.
  EXPECT_NEAR(uniform, 0.5, 4.0 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(normal, 0.0, 4.0 / std::sqrt(n));
  EXPECT_NEAR(square, 1.0, 4.0 * std::sqrt(2.0 / n));
  EXPECT_NEAR(below, 4.5, 4.0 * std::sqrt(8.25 / n));
}

TEST(Draw, AShuffleKeepsEveryValue) {
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 0);
  Draw draw(3);
  draw.shuffle(std::span<int>(values));
  EXPECT_FALSE(std::is_sorted(values.begin(), values.end()));
  EXPECT_EQ(std::set<int>(values.begin(), values.end()).size(), 100u);
}

TEST(CustomerIds, AreNumbersOrNames) {
  CustomerIds ids;
  ids.numbers = {-5, 7};
  EXPECT_EQ(ids.size(), 2);
  EXPECT_EQ(ids.name(0), "-5");
  ids.text = true;
  ids.names = {"ann"};
  EXPECT_EQ(ids.size(), 1);
  EXPECT_EQ(ids.name(0), "ann");
}

}  // namespace
}  // namespace footfall
