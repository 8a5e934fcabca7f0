#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "host/journeys/base_reader.hpp"

namespace footfall {

/// Whether two columns of numbers have the same bits, every NaN being like every other.
template <class Number>
::testing::AssertionResult same_numbers(const std::vector<Number>& a, const std::vector<Number>& b) {
  if (a.size() != b.size()) return ::testing::AssertionFailure() << a.size() << " values and " << b.size();
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::memcmp(&a[i], &b[i], sizeof(Number)) != 0 && (a[i] == a[i] || b[i] == b[i]))
      return ::testing::AssertionFailure() << "value " << i << " is " << a[i] << " and " << b[i];
  return ::testing::AssertionSuccess();
}

inline void expect_same_names(const CategoryColumn& a, const CategoryColumn& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.dictionary, b.dictionary) << a.name;
  EXPECT_EQ(a.codes, b.codes) << a.name;
}

inline void expect_same_columns(const std::vector<NumberColumn>& a, const std::vector<NumberColumn>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t c = 0; c < a.size(); ++c) {
    EXPECT_EQ(a[c].name, b[c].name);
    EXPECT_TRUE(same_numbers(a[c].values, b[c].values)) << a[c].name;
  }
}

inline void expect_same_columns(const std::vector<CategoryColumn>& a, const std::vector<CategoryColumn>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t c = 0; c < a.size(); ++c) expect_same_names(a[c], b[c]);
}

/// Everything that a job can see of two bases, bit for bit.
inline void expect_same_base(const Base& a, const Base& b) {
  EXPECT_EQ(a.ids.text, b.ids.text);
  EXPECT_EQ(a.ids.numbers, b.ids.numbers);
  EXPECT_EQ(a.ids.names, b.ids.names);
  EXPECT_EQ(a.partition_first, b.partition_first);
  ASSERT_EQ(a.journeys.has_value(), b.journeys.has_value());
  if (a.journeys) {
    EXPECT_EQ(a.journeys->clock.steps, b.journeys->clock.steps);
    EXPECT_EQ(a.journeys->clock.resolution, b.journeys->clock.resolution);
    EXPECT_EQ(a.journeys->first, b.journeys->first);
    EXPECT_EQ(a.journeys->time, b.journeys->time);
    EXPECT_TRUE(same_numbers(a.journeys->amount, b.journeys->amount)) << "amount";
    expect_same_names(a.journeys->type, b.journeys->type);
    expect_same_names(a.journeys->item, b.journeys->item);
    expect_same_columns(a.journeys->numeric, b.journeys->numeric);
    expect_same_columns(a.journeys->categorical, b.journeys->categorical);
  }
  ASSERT_EQ(a.profiles.has_value(), b.profiles.has_value());
  if (!a.profiles) return;
  EXPECT_EQ(a.profiles->present, b.profiles->present);
  expect_same_columns(a.profiles->numeric, b.profiles->numeric);
  expect_same_columns(a.profiles->categorical, b.profiles->categorical);
}

/// Bases, targets, counts, notices and job.
inline void expect_same_read(const ReadBase& a, const ReadBase& b) {
  expect_same_base(a.base, b.base);
  EXPECT_EQ(a.job, b.job);
  EXPECT_EQ(a.notices, b.notices);
  EXPECT_EQ(a.counts.event_rows, b.counts.event_rows);
  EXPECT_EQ(a.counts.event_rows_filtered, b.counts.event_rows_filtered);
  EXPECT_EQ(a.counts.event_rows_merged, b.counts.event_rows_merged);
  EXPECT_EQ(a.counts.events, b.counts.events);
  EXPECT_EQ(a.counts.customer_rows, b.counts.customer_rows);
  EXPECT_EQ(a.counts.customers_without_events, b.counts.customers_without_events);
  EXPECT_EQ(a.counts.customers_without_row, b.counts.customers_without_row);
  ASSERT_EQ(a.targets.size(), b.targets.size());
  for (const auto& [name, column] : a.targets) {
    const Column& other = b.targets.at(name);
    EXPECT_EQ(column.type, other.type);
    ASSERT_EQ(column.size(), other.size());
    for (std::int64_t row = 0; row < column.size(); ++row) EXPECT_EQ(column.show(row), other.show(row)) << name << " " << row;
  }
}

}  // namespace footfall
