#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/features/examples.hpp"

namespace footfall::test {

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// An event as a test tells it; the day counts from 1970-01-01, or is the step.
struct Told {
  double day = 0.0;
  std::string type = {};
  double amount = unknown;
  std::string item = {};
  double price = unknown;
};

/// A base with the columns amount, type ("event"), item and one number ("price"), a journey a customer.
[[nodiscard]] Base told_base(const std::vector<std::vector<Told>>& customers, Clock clock = {false, 1'000'000});

/// A moment in the clock's numbers.
[[nodiscard]] std::int64_t moment(double day, const Clock& clock = {false, 1'000'000});

/// The value of a profile column of an example, by name.
[[nodiscard]] float profile_value(const ExampleTable& table, std::int64_t example, const std::string& name);

/// The value of an event column: row 0 is the oldest step that was kept.
[[nodiscard]] float event_value(const ExampleTable& table, std::int64_t example, std::int64_t row, const std::string& name);
[[nodiscard]] std::int32_t event_code(const ExampleTable& table, std::int64_t example, std::int64_t row, const std::string& name);

/// Equal to the rounding of float32, or both missing.
void expect_number(double actual, double expected, const std::string& what);

/// The same bits in every array.
void expect_same_tables(const ExampleTable& a, const ExampleTable& b);

}  // namespace footfall::test
