// Cells that are missing and are interpolated, or take their event with them.
#include "engine/features/missing.hpp"

#include <gtest/gtest.h>

#include "kernels/device/team.hpp"
#include "tests/engine/features/told_base.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using test::Told;
using test::told_base;
using test::unknown;

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

ExampleTable examples_of(const Base& base, const FeatureSpec& spec, std::vector<ExampleKey> keys) {
  Team team(1);
  return build_examples(base, spec, keys, team);
}

std::vector<float> interpolated(const std::vector<double>& days, const std::vector<float>& cells) {
  std::vector<Told> events;
  std::vector<std::size_t> all;
  for (const double day : days) {
    all.push_back(events.size());
    events.push_back({day});
  }
  return interpolated_cells(*told_base({events}).journeys, cells, all);
}

TEST(Interpolation, LiesOnTheLineInTime) {
  test::expect_close(interpolated({0, 1, 3, 4}, {10, missing, missing, 30}), {10, 15, 25, 30}, {1e-5, 0.0}, "line");
  test::expect_close(interpolated({0, 1, 2, 3, 4}, {4, missing, 8, missing, 0}), {4, 6, 8, 4, 0}, {1e-5, 0.0}, "two lines");
}

TEST(Interpolation, EqualsTheNearestAtTheEnds) {
  test::expect_close(interpolated({0, 1, 3, 9}, {missing, 5, 7, missing}), {5, 5, 7, 7}, {0.0, 0.0}, "ends");
  test::expect_close(interpolated({0, 1, 3}, {missing, 5, missing}), {5, 5, 5}, {0.0, 0.0}, "one cell");
}

TEST(Interpolation, WhereNothingIsThereNothingIsMadeUp) {
  test::expect_close(interpolated({0, 1}, {missing, missing}), {unknown, unknown}, {0.0, 0.0}, "all missing");
  EXPECT_TRUE(interpolated({}, {}).empty());
}

TEST(Interpolation, BetweenTwoOfOneMomentItIsTheMiddle) {
  test::expect_close(interpolated({2, 2, 2}, {10, missing, 20}), {10, 15, 20}, {1e-6, 0.0}, "one moment");
}

TEST(Interpolation, SeesNothingFromTheCutoffOn) {
  const std::vector<Told> journey = {{1.0, "", unknown, "", 10.0}, {2.0}, {3.0, "", unknown, "", 30.0}};
  const Base base = told_base({journey, {{9.0}}});
  FeatureSpec spec = choose_features(base, true, 64, 0.0, "", {});
  spec.interpolate = true;
  const ExampleTable table = examples_of(base, spec, {{0, test::moment(2.5)}, {0, test::moment(4.0)}});
  EXPECT_EQ(test::event_value(table, 0, 1, "price"), 10.0F) << "the 30 comes after this cutoff";
  EXPECT_EQ(test::event_value(table, 1, 1, "price"), 20.0F);
}

TEST(Interpolation, NeverCrossesFromOneCustomerToTheNext) {
  const Base base = told_base({{{1.0, "", unknown, "", 10.0}}, {{2.0}}, {{3.0, "", unknown, "", 30.0}}});
  FeatureSpec spec = choose_features(base, false, 64, 0.0, "", {});
  spec.interpolate = true;
  const ExampleTable table = examples_of(base, spec, {{1, test::moment(4.0)}});
  test::expect_number(test::event_value(table, 0, 0, "price"), unknown, "price");
}

TEST(Dropping, ADroppedEventIsInNoFeature) {
  const std::vector<Told> whole = {{1.0, "buy", 10.0, "a", 1.0}, {5.0, "view", 7.0, "b", 2.0}};
  const std::vector<Told> holed = {
      {1.0, "buy", 10.0, "a", 1.0}, {3.0, "buy", 99.0, "c"}, {5.0, "view", 7.0, "b", 2.0}, {6.0, "view", 1.0, "d"}};
  const Base base = told_base({holed}), expected = told_base({whole, {{6.0, "", unknown, "d"}}});
  FeatureSpec spec = choose_features(base, true, 64, 30.0, "", {"buy"});
  spec.drop_numbers = true;
  test::expect_same_tables(examples_of(base, spec, {{0, test::moment(8.0)}}), examples_of(expected, spec, {{0, test::moment(8.0)}}));
}

TEST(Dropping, WordsAndNumbersAreAskedForApart) {
  Base base = told_base({{{1.0, "", unknown, "", 1.0}, {2.0, "", unknown, "", unknown}, {3.0, "", unknown, "", 3.0}}});
  base.journeys->categorical.push_back({"shop", {0, 0, -1}, {"north"}});
  FeatureSpec spec = choose_features(base, false, 64, 0.0, "", {});
  const std::vector<ExampleKey> keys = {{0, test::moment(8.0)}};
  EXPECT_EQ(examples_of(base, spec, keys).length.front(), 4);
  spec.drop_words = true;
  EXPECT_EQ(examples_of(base, spec, keys).length.front(), 3);
  spec.drop_numbers = true;
  EXPECT_EQ(examples_of(base, spec, keys).length.front(), 2);
}

}  // namespace
}  // namespace footfall
