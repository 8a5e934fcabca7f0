// Every derived feature of small journeys, worked out by hand from its definition.
#include "engine/features/derived.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "kernels/device/team.hpp"
#include "tests/engine/features/told_base.hpp"

namespace footfall {
namespace {

using test::Told;
using test::unknown;

using Named = std::map<std::string, double>;

/// The derived features of a customer at a cutoff.
Named derived_of(const Base& base, const FeatureSpec& spec, double cutoff, std::int64_t customer = 0) {
  Team team(1);
  const std::vector<ExampleKey> keys = {{customer, test::moment(cutoff, spec.clock)}};
  const ExampleTable table = build_examples(base, spec, keys, team);
  Named values;
  for (std::size_t c = 0; c < table.profile_numbers.size(); ++c) values[table.profile_numbers[c]] = table.profile_number[c];
  EXPECT_EQ(values.size(), table.profile_numbers.size()) << "two features share a name";
  return values;
}

void expect_exactly(const Named& actual, const Named& expected) {
  for (const auto& [name, value] : actual) {
    const auto found = expected.find(name);
    if (found == expected.end()) {
      ADD_FAILURE() << name << " is not expected here, it is " << value;
    } else {
      test::expect_number(value, found->second, name);
    }
  }
  for (const auto& [name, value] : expected) EXPECT_TRUE(actual.contains(name)) << name << " was not derived";
}

FeatureSpec spec_of(const Base& base) {
  FeatureSpec spec = choose_features(base, true, 64, 0.0, "amount", {});
  spec.windows = {10.0, 60.0};
  spec.horizon = 40.0;
  return spec;
}

double half(double power) { return std::exp2(-power); }

/// Saturday 1970-02-14 (day 44) at 6 and at 18 o'clock, Wednesday 1970-04-01 (day 90) at noon twice, seen from day 100 at midnight: events
/// are 55.75, 55.25, 9.5 and 9.5 days old, their days 56 and 10.
const std::vector<Told> journey = {
    {44.25, "buy", 10.0, "a", 2.0}, {44.75, "view", unknown, "b", unknown}, {90.5, "buy", 30.0, "a", 4.0}, {90.5, "view", -5.0, "a", 6.0}};

TEST(Derived, EveryFeatureOfAJourney) {
  const Base base = test::told_base({journey});
  FeatureSpec spec = spec_of(base);
  spec.counted_types = {"buy", "search", "view"};  // nobody here searches
  const double price_weights = half(55.75 / 40) + 2 * half(9.5 / 40);
  const Named expected = {
      {"recency", 9.5},
      {"tenure", 55.75},
      {"active", 46.25},
      {"events", 4},
      {"moments", 3},
      {"events_a_moment", 4.0 / 3},
      {"days", 2},
      {"gap_mean", 46},
      {"gap_deviation", unknown},  // of one gap
      {"gap_last", 46},
      {"gap_max", 46},
      {"passed", 9.5 / 46},
      {"passed_max", 9.5 / 46},
      {"recency_share", 9.5 / 55.75},
      {"rate", 2 / (55.75 + 10)},
      {"age_mean", 33},
      {"age_variation", 23.0 / 33},
      {"days_between", 56.75 / 2},
      {"days_10", 1},
      {"days_60", 2},
      {"decayed_10", half(5.6) + half(1.0)},
      {"decayed_60", half(56.0 / 60) + half(10.0 / 60)},
      {"events_10", 2},
      {"events_60", 4},
      {"amount_sum", 35},
      {"amount_mean", 35.0 / 3},  // a moment
      {"amount_max", 30},
      {"amount_last", 25},  // both lines of the newest moment
      {"returns", 1},
      {"returned", -5},
      {"amount_10", 25},
      {"amount_60", 35},
      {"amount_decayed_10", 10 * half(5.575) + 25 * half(0.95)},
      {"amount_decayed_60", 10 * half(55.75 / 60) + 25 * half(9.5 / 60)},
      {"price_mean", 4},
      {"price_sum", 12},
      {"price_last", 6},
      {"price_decayed", (2 * half(55.75 / 40) + 10 * half(9.5 / 40)) / price_weights},
      {"type_buy", 2},
      {"type_share_buy", 0.5},
      {"type_recency_buy", 9.5},
      {"type_decayed_buy_10", half(5.575) + half(0.95)},
      {"type_decayed_buy_60", half(55.75 / 60) + half(9.5 / 60)},
      {"type_view", 2},
      {"type_share_view", 0.5},
      {"type_recency_view", 9.5},
      {"type_decayed_view_10", half(5.525) + half(0.95)},
      {"type_decayed_view_60", half(55.25 / 60) + half(9.5 / 60)},
      {"type_search", 0},
      {"type_share_search", 0},
      {"type_recency_search", unknown},
      {"type_decayed_search_10", 0},
      {"type_decayed_search_60", 0},
      {"items", 2},
      {"events_an_item", 2},
      {"weekend", 0.5},
      {"hour", 12},
  };
  expect_exactly(derived_of(base, spec, 100.0), expected);
}

TEST(Derived, AnEmptyJourneyHasNoMeansAndCountsNothing) {
  const Base base = test::told_base({{}, journey});
  const Named values = derived_of(base, spec_of(base), 100.0);
  const std::vector<std::string> zero = {"events",
                                         "moments",
                                         "days",
                                         "days_10",
                                         "days_60",
                                         "decayed_10",
                                         "decayed_60",
                                         "events_10",
                                         "events_60",
                                         "amount_sum",
                                         "returns",
                                         "returned",
                                         "amount_10",
                                         "amount_60",
                                         "amount_decayed_10",
                                         "amount_decayed_60",
                                         "price_sum",
                                         "type_buy",
                                         "type_view",
                                         "type_decayed_buy_10",
                                         "type_decayed_buy_60",
                                         "type_decayed_view_10",
                                         "type_decayed_view_60",
                                         "items"};
  Named expected;
  for (const auto& value : values) expected[value.first] = unknown;
  for (const std::string& name : zero) expected[name] = 0.0;
  expect_exactly(values, expected);
}

TEST(Derived, AWantedTypeHasEveryFeatureOfItsOwn) {
  const Base base = test::told_base({journey, {{44.25, "buy", 10.0, "", 2.0}, {90.5, "buy", 30.0, "", 4.0}}});
  FeatureSpec spec = spec_of(base);
  spec.wanted_types = {"buy", "search"};
  const Named values = derived_of(base, spec, 100.0), bought = derived_of(base, spec_of(base), 100.0, 1),
              nothing = derived_of(test::told_base({{}, journey}), spec_of(base), 100.0);
  std::size_t compared = 0;
  for (const auto& [name, value] : values) {
    const bool buy = name.starts_with("buy."), search = name.starts_with("search.");
    if (!buy && !search) continue;
    ++compared;
    // What is said of the purchases is what is said of a journey that has no other events, and nobody searched.
    if (buy) test::expect_number(value, bought.at(name.substr(4)), name);
    if (search) test::expect_number(value, nothing.at(name.substr(7)), name);
  }
  EXPECT_EQ(compared, 2u * 38u);
  EXPECT_TRUE(values.contains("buy.recency") && values.contains("buy.amount_decayed_10") && values.contains("buy.price_decayed"));
  EXPECT_FALSE(values.contains("buy.items"));
  test::expect_number(values.at("buy.events_10"), 1, "buy.events_10");
}

TEST(Derived, GapsAreBetweenDaysWithAnEvent) {
  const Base base = test::told_base({{{90.1}, {90.9}, {94.5}, {99.25}}});  // days 90, 94, 99: gaps 4 and 5
  const Named values = derived_of(base, spec_of(base), 101.25);
  test::expect_number(values.at("gap_mean"), 4.5, "gap_mean");
  test::expect_number(values.at("gap_deviation"), std::sqrt(0.5), "gap_deviation");
  test::expect_number(values.at("gap_last"), 5, "gap_last");
  test::expect_number(values.at("gap_max"), 5, "gap_max");
  test::expect_number(values.at("passed"), 2 / 4.5, "passed");
  test::expect_number(values.at("passed_max"), 2.0 / 5, "passed_max");
  test::expect_number(values.at("age_mean"), (11.25 + 7.25 + 2.25) / 3, "age_mean");
  EXPECT_FALSE(values.contains("moments")) << "nobody has two events at one time, so moments are events";
  EXPECT_TRUE(values.contains("days"));
}

TEST(Derived, AMissingItemIsNoItem) {
  const Base base = test::told_base({{{1.5, "", unknown, "a"}, {2.5}, {3.5, "", unknown, "b"}, {4.5}}, {{1.5}}});
  const Named some = derived_of(base, spec_of(base), 10.0), none = derived_of(base, spec_of(base), 10.0, 1);
  test::expect_number(some.at("items"), 2, "items");
  test::expect_number(some.at("events_an_item"), 2, "events_an_item");
  test::expect_number(none.at("items"), 0, "items of events without one");
  test::expect_number(none.at("events_an_item"), unknown, "events_an_item without items");
}

TEST(Derived, OneEventHasNoGap) {
  const Base base = test::told_base({{{90.5}}});
  const Named values = derived_of(base, spec_of(base), 100.0);
  for (const char* name : {"gap_mean", "gap_deviation", "gap_last", "gap_max", "passed", "passed_max"})
    test::expect_number(values.at(name), unknown, name);
  test::expect_number(values.at("recency_share"), 1.0, "recency_share");
  test::expect_number(values.at("age_variation"), 0.0, "age_variation");
}

TEST(Derived, AClockOfStepsCountsSteps) {
  const Clock steps{true, 1};
  const Base base = test::told_base({{{1.0}, {3.0}, {3.0}}}, steps);
  FeatureSpec spec = choose_features(base, true, 64, 0.0, "amount", {});
  spec.windows = {2.0};
  const Named values = derived_of(base, spec, 5.0);
  test::expect_number(values.at("recency"), 2, "recency");
  test::expect_number(values.at("tenure"), 4, "tenure");
  test::expect_number(values.at("days"), 2, "days");
  test::expect_number(values.at("gap_mean"), 2, "gap_mean");
  test::expect_number(values.at("days_2"), 1, "days_2");
  test::expect_number(values.at("events_2"), 2, "events_2");
  EXPECT_FALSE(values.contains("weekend")) << "a step has no weekday";
  EXPECT_FALSE(values.contains("hour"));
}

TEST(Derived, AClockOfDaysHasWeekendsButNoHours) {
  const Base base = test::told_base({{{44.0}, {45.0}, {46.0}}}, {false, microseconds_per_day});  // Saturday, Sunday, Monday
  const Named values = derived_of(base, spec_of(base), 50.0);
  test::expect_number(values.at("weekend"), 2.0 / 3, "weekend");
  EXPECT_FALSE(values.contains("hour"));
}

TEST(Derived, WeekdaysBefore1970) {
  const Base base = test::told_base({{{-5.0}, {-1.5}}});  // Saturday 1969-12-27, Tuesday 1969-12-30 at noon
  const Named values = derived_of(base, spec_of(base), 0.0);
  test::expect_number(values.at("weekend"), 0.5, "weekend");
  test::expect_number(values.at("hour"), 6.0, "hour");
  test::expect_number(values.at("recency"), 1.5, "recency");
}

}  // namespace
}  // namespace footfall
