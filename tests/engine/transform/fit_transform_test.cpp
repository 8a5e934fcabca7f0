// What fitting a transform leaves behind, column by column, against the definitions in float64.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/transform/gate.hpp"
#include "engine/transform/transform.hpp"
#include "kernels/error.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

class FitTransformTest : public test::BackendTest {
 protected:
  [[nodiscard]] Transform fit(const ExampleTable& table, std::span<const std::int64_t> training, const TransformSpec& spec) {
    return fit_transform(table, {}, training, spec, backend(), stream());
  }
};

/// A table of profile numbers alone.
ExampleTable profiles_of(const std::vector<std::string>& names, const std::vector<std::vector<float>>& rows) {
  ExampleTable table;
  table.profile_numbers = names;
  for (const std::vector<float>& row : rows) {
    table.keys.push_back({table.size(), 0});
    table.profile_number.insert(table.profile_number.end(), row.begin(), row.end());
  }
  return table;
}

/// A table of one event number alone; the last of a sequence is its closing step.
ExampleTable events_of(const std::vector<std::vector<float>>& sequences) {
  ExampleTable table;
  table.event_numbers = {"price"};
  for (const std::vector<float>& sequence : sequences) {
    table.keys.push_back({table.size(), 0});
    table.first.push_back(static_cast<std::int64_t>(table.event_number.size()));
    table.length.push_back(static_cast<std::int32_t>(sequence.size()));
    table.event_number.insert(table.event_number.end(), sequence.begin(), sequence.end());
  }
  return table;
}

double signed_log(double x) { return x < 0.0 ? -std::log1p(-x) : std::log1p(x); }

const std::vector<std::int64_t> five = {0, 1, 2, 3, 4};

TEST_F(FitTransformTest, StandardScalesTheLogarithmOfAProfileColumn) {
  const std::vector<double> values = {-3.0, 0.0, 1.0, 10.0, 10.0};
  const Transform t = fit(profiles_of({"x"}, {{-3}, {0}, {1}, {10}, {10}}), five, {});
  double mean = 0.0, square = 0.0;
  for (const double x : values) mean += signed_log(x) / 5;
  for (const double x : values) square += (signed_log(x) - mean) * (signed_log(x) - mean) / 5;
  EXPECT_EQ(t.profile.logarithm, std::vector<std::uint8_t>{1});
  EXPECT_NEAR(t.profile.scale[0].mean, mean, 1e-6);
  EXPECT_NEAR(t.profile.scale[0].inverse, 1.0 / std::sqrt(square), 1e-6);
  EXPECT_EQ(t.profile.scale[0].low, -4.0F);
  EXPECT_EQ(t.profile.scale[0].high, 4.0F);
  EXPECT_EQ(t.profile.scale[0].indicator, -1) << "nothing is missing";
}

TEST_F(FitTransformTest, OnlyTrainingExamplesCount) {
  const std::vector<std::vector<float>> rows = {{1}, {2}, {3}, {4}, {9}}, changed = {{1}, {1e6F}, {3}, {missing}, {9}};
  const std::vector<std::int64_t> some = {0, 2, 4};
  const Transform a = fit(profiles_of({"x"}, rows), some, {}), b = fit(profiles_of({"x"}, changed), some, {});
  EXPECT_EQ(a.profile.scale[0].mean, b.profile.scale[0].mean);
  EXPECT_EQ(a.profile.scale[0].inverse, b.profile.scale[0].inverse);
  EXPECT_EQ(b.profile.scale[0].indicator, -1);
  test::expect_same_bits(a.knots, b.knots, "knots");
  test::expect_same_bits(a.scores, b.scores, "scores");
}

TEST_F(FitTransformTest, EveryPolicyFillsAsItSays) {
  const ExampleTable table = profiles_of({"x"}, {{7}, {missing}, {1}, {7}, {2}});
  const auto filled = [&](NumericMissing policy) {
    TransformSpec spec;
    spec.numeric = policy;
    return static_cast<double>(fit(table, five, spec).profile.scale[0].fill);
  };
  EXPECT_NEAR(filled(NumericMissing::mean), (2 * std::log(8.0) + std::log(2.0) + std::log(3.0)) / 4, 1e-6);
  EXPECT_NEAR(filled(NumericMissing::median), std::log(3.0), 1e-6) << "of an even count the lower";
  EXPECT_NEAR(filled(NumericMissing::mode), std::log(8.0), 1e-6);
  EXPECT_EQ(filled(NumericMissing::zero), 0.0);
}

TEST_F(FitTransformTest, AnIndicatorWhereMoreThanOneInTwoHundredIsMissing) {
  std::vector<std::vector<float>> rows(400, {1.0F, 2.0F, 3.0F});
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < 400; ++i) {
    const auto at = static_cast<std::size_t>(i);
    for (float& x : rows[at]) x += static_cast<float>(i);
    if (i < 2) rows[at][0] = missing;  // one in two hundred: too few
    if (i < 4) rows[at][2] = missing;
    all.push_back(i);
  }
  const Transform t = fit(profiles_of({"a", "b", "c"}, rows), all, {});
  EXPECT_EQ(t.profile.scale[0].indicator, -1);
  EXPECT_EQ(t.profile.scale[1].indicator, -1);
  EXPECT_EQ(t.profile.scale[2].indicator, 3) << "behind the three numbers";
  ASSERT_EQ(t.indicator_scale.size(), 1u);
  EXPECT_NEAR(t.indicator_scale[0].mean, 0.01, 1e-8);
  EXPECT_NEAR(t.indicator_scale[0].inverse, 1.0 / std::sqrt(0.01 * 0.99), 1e-5);
  TransformSpec without;
  without.indicators = false;
  EXPECT_EQ(fit(profiles_of({"a", "b", "c"}, rows), all, without).profile.indicators(), 0);
}

TEST_F(FitTransformTest, ConstantAndEmptyColumnsBecomeZero) {
  const ExampleTable table = profiles_of({"constant", "empty"}, {{3, missing}, {3, missing}, {3, missing}, {3, missing}, {3, missing}});
  const Transform t = fit(table, five, {});
  for (const ColumnScale& scale : t.profile.scale) EXPECT_EQ(scale.inverse, 0.0F) << "whatever turns up later tells the model nothing";
  EXPECT_EQ(t.profile.indicators(), 0) << "a column that is never there has no indicator: it would be constant";
  for (const float score : t.scores) EXPECT_EQ(score, 0.0F);
}

TEST_F(FitTransformTest, MinmaxAndNoneTakeNoLogarithmAndNoScores) {
  const ExampleTable table = profiles_of({"x"}, {{-2}, {0}, {1}, {6}, {8}});
  TransformSpec spec;
  spec.scale = Scale::minmax;
  const Transform minmax = fit(table, five, spec);
  EXPECT_EQ(minmax.profile.logarithm, std::vector<std::uint8_t>{0});
  EXPECT_EQ(minmax.points, 0);
  EXPECT_EQ(minmax.profile.scale[0].mean, -2.0F);
  EXPECT_EQ(minmax.profile.scale[0].inverse, 0.1F);
  spec.scale = Scale::none;
  const Transform none = fit(table, five, spec);
  EXPECT_EQ(none.profile.logarithm, std::vector<std::uint8_t>{0});
  EXPECT_EQ(none.profile.scale[0].mean, 0.0F);
  EXPECT_EQ(none.profile.scale[0].inverse, 1.0F);
  EXPECT_EQ(none.profile_width(), 1);
}

TEST_F(FitTransformTest, ClosingStepsAreNoEvents) {
  const ExampleTable table = events_of({{1, 3, 1e6F}, {5, missing}, {7, 9, missing, missing}});
  const Transform t = fit(table, std::vector<std::int64_t>{0, 1, 2}, {});
  EXPECT_EQ(t.events.logarithm, std::vector<std::uint8_t>{0}) << "events have no long tail here";
  EXPECT_EQ(t.events.scale[0].mean, 5.0F);
  EXPECT_NEAR(t.events.scale[0].inverse, 1.0 / std::sqrt(8.0), 1e-7);
  EXPECT_EQ(t.events.scale[0].high, 10.0F);
  EXPECT_EQ(t.events.scale[0].indicator, 1) << "one event lacks the price";
  const Transform whole = fit(table, std::vector<std::int64_t>{0, 1}, {});
  EXPECT_EQ(whole.events.scale[0].indicator, -1) << "only closing steps lack it";
}

TEST_F(FitTransformTest, ALongTailOfEventsIsTakenByItsLogarithm) {
  std::vector<float> prices(100, 1.0F);
  prices[7] = 1e5F;  // (1e5 - mean) / deviation is close to sqrt(99), beyond 8
  prices.push_back(missing);
  const Transform t = fit(events_of({prices}), std::vector<std::int64_t>{0}, {});
  EXPECT_EQ(t.events.logarithm, std::vector<std::uint8_t>{1});
  EXPECT_NEAR(t.events.scale[0].mean, (99 * std::log(2.0) + std::log1p(1e5)) / 100, 1e-6);
}

TEST_F(FitTransformTest, InfiniteValuesAreRefusedByName) {
  const float infinite = std::numeric_limits<float>::infinity();
  for (const float x : {infinite, -infinite}) {
    try {
      static_cast<void>(fit(profiles_of({"age", "income"}, {{1, 2}, {3, x}, {5, 6}, {7, 8}, {9, 1}}), five, {}));
      FAIL() << "an infinite value was taken";
    } catch (const Error& problem) {
      EXPECT_EQ(problem.kind(), ErrorKind::bad_input);
      EXPECT_NE(std::string(problem.what()).find("\"income\""), std::string::npos) << problem.what();
    }
  }
}

TEST_F(FitTransformTest, ManyDistinctValuesShareTheKnots) {
  // 4000 values, 1024 knots: between knots the map is linear, so a value's score is off by at most the distance of its neighbours' scores.
  test::Numbers numbers(5);
  std::vector<std::vector<float>> rows;
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < 4000; ++i) {
    rows.push_back({static_cast<float>(numbers.next())});
    all.push_back(i);
  }
  const Transform t = fit(profiles_of({"x"}, rows), all, {});
  ASSERT_EQ(t.points, 1024);
  EXPECT_TRUE(std::is_sorted(t.knots.begin(), t.knots.end()));
  EXPECT_TRUE(std::is_sorted(t.scores.begin(), t.scores.end()));
  EXPECT_NEAR(t.scores[511], -t.scores[512], 1e-3);
  EXPECT_NEAR(t.scores.back(), 3.66, 0.05) << "the normal quantile of 1 - 1/8000 over a deviation a little below 1";
}

TEST(FitGate, ShrinksEachInputByItsEvidence) {
  // Inputs: the label itself, its weak echo, a constant, noise orthogonal to the label. Row 8 has no label, row 9 is not trained on.
  const std::vector<float> labels = {0, 0, 0, 0, 1, 1, 1, 1, missing, 1};
  const std::vector<float> encoded = {-1, 0, 2, 1,   //
                                      -1, 0, 2, -1,  //
                                      -1, 0, 2, 1,   //
                                      -1, 1, 2, -1,  //
                                      1,  0, 2, 1,   //
                                      1,  1, 2, -1,  //
                                      1,  1, 2, 1,   //
                                      1,  1, 2, -1,  //
                                      50, 9, 9, 9,   //
                                      -9, 9, 9, 90};
  const std::vector<std::int64_t> training = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<float> gate = fit_gate(encoded, 4, labels, training);
  ASSERT_EQ(gate.size(), 4u);
  EXPECT_NEAR(gate[0], std::sqrt(0.5), 1e-6) << "correlation 1 over 8 rows";
  EXPECT_EQ(gate[1], 0.0F) << "correlation 1/2: 8 times its square is 2, below 4";
  EXPECT_EQ(gate[2], 0.0F);
  EXPECT_EQ(gate[3], 0.0F);
}

}  // namespace
}  // namespace footfall
