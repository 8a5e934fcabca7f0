#include "host/journeys/read_notices.hpp"

#include <fmt/format.h>

namespace footfall {
namespace {

std::string_view unit_name(const Clock& clock) {
  if (clock.resolution >= microseconds_per_day) return "days";
  if (clock.resolution >= 1'000'000) return "seconds";
  return clock.resolution >= 1000 ? "milliseconds" : "microseconds";
}

}  // namespace

void add_event_notices(const EventTimes& times, const EventsSpec& spec, const ReadCounts& counts, std::vector<std::string>& notices) {
  const auto& [clock, range, future] = times;
  if (clock.steps)
    notices.push_back(fmt::format("time column \"{}\" holds small whole numbers and is read as step numbers ({} to {})", spec.time, range.oldest,
                                  range.newest));
  else
    notices.push_back(fmt::format("events run from {} to {}, in {} of UTC", moment_text(range.oldest, clock), moment_text(range.newest, clock),
                                  unit_name(clock)));
  if (future > 0)
    notices.push_back(fmt::format("warning: {} events lie in the future, up to {}; check the time column, its zone and its unit", future,
                                  moment_text(range.newest, clock)));
  if (counts.event_rows_filtered > 0)
    notices.push_back(
        fmt::format("{} of {} event rows are left out by where = \"{}\"", counts.event_rows_filtered, counts.event_rows, spec.where));
  if (!spec.merge.empty())
    notices.push_back(fmt::format("{} lines became {} events by merge = \"{}\"", counts.event_rows - counts.event_rows_filtered,
                                  counts.events, spec.merge));
}

void add_identifier_notice(const std::string& column, std::int64_t distinct, std::int64_t present, std::vector<std::string>& notices) {
  if (present < 20 || distinct * 2 <= present) return;
  notices.push_back(
      fmt::format("column \"{}\" of the customer table holds {} different names in {} rows; it is hardly of use as a feature: "
                  "[customers] ignore = [\"{}\"]",
                  column, distinct, present, column));
}

}  // namespace footfall
