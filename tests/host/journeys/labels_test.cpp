// Labels and cutoffs over small bases written by hand.
#include "host/journeys/labels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "host/journeys/clock.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

std::string refusal(const std::function<void()>& what) {
  try {
    what();
  } catch (const Error& problem) {
    EXPECT_EQ(problem.kind(), ErrorKind::bad_input);
    return problem.what();
  }
  return {};
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Four customers over steps. 0: a buy at 1, a view at 10, a return at 12; 1: a view at 9; 2: only at 11, a buy; 3: no event, in the table.
Base small_base() {
  Base base;
  base.ids.numbers = {7, 5, 9, 3};
  Journeys journeys;
  journeys.clock = {.steps = true, .resolution = 1};
  journeys.first = {0, 3, 4, 5, 5};
  journeys.time = {1, 10, 12, 9, 11};
  journeys.amount = {5.0, std::nan(""), -2.0, 0.0, 30.0};
  journeys.type = {.name = "type", .codes = {0, 1, 0, 1, 0}, .dictionary = {"buy", "view"}};
  base.journeys = journeys;
  base.profiles = Profiles{.present = {0, 0, 0, 1}, .numeric = {}, .categorical = {}};
  return base;
}

TargetSpec window_target(TargetKind kind, std::int64_t horizon, const std::string& event = {}) {
  TargetSpec target;
  target.name = "t";
  target.kind = kind;
  target.event = event;
  target.horizon = {.amount = horizon, .steps = true, .text = std::to_string(horizon)};
  return target;
}

std::vector<float> values(TargetKind kind, std::int64_t cutoff, std::int64_t horizon, const std::string& event = {}) {
  return make_labels(small_base(), {}, window_target(kind, horizon, event), cutoff).values;
}

TEST(WindowLabels, TheWindowHoldsItsBeginningAndNotItsEnd) {
  EXPECT_EQ(values(TargetKind::happens, 10, 2), (std::vector<float>{1, 0, 1, 0}));
  EXPECT_EQ(values(TargetKind::happens, 11, 1), (std::vector<float>{0, 0, 1, 0}));
  EXPECT_EQ(values(TargetKind::happens, 12, 1), (std::vector<float>{1, 0, 0, 0}));
  EXPECT_EQ(values(TargetKind::happens, 2, 7), (std::vector<float>{0, 0, 0, 0}));
  EXPECT_EQ(values(TargetKind::happens, 2, 8), (std::vector<float>{0, 1, 0, 0}));
}

TEST(WindowLabels, ATypeNarrowsTheEvents) {
  EXPECT_EQ(values(TargetKind::happens, 9, 2, "buy"), (std::vector<float>{0, 0, 0, 0}));
  EXPECT_EQ(values(TargetKind::happens, 9, 4, "buy"), (std::vector<float>{1, 0, 1, 0}));
  EXPECT_EQ(values(TargetKind::happens, 9, 4, "view"), (std::vector<float>{1, 1, 0, 0}));
}

TEST(WindowLabels, SilentIsTheComplement) {
  EXPECT_EQ(values(TargetKind::silent, 10, 2), (std::vector<float>{0, 1, 0, 1}));
  EXPECT_EQ(values(TargetKind::silent, 9, 4, "buy"), (std::vector<float>{0, 1, 0, 1}));
}

TEST(WindowLabels, SumsAddWhatIsKnownAndMayBeNegative) {
  EXPECT_EQ(values(TargetKind::sum, 10, 3), (std::vector<float>{-2, 0, 30, 0}));
  EXPECT_EQ(values(TargetKind::sum, 1, 20, "buy"), (std::vector<float>{3, 0, 30, 0}));
}

TEST(WindowLabels, AnUnknownTypeIsRefusedWhenFittingOnly) {
  const Base base = small_base();
  const TargetSpec target = window_target(TargetKind::happens, 3, "buyy");
  const std::string message = refusal([&] { static_cast<void>(make_labels(base, {}, target, 10)); });
  EXPECT_TRUE(says(message, "\"buyy\"") && says(message, "\"buy\"?")) << message;
  const LabelSchema known{.kind = LabelKind::binary, .classes = {"0", "1"}};
  EXPECT_EQ(make_labels(base, {}, target, 10, &known).values, (std::vector<float>{0, 0, 0, 0}));
}

TEST(WindowLabels, HorizonAndClockMustSuitEachOther) {
  Base base = small_base();
  TargetSpec target = window_target(TargetKind::happens, 3);
  target.horizon = parse_horizon("3d");
  EXPECT_TRUE(says(refusal([&] { static_cast<void>(make_labels(base, {}, target, 10)); }), "step number"));
  base.journeys->clock = {.steps = false, .resolution = 1'000'000};
  target.horizon = parse_horizon("3");
  EXPECT_TRUE(says(refusal([&] { static_cast<void>(make_labels(base, {}, target, 10)); }), "\"3d\""));
}

TEST(Examples, AreThoseWithAPastAndThoseOfTheTable) {
  const Base base = small_base();
  EXPECT_EQ(examples_at(base, 10), (std::vector<std::int64_t>{0, 1, 3}));
  EXPECT_EQ(examples_at(base, 9), (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(examples_at(base, 12), (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(examples_at(base, 0), (std::vector<std::int64_t>{3}));
}

TEST(Examples, TheirEventsAreCounted) {
  const EventCounts all = count_events(small_base(), 12, 64);
  EXPECT_EQ(all.before_cutoff, 4);
  EXPECT_EQ(all.kept, 4);
  EXPECT_EQ(count_events(small_base(), 13, 2).before_cutoff, 5);
  EXPECT_EQ(count_events(small_base(), 13, 2).kept, 4);
}

TEST(Cutoff, MustLieAmongTheEvents) {
  const Base base = small_base();
  EXPECT_TRUE(says(refusal([&] { check_cutoff(base, 1); }), "before all events"));
  EXPECT_TRUE(says(refusal([&] { check_cutoff(base, 13); }), "after all events"));
  EXPECT_TRUE(says(refusal([&] { check_cutoff(base, 13); }), "step 1 to step 12"));
  check_cutoff(base, 2);
  check_cutoff(base, 12);
  EXPECT_EQ(end_of_events(base), 13);
}

TEST(Cutoff, IsReadAgainstTheClock) {
  const Clock steps{.steps = true, .resolution = 1};
  const Clock seconds{.steps = false, .resolution = 1'000'000};
  EXPECT_EQ(parse_cutoff(" 12 ", steps), 12);
  EXPECT_TRUE(says(refusal([&] { static_cast<void>(parse_cutoff("2011-09-10", steps)); }), "step number"));
  // 2011-09-10 is day 15,227 of 1970 and after (date -d 2011-09-10 +%s / 86400).
  const std::int64_t day = 15'227 * microseconds_per_day;
  for (const char* text :
       {"2011-09-10", "20110910", "2011-09-10T00:00:00", "2011-09-10 02:00+02:00", "1315612800", "1315612800000", "1315612800000000"})
    EXPECT_EQ(parse_cutoff(text, seconds), day) << text;
  for (const char* text : {"", "soon", "2011-13-10", "20111310", "12", "2011-09-10T25:00:00"})
    EXPECT_TRUE(says(refusal([&] { static_cast<void>(parse_cutoff(text, seconds, "--as-of")); }), "--as-of")) << text;
  EXPECT_EQ(moment_text(day, seconds), "2011-09-10");
  EXPECT_EQ(moment_text(day + 1'000'000, seconds), "2011-09-10T00:00:01");
}

TEST(Cutoff, AWindowThatEndsLateIsNoticed) {
  Job job;
  job.targets = {window_target(TargetKind::happens, 3), window_target(TargetKind::happens, 4)};
  const std::vector<std::string> notices = window_notices(small_base(), job, 10);
  ASSERT_EQ(notices.size(), 1u);  // 10 + 3 is one past the newest event at 12
  EXPECT_TRUE(says(notices[0], "step 14")) << notices[0];
}

TEST(CheckedLabels, OneClassIsRefused) {
  const TargetSpec target = window_target(TargetKind::happens, 3);
  Labels labels{.schema = {.kind = LabelKind::binary, .classes = {"0", "1"}}, .values = {0, 1, 0, std::nanf("")}};
  check_labels(target, labels, {0, 1, 2});
  EXPECT_TRUE(says(refusal([&] { check_labels(target, labels, {0, 2, 3}); }), "one class only"));
  EXPECT_TRUE(says(refusal([&] { check_labels(target, labels, {3}); }), "no label is known"));
  labels.schema = {.kind = LabelKind::number, .classes = {}};
  check_labels(target, labels, {0, 2});
}

CustomerIds ids_of(std::size_t count) {
  CustomerIds ids;
  for (std::size_t i = 0; i < count; ++i) ids.numbers.push_back(static_cast<std::int64_t>(100 + i));
  return ids;
}

Column text_column(const std::vector<std::string>& cells) {
  Column column;
  column.name = "Label";
  column.type = ColumnType::text;
  for (const std::string& cell : cells) {
    const auto found = std::find(column.dictionary.begin(), column.dictionary.end(), cell);
    column.valid.push_back(cell.empty() ? 0 : 1);
    column.codes.push_back(cell.empty() ? -1 : static_cast<std::int32_t>(found - column.dictionary.begin()));
    if (!cell.empty() && found == column.dictionary.end()) column.dictionary.push_back(cell);
  }
  return column;
}

Column number_column(const std::vector<double>& cells, ColumnType type = ColumnType::integer) {
  Column column;
  column.name = "Label";
  column.type = type;
  for (const double cell : cells) {
    column.valid.push_back(std::isnan(cell) ? 0 : 1);
    if (type == ColumnType::number)
      column.numbers.push_back(cell);
    else
      column.integers.push_back(std::isnan(cell) ? 0 : static_cast<std::int64_t>(cell));
  }
  return column;
}

TargetSpec column_target(std::optional<std::string> positive = {}, bool as_class = false) {
  TargetSpec target;
  target.name = "t";
  target.kind = TargetKind::column;
  target.column = "Label";
  target.positive = std::move(positive);
  target.as_class = as_class;
  return target;
}

Labels labels_of(const Column& column, const TargetSpec& target, const LabelSchema* known = nullptr) {
  Base base;
  base.ids = ids_of(static_cast<std::size_t>(column.size()));
  return make_labels(base, {{"Label", column}}, target, 0, known);
}

std::string refused(const Column& column, const TargetSpec& target, const LabelSchema* known = nullptr) {
  return refusal([&] { static_cast<void>(labels_of(column, target, known)); });
}

TEST(ColumnLabels, TwoValuesAreBinary) {
  const Labels labels = labels_of(text_column({"Yes", "No", "", "Yes"}), column_target());
  EXPECT_EQ(labels.schema, (LabelSchema{.kind = LabelKind::binary, .classes = {"No", "Yes"}}));
  EXPECT_EQ(labels.values[0], 1);
  EXPECT_EQ(labels.values[1], 0);
  EXPECT_TRUE(std::isnan(labels.values[2]));
  EXPECT_EQ(labels_of(text_column({"y", "n"}), column_target()).values, (std::vector<float>{1, 0}));
  EXPECT_EQ(labels_of(number_column({0, 1}), column_target()).values, (std::vector<float>{0, 1}));
  EXPECT_EQ(labels_of(number_column({1, 0}, ColumnType::boolean), column_target()).values, (std::vector<float>{1, 0}));
  EXPECT_EQ(labels_of(number_column({1, 0}, ColumnType::boolean), column_target("FALSE")).values, (std::vector<float>{0, 1}));
  EXPECT_EQ(labels_of(number_column({1, 2}), column_target("2.0")).values, (std::vector<float>{0, 1}));
  EXPECT_EQ(labels_of(text_column({"Yes", "No"}), column_target("No")).values, (std::vector<float>{0, 1}));
}

TEST(ColumnLabels, APositiveValueThatCannotBeToldIsAskedFor) {
  EXPECT_TRUE(says(refused(text_column({"stay", "leave"}), column_target()), "positive = "));
  EXPECT_TRUE(says(refused(text_column({"1", "yes"}), column_target()), "either"));
  EXPECT_TRUE(says(refused(text_column({"stay", "leave"}), column_target("left")), "never \"left\""));
  EXPECT_TRUE(says(refused(number_column({1, 2, 3}), column_target("1")), "3 different values"));
}

TEST(ColumnLabels, MoreTextIsAClassMoreNumbersANumber) {
  const Labels classes = labels_of(text_column({"b", "c", "a", "b"}), column_target());
  EXPECT_EQ(classes.schema, (LabelSchema{.kind = LabelKind::category, .classes = {"a", "b", "c"}}));
  EXPECT_EQ(classes.values, (std::vector<float>{1, 2, 0, 1}));
  const Labels numbers = labels_of(number_column({2.5, -1, 7}, ColumnType::number), column_target());
  EXPECT_EQ(numbers.schema.kind, LabelKind::number);
  EXPECT_EQ(numbers.values, (std::vector<float>{2.5F, -1, 7}));
}

TEST(ColumnLabels, AsClassOverrides) {
  const Labels numbers = labels_of(number_column({10, 9, 100}), column_target({}, true));
  EXPECT_EQ(numbers.schema, (LabelSchema{.kind = LabelKind::category, .classes = {"9", "10", "100"}}));
  EXPECT_EQ(numbers.values, (std::vector<float>{1, 0, 2}));
  EXPECT_EQ(labels_of(text_column({"stay", "leave"}), column_target({}, true)).schema.kind, LabelKind::category);
}

TEST(ColumnLabels, WhatCannotBeLearnedIsRefused) {
  EXPECT_TRUE(says(refused(text_column({"", ""}), column_target()), "no value"));
  EXPECT_TRUE(says(refused(text_column({"No", "No"}), column_target()), "one class only"));
  EXPECT_TRUE(says(refused(number_column({1, 2}, ColumnType::timestamp), column_target()), "times"));
  EXPECT_TRUE(says(refused(number_column({1e300, 2, 3}, ColumnType::number), column_target()), "too large"));
}

TEST(ColumnLabels, AKnownSchemaIsKept) {
  const LabelSchema binary{.kind = LabelKind::binary, .classes = {"No", "Yes"}};
  EXPECT_EQ(labels_of(text_column({"Yes", "Yes"}), column_target(), &binary).values, (std::vector<float>{1, 1}));
  EXPECT_TRUE(says(refused(text_column({"Yes", "Maybe"}), column_target(), &binary), "customer 101"));
  const LabelSchema number{.kind = LabelKind::number, .classes = {}};
  EXPECT_EQ(labels_of(number_column({0, 1}), column_target(), &number).values, (std::vector<float>{0, 1}));
  EXPECT_TRUE(says(refused(text_column({"a", "b"}), column_target(), &number), "number"));
}

}  // namespace
}  // namespace footfall
