#include "host/journeys/clock.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>

#include "host/table/time_text.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t second = 1'000'000;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A bare number as a moment: eight digits are a date, more are seconds, milliseconds or microseconds since 1970 by their magnitude, with
/// the bounds that a whole column of times is read by.
std::optional<std::int64_t> moment_of_number(std::int64_t value) {
  constexpr std::int64_t fewest_seconds = 100'000'000;
  if (value < fewest_seconds) {
    const auto days = days_since_epoch(value / 10'000, static_cast<unsigned>(value / 100 % 100), static_cast<unsigned>(value % 100));
    return days && value >= 10'000'000 ? std::optional<std::int64_t>(*days * microseconds_per_day) : std::nullopt;
  }
  if (value < 100'000'000'000) return value * second;
  if (value < 100'000'000'000'000) return value * 1000;
  if (value < 100'000'000'000'000'000) return value;
  return std::nullopt;
}

}  // namespace

Clock clock_of(const Column& time) {
  if (time.type == ColumnType::integer) return {.steps = true, .resolution = 1};
  return {.steps = false, .resolution = std::max<std::int64_t>(1, unit_in_microseconds(time.resolution))};
}

std::int64_t now_on(const Clock& clock) {
  if (clock.steps) return std::numeric_limits<std::int64_t>::max();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::int64_t parse_cutoff(const std::string& text, const Clock& clock, const std::string& setting) {
  const std::string_view bare = trimmed(text);
  const auto number = whole_number(bare);
  constexpr std::int64_t most_steps = 9'007'199'254'740'992;
  if (clock.steps) {
    if (number && *number >= -most_steps && *number <= most_steps) return *number;
    throw bad_input(setting + " is \"" + text + "\", and the time of the events is a step number", "write a whole number");
  }
  if (number) {
    if (const auto moment = moment_of_number(*number)) return *moment;
  } else if (const auto moment = parse_iso_time(bare)) {
    return moment->microseconds;
  }
  throw bad_input(setting + " is \"" + text + "\", which is no moment",
                  "write a date such as 2011-09-10, or with a time: 2011-09-10T08:30:00");
}

std::string moment_text(std::int64_t time, const Clock& clock) {
  if (clock.steps) return "step " + std::to_string(time);
  if (time % microseconds_per_day == 0) return format_time(time, TimeResolution::days);
  return format_time(time, time % second == 0 ? TimeResolution::seconds : TimeResolution::microseconds);
}

std::int64_t horizon_on(const Clock& clock, const Horizon& horizon) {
  if (clock.steps && !horizon.steps)
    throw bad_input("the horizon is " + horizon.text + ", and the time of the events is a step number",
                    "write the horizon as a whole number of steps: horizon = 30");
  if (!clock.steps && horizon.steps)
    throw bad_input("the horizon is " + horizon.text + " without a unit, and the events have times",
                    "write a unit: horizon = \"" + horizon.text + "d\" (also w, h, min, s)");
  return horizon.amount;
}

TimeRange time_range(const Journeys& journeys) {
  require(!journeys.time.empty(), "the time range of no events");
  const auto [oldest, newest] = std::minmax_element(journeys.time.begin(), journeys.time.end());
  return {.oldest = *oldest, .newest = *newest};
}

std::int64_t end_of_events(const Base& base) {
  if (!base.journeys || base.journeys->time.empty()) return 0;
  return time_range(*base.journeys).newest + base.journeys->clock.resolution;
}

void check_cutoff(const Base& base, std::int64_t cutoff, const std::string& setting) {
  require(base.journeys.has_value(), "a cutoff is checked against a base without events");
  check_cutoff(base.journeys->clock, time_range(*base.journeys), cutoff, setting);
}

void check_cutoff(const Clock& clock, const TimeRange& range, std::int64_t cutoff, const std::string& setting) {
  const std::string found = "; the events run from " + moment_text(range.oldest, clock) + " to " + moment_text(range.newest, clock);
  if (cutoff <= range.oldest)
    throw bad_input(setting + " " + moment_text(cutoff, clock) + " lies before all events, so nothing is known of any customer" + found,
                    "choose a later cutoff");
  if (cutoff > range.newest)
    throw bad_input(setting + " " + moment_text(cutoff, clock) + " lies after all events, so nothing is known of what comes" + found,
                    "choose an earlier cutoff");
}

}  // namespace footfall
