// How examples are cut into batches.
#include "engine/train/batches.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

std::vector<std::int32_t> some_lengths(std::int64_t count) {
  test::Numbers numbers(9);
  std::vector<std::int32_t> lengths;
  for (std::int64_t i = 0; i < count; ++i) lengths.push_back(static_cast<std::int32_t>(1 + numbers.below(30)));
  return lengths;
}

/// Every second example of the table.
std::vector<std::int64_t> some_examples(std::int64_t count) {
  std::vector<std::int64_t> examples;
  for (std::int64_t i = 0; i < count; i += 2) examples.push_back(i);
  return examples;
}

void expect_sound(const BatchPlan& plan, const std::vector<std::int32_t>& lengths, std::vector<std::int64_t> examples, std::int64_t batch) {
  std::vector<std::int64_t> seen = plan.order;
  std::sort(seen.begin(), seen.end());
  std::sort(examples.begin(), examples.end());
  EXPECT_EQ(seen, examples) << "each example once";
  ASSERT_EQ(plan.start.front(), 0);
  ASSERT_EQ(plan.start.back(), static_cast<std::int64_t>(plan.order.size()));
  std::int64_t steps = 0, padded = 0;
  for (std::int64_t k = 0; k < plan.batches(); ++k) {
    const std::int64_t begin = plan.start[static_cast<std::size_t>(k)], end = plan.start[static_cast<std::size_t>(k) + 1];
    EXPECT_GT(end, begin);
    EXPECT_LE(end - begin, batch);
    if (lengths.empty()) continue;
    const auto length = [&](std::int64_t i) { return lengths[static_cast<std::size_t>(plan.order[static_cast<std::size_t>(i)])]; };
    for (std::int64_t i = begin; i < end; ++i) {
      steps += length(i);
      padded += length(begin);
      EXPECT_GE(length(std::max(begin, i - 1)), length(i)) << "the longest first";
    }
  }
  EXPECT_EQ(plan.steps, steps);
  EXPECT_EQ(plan.padded, padded);
}

TEST(PlanEpoch, TakesEachExampleOnceInBatchesOfDescendingLength) {
  for (const std::int64_t count : {1, 7, 64, 501})
    for (const std::int64_t batch : {1, 8, 1000}) {
      const auto lengths = some_lengths(count);
      const auto examples = some_examples(count);
      expect_sound(plan_epoch(lengths, examples, batch, 4, 42), lengths, examples, batch);
    }
}

TEST(PlanEpoch, OnlyTheLastBatchCutIsSmaller) {
  const BatchPlan plan = plan_epoch(some_lengths(202), some_examples(202), 8, 4, 1);  // 101 examples
  EXPECT_EQ(plan.batches(), 13);
  std::int64_t small = 0;
  for (std::int64_t k = 0; k < 13; ++k)
    small += plan.start[static_cast<std::size_t>(k) + 1] - plan.start[static_cast<std::size_t>(k)] < 8 ? 1 : 0;
  EXPECT_EQ(small, 1);
}

TEST(PlanEpoch, TheSeedDecides) {
  const auto lengths = some_lengths(300);
  const auto examples = some_examples(300);
  const BatchPlan a = plan_epoch(lengths, examples, 8, 4, 42), b = plan_epoch(lengths, examples, 8, 4, 42),
                  c = plan_epoch(lengths, examples, 8, 4, 43);
  EXPECT_EQ(a.order, b.order);
  EXPECT_EQ(a.start, b.start);
  EXPECT_NE(a.order, c.order);
}

TEST(PlanEpoch, SortingInWindowsLeavesLessPadding) {
  const auto lengths = some_lengths(2000);
  const auto examples = some_examples(2000);
  const double alone = plan_epoch(lengths, examples, 8, 1, 42).padding(), together = plan_epoch(lengths, examples, 8, 32, 42).padding();
  EXPECT_GT(alone, 0.3) << "eight lengths of 1 to 30 as they come";
  EXPECT_LT(together, 0.1);
}

TEST(PlanEpoch, WithoutEventsThereAreNoSteps) {
  const BatchPlan plan = plan_epoch({}, some_examples(50), 8, 4, 42);
  expect_sound(plan, {}, some_examples(50), 8);
  EXPECT_EQ(plan.steps, 0);
  EXPECT_EQ(plan.padding(), 0.0);
  EXPECT_FALSE(std::is_sorted(plan.order.begin(), plan.order.end()));
}

TEST(PlanGroups, EachGroupIsCutByItself) {
  const auto lengths = some_lengths(60);
  const std::vector<std::vector<std::int64_t>> groups = {{0, 1, 2, 3, 4}, {}, {50, 40, 30}};
  const BatchPlan plan = plan_groups(lengths, groups, 4);
  expect_sound(plan, lengths, {0, 1, 2, 3, 4, 50, 40, 30}, 4);
  EXPECT_EQ(plan.start, (std::vector<std::int64_t>{0, 4, 5, 8}));
  const BatchPlan alone = plan_groups(lengths, std::vector<std::vector<std::int64_t>>{groups[2]}, 4);
  EXPECT_TRUE(std::equal(alone.order.begin(), alone.order.end(), plan.order.begin() + 5)) << "other groups change nothing";
}

TEST(PlanGroups, EqualLengthsKeepTheirOrder) {
  const std::vector<std::int32_t> lengths = {3, 5, 3, 5, 3};
  const BatchPlan plan = plan_groups(lengths, std::vector<std::vector<std::int64_t>>{{0, 1, 2, 3, 4}}, 10);
  EXPECT_EQ(plan.order, (std::vector<std::int64_t>{1, 3, 0, 2, 4}));
}

}  // namespace
}  // namespace footfall
