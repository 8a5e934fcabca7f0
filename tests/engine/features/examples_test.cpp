// What an example is made of: its event rows, its closing step, its customer columns, and nothing from the cutoff on.
#include "engine/features/examples.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "kernels/device/team.hpp"
#include "kernels/error.hpp"
#include "tests/engine/features/told_base.hpp"

namespace footfall {
namespace {

using test::event_code;
using test::event_value;
using test::expect_number;
using test::moment;
using test::Told;
using test::told_base;
using test::unknown;

ExampleTable examples_of(const Base& base, const FeatureSpec& spec, std::vector<ExampleKey> keys, int threads = 1) {
  Team team(threads);
  return build_examples(base, spec, keys, team);
}

FeatureSpec spec_of(const Base& base, std::int64_t max_length = 64) { return choose_features(base, true, max_length, 30.0, "amount", {}); }

/// Saturday at 6 o'clock, half a day later, and five days after that.
const std::vector<Told> journey = {{44.25, "buy", 10.0, "a", 2.0}, {44.75, "view", unknown, "b", 3.0}, {49.75, "", 30.0, "a", unknown}};

TEST(EventRows, EachEventWithItsGapHourAndWeekday) {
  const Base base = told_base({journey});
  const ExampleTable table = examples_of(base, spec_of(base), {{0, moment(52.0)}});
  ASSERT_EQ(table.length, (std::vector<std::int32_t>{4}));
  const double turn = 2.0 * std::numbers::pi;
  const double gaps[] = {0.0, 0.5, 5.0, 2.25}, hours[] = {0.25, 0.75, 0.75, 0.0}, weekdays[] = {5, 5, 3, 6};  // the cutoff is a Sunday
  const double positions[] = {1, 2, 3, 3};
  for (std::int64_t row = 0; row < 4; ++row) {
    const std::string where = " of step " + std::to_string(row);
    expect_number(event_value(table, 0, row, "gap"), std::log1p(gaps[row]), "gap" + where);
    expect_number(event_value(table, 0, row, "position"), std::log1p(positions[row]), "position" + where);
    expect_number(event_value(table, 0, row, "closing"), row == 3 ? 1.0 : 0.0, "closing" + where);
    expect_number(event_value(table, 0, row, "hour_sine"), std::sin(turn * hours[row]), "hour_sine" + where);
    expect_number(event_value(table, 0, row, "hour_cosine"), std::cos(turn * hours[row]), "hour_cosine" + where);
    expect_number(event_value(table, 0, row, "weekday_sine"), std::sin(turn * weekdays[row] / 7), "weekday_sine" + where);
    expect_number(event_value(table, 0, row, "weekday_cosine"), std::cos(turn * weekdays[row] / 7), "weekday_cosine" + where);
  }
}

TEST(EventRows, CarryTheJobsColumnsAndNothingInTheClosingStep) {
  const Base base = told_base({journey});
  const ExampleTable table = examples_of(base, spec_of(base), {{0, moment(52.0)}});
  const double amounts[] = {10.0, unknown, 30.0, unknown}, prices[] = {2.0, 3.0, unknown, unknown};
  const std::int32_t types[] = {0, 1, -1, -1};
  for (std::int64_t row = 0; row < 4; ++row) {
    expect_number(event_value(table, 0, row, "amount"), amounts[row], "amount");
    expect_number(event_value(table, 0, row, "price"), prices[row], "price");
    EXPECT_EQ(event_code(table, 0, row, "event"), types[row]);
  }
}

TEST(EventRows, TheNewestAreKept) {
  const Base base = told_base({journey});
  const ExampleTable table = examples_of(base, spec_of(base, 2), {{0, moment(52.0)}});
  ASSERT_EQ(table.length, (std::vector<std::int32_t>{3}));
  expect_number(event_value(table, 0, 0, "price"), 3.0, "price of the oldest kept");
  expect_number(event_value(table, 0, 0, "gap"), std::log1p(0.5), "its gap counts from the event that was cut off");
  expect_number(event_value(table, 0, 0, "position"), std::log1p(2.0), "its position in the whole journey");
  expect_number(event_value(table, 0, 2, "position"), std::log1p(3.0), "the closing step counts all events");
  expect_number(test::profile_value(table, 0, "events"), 3.0, "derived features see what the sequence does not keep");
}

TEST(EventRows, AnEmptyJourneyIsOneClosingStep) {
  const Base base = told_base({{}, journey});
  const ExampleTable table = examples_of(base, spec_of(base), {{0, moment(52.0)}, {1, moment(52.0)}});
  EXPECT_EQ(table.length, (std::vector<std::int32_t>{1, 4}));
  EXPECT_EQ(table.first, (std::vector<std::int64_t>{0, 1}));
  expect_number(event_value(table, 0, 0, "closing"), 1.0, "closing");
  expect_number(event_value(table, 0, 0, "gap"), 0.0, "gap");
  expect_number(event_value(table, 0, 0, "position"), 0.0, "position");
  expect_number(event_value(table, 0, 0, "amount"), unknown, "amount");
}

TEST(EventRows, AClockOfStepsHasNoCircles) {
  const Base base = told_base({{{3.0}, {7.0}}}, {true, 1});
  const FeatureSpec spec = choose_features(base, false, 64, 0.0, "amount", {});
  const ExampleTable table = examples_of(base, spec, {{0, 9}});
  EXPECT_EQ(table.event_numbers, (std::vector<std::string>{"gap", "position", "closing", "amount", "price"}));
  expect_number(event_value(table, 0, 1, "gap"), std::log1p(4.0), "gap in steps");
  expect_number(event_value(table, 0, 2, "gap"), std::log1p(2.0), "closing gap in steps");
}

TEST(PointInTime, EventsFromTheCutoffOnChangeNothing) {
  const std::vector<Told> later = {{52.0, "buy", 1000.0, "c", 77.0}, {52.0, "view", 7.0, "b", 1.0}, {60.0, "buy", -3.0, "a", 5.0}};
  std::vector<Told> longer = journey;
  longer.insert(longer.end(), later.begin(), later.end());
  const Base before = told_base({journey, {}}), after = told_base({longer, later});
  const FeatureSpec spec = spec_of(after);
  const std::vector<ExampleKey> keys = {{0, moment(52.0)}, {1, moment(52.0)}};
  test::expect_same_tables(examples_of(before, spec, keys), examples_of(after, spec, keys));
}

TEST(PointInTime, AnEventJustBeforeTheCutoffCounts) {
  const Base base = told_base({journey});
  const ExampleTable table = examples_of(base, spec_of(base), {{0, moment(49.75) + 1}, {0, moment(49.75)}});
  EXPECT_EQ(table.length, (std::vector<std::int32_t>{4, 3}));
}

TEST(PointInTime, OneCustomerAtTwoCutoffsSharesItsPastBitForBit) {
  const Base base = told_base({journey});
  const ExampleTable table = examples_of(base, spec_of(base), {{0, moment(49.0)}, {0, moment(52.0)}});
  for (const std::string& name : table.event_numbers)
    for (std::int64_t row = 0; row < 2; ++row) {
      const float early = event_value(table, 0, row, name), late = event_value(table, 1, row, name);
      EXPECT_TRUE(early == late || (std::isnan(early) && std::isnan(late))) << name << " of step " << row;
    }
}

Profiles two_profiles() {
  Profiles profiles;
  profiles.present = {1, 0};
  profiles.numeric.push_back({"age", {31.0F, std::numeric_limits<float>::quiet_NaN()}});
  profiles.categorical.push_back({"city", {1, -1}, {"Oslo", "Rome"}});
  return profiles;
}

TEST(ProfileRows, CustomerColumnsComeBeforeDerivedOnes) {
  Base base = told_base({journey, journey});
  base.profiles = two_profiles();
  const ExampleTable table = examples_of(base, spec_of(base), {{1, moment(52.0)}, {0, moment(52.0)}});
  EXPECT_EQ(table.profile_numbers.front(), "age");
  EXPECT_EQ(table.profile_codes, (std::vector<std::string>{"city"}));
  expect_number(test::profile_value(table, 0, "age"), unknown, "age of who is not in the table");
  expect_number(test::profile_value(table, 1, "age"), 31.0, "age");
  EXPECT_EQ(table.profile_code, (std::vector<std::int32_t>{-1, 1}));
}

TEST(ProfileRows, ATableAloneHasNoEvents) {
  Base base;
  base.ids.numbers = {1, 2};
  base.profiles = two_profiles();
  const FeatureSpec spec = choose_features(base, true, 64, 0.0, "", {});
  EXPECT_FALSE(spec.events);
  EXPECT_FALSE(spec.derived);
  const ExampleTable table = examples_of(base, spec, {{0, 0}, {1, 0}});
  EXPECT_EQ(table.event_rows(), 0);
  EXPECT_EQ(table.profile_numbers, (std::vector<std::string>{"age"}));
}

TEST(Features, WindowsSuitTheHorizon) {
  const Base base = told_base({journey});
  EXPECT_EQ(choose_features(base, true, 64, 0.0, "", {}).windows, (std::vector<double>{7, 30, 90}));
  EXPECT_EQ(choose_features(base, true, 64, 30.0, "", {}).windows,
            (std::vector<double>{7, 7.5, 15, 30, 60}));  // 90 is beyond twice the horizon
  EXPECT_EQ(choose_features(base, true, 64, 280.0, "", {}).windows,
            (std::vector<double>{30, 70, 90, 140, 280, 560}));  // 7 is below a sixteenth
}

TEST(Features, CrowdsAreSeen) {
  const FeatureSpec apart = choose_features(told_base({{{1.5}, {2.5}}, {{2.5}}}), true, 64, 0.0, "", {});
  EXPECT_FALSE(apart.many_per_day || apart.many_per_moment);
  const FeatureSpec day = choose_features(told_base({{{1.25}, {1.5}}}), true, 64, 0.0, "", {});
  EXPECT_TRUE(day.many_per_day && !day.many_per_moment);
  const FeatureSpec at_once = choose_features(told_base({{{1.5}, {1.5}}}), true, 64, 0.0, "", {});
  EXPECT_TRUE(at_once.many_per_day && at_once.many_per_moment);
}

TEST(Features, TheAmountIsNotSummarizedTwice) {
  const Base base = told_base({journey});
  EXPECT_EQ(choose_features(base, true, 64, 0.0, "price", {}).summarized, std::vector<std::string>{});
  EXPECT_EQ(choose_features(base, true, 64, 0.0, "amount", {}).summarized, std::vector<std::string>{"price"});
}

TEST(Features, FewTypesAreCountedManyAreNot) {
  std::vector<Told> few, many;
  for (int i = 0; i < 17; ++i) {
    const std::string type = "type_" + std::to_string(10 + i);
    if (i < 16) few.push_back({1.0 * i, type});
    many.push_back({1.0 * i, type});
  }
  EXPECT_EQ(choose_features(told_base({few}), true, 64, 0.0, "", {}).counted_types.size(), 16u);
  const FeatureSpec spec = choose_features(told_base({many}), true, 64, 0.0, "", {});
  EXPECT_TRUE(spec.counted_types.empty());
  EXPECT_EQ(spec.event_categorical, std::vector<std::string>{"event"}) << "the sequence sees the type all the same";
}

TEST(Features, TypesAreFoundByNameInAnotherBase) {
  const Base fitted = told_base({{{1.0, "buy"}, {2.0, "view"}}});
  const Base scored = told_base({{{1.0, "add"}, {2.0, "view"}, {3.0, "view"}}});  // "view" has another code here, "buy" none
  const ExampleTable table = examples_of(scored, spec_of(fitted), {{0, moment(5.0)}});
  expect_number(test::profile_value(table, 0, "type_view"), 2.0, "type_view");
  expect_number(test::profile_value(table, 0, "type_buy"), 0.0, "type_buy");
}

void expect_refusal(const Base& base, const FeatureSpec& spec, const std::string& named) {
  try {
    static_cast<void>(examples_of(base, spec, {{0, 0}}));
    FAIL() << "taken without " << named;
  } catch (const Error& problem) {
    EXPECT_EQ(problem.kind(), ErrorKind::bad_input);
    EXPECT_NE(std::string(problem.what()).find(named), std::string::npos) << problem.what();
  }
}

TEST(Features, ABaseThatLacksWhatTheModelReadsIsRefusedByName) {
  Base base = told_base({journey});
  base.profiles = two_profiles();
  const FeatureSpec spec = spec_of(base);
  Base lacking = base;
  lacking.journeys->numeric.clear();
  expect_refusal(lacking, spec, "\"price\"");
  lacking = base;
  lacking.journeys->type.name = "kind";
  expect_refusal(lacking, spec, "\"event\"");
  lacking = base;
  lacking.journeys->amount.clear();
  expect_refusal(lacking, spec, "no amount");
  lacking = base;
  lacking.journeys->item.dictionary.clear();
  expect_refusal(lacking, spec, "no item");
  lacking = base;
  lacking.journeys.reset();
  expect_refusal(lacking, spec, "no events");
  lacking = base;
  lacking.profiles.reset();
  expect_refusal(lacking, spec, "no customer table");
  lacking = base;
  lacking.profiles->categorical.clear();
  expect_refusal(lacking, spec, "\"city\"");
}

TEST(Features, TheNumberOfThreadsChangesNoBit) {
  std::vector<std::vector<Told>> customers;
  std::vector<ExampleKey> keys;
  for (std::int64_t i = 0; i < 700; ++i) {  // three tiles
    std::vector<Told> events;
    for (std::int64_t k = 0; k < i % 7; ++k)
      events.push_back(
          {static_cast<double>(10 + 3 * k) + 0.01 * static_cast<double>(i), k % 2 == 0 ? "buy" : "view", 1.5 * static_cast<double>(i + k)});
    customers.push_back(events);
    keys.push_back({i, moment(25.0)});
  }
  const Base base = told_base(customers);
  const FeatureSpec spec = spec_of(base);
  const ExampleTable one = examples_of(base, spec, keys);
  for (const int threads : {2, 3}) test::expect_same_tables(one, examples_of(base, spec, keys, threads));
}

TEST(Features, ARecycledTableLeavesNoTrace) {
  const Base base = told_base({journey, {{1.5, "buy", 3.0}}, {}});
  const FeatureSpec spec = spec_of(base);
  const std::vector<ExampleKey> few = {{1, moment(52.0)}}, many = {{0, moment(52.0)}, {2, moment(50.0)}, {0, moment(45.0)}};
  Team team(1);
  test::expect_same_tables(build_examples(base, spec, few, team, examples_of(base, spec, many)), examples_of(base, spec, few));
  test::expect_same_tables(build_examples(base, spec, many, team, examples_of(base, spec, few)), examples_of(base, spec, many));
}

}  // namespace
}  // namespace footfall
