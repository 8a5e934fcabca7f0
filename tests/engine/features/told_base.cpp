#include "tests/engine/features/told_base.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

std::size_t index_of(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    ADD_FAILURE() << "there is no column " << name;
    return 0;
  }
  return static_cast<std::size_t>(found - names.begin());
}

/// Sorted different names that are not empty.
std::vector<std::string> dictionary_of(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::erase(names, "");
  return names;
}

CategoryColumn column_of(const std::string& name, const std::vector<std::string>& cells) {
  CategoryColumn column{name, {}, dictionary_of(cells)};
  for (const std::string& cell : cells)
    column.codes.push_back(cell.empty() ? -1 : static_cast<std::int32_t>(index_of(column.dictionary, cell)));
  return column;
}

}  // namespace

std::int64_t moment(double day, const Clock& clock) {
  return clock.steps ? std::llround(day) : std::llround(day * static_cast<double>(microseconds_per_day));
}

Base told_base(const std::vector<std::vector<Told>>& customers, Clock clock) {
  Base base;
  base.partition_first.assign(Base::partitions + 1, static_cast<std::int64_t>(customers.size()));
  base.partition_first.front() = 0;
  Journeys journeys;
  journeys.clock = clock;
  journeys.first.push_back(0);
  NumberColumn price{"price", {}};
  std::vector<std::string> types, items;
  for (const std::vector<Told>& journey : customers) {
    base.ids.numbers.push_back(static_cast<std::int64_t>(base.ids.numbers.size()) + 1);
    for (const Told& event : journey) {
      journeys.time.push_back(moment(event.day, clock));
      journeys.amount.push_back(event.amount);
      price.values.push_back(static_cast<float>(event.price));
      types.push_back(event.type);
      items.push_back(event.item);
    }
    journeys.first.push_back(journeys.events());
  }
  journeys.type = column_of("event", types);
  journeys.item = column_of("item_id", items);
  journeys.numeric.push_back(std::move(price));
  base.journeys = std::move(journeys);
  return base;
}

float profile_value(const ExampleTable& table, std::int64_t example, const std::string& name) {
  return table.profile_number[static_cast<std::size_t>(example) * table.profile_numbers.size() + index_of(table.profile_numbers, name)];
}

float event_value(const ExampleTable& table, std::int64_t example, std::int64_t row, const std::string& name) {
  const auto at = static_cast<std::size_t>(table.first[static_cast<std::size_t>(example)] + row);
  return table.event_number[at * table.event_numbers.size() + index_of(table.event_numbers, name)];
}

std::int32_t event_code(const ExampleTable& table, std::int64_t example, std::int64_t row, const std::string& name) {
  const auto at = static_cast<std::size_t>(table.first[static_cast<std::size_t>(example)] + row);
  return table.event_code[at * table.event_codes.size() + index_of(table.event_codes, name)];
}

void expect_number(double actual, double expected, const std::string& what) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << what << " is " << actual << " where it is not known";
  } else {
    EXPECT_NEAR(actual, expected, 1e-6 * (1.0 + std::abs(expected))) << what;
  }
}

void expect_same_tables(const ExampleTable& a, const ExampleTable& b) {
  EXPECT_EQ(a.event_numbers, b.event_numbers);
  EXPECT_EQ(a.event_codes, b.event_codes);
  EXPECT_EQ(a.profile_numbers, b.profile_numbers);
  EXPECT_EQ(a.first, b.first);
  EXPECT_EQ(a.length, b.length);
  EXPECT_EQ(a.event_code, b.event_code);
  EXPECT_EQ(a.profile_code, b.profile_code);
  expect_same_bits(a.event_number, b.event_number, "event numbers");
  expect_same_bits(a.profile_number, b.profile_number, "profile numbers");
}

}  // namespace footfall::test
