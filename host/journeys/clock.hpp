#pragma once

#include <cstdint>
#include <string>

#include "engine/data/base.hpp"
#include "host/job/job.hpp"
#include "host/table/table.hpp"

namespace footfall {

/// The clock of a column of kind time.
[[nodiscard]] Clock clock_of(const Column& time);

/// This moment in the numbers of the clock; the largest number where it counts steps.
[[nodiscard]] std::int64_t now_on(const Clock& clock);

/// A moment that a person wrote (a cutoff, --as-of), in the numbers of the clock: a step number where time is one; else a date, ISO 8601
/// text (T or blank, Z or an offset; no zone means UTC), 20110910, or whole seconds (milliseconds, microseconds by magnitude) since 1970.
/// `setting` names where it stands: "[split] cutoff". Throws bad_input.
[[nodiscard]] std::int64_t parse_cutoff(const std::string& text, const Clock& clock, const std::string& setting = "[split] cutoff");

/// A moment as a person reads it: "2011-09-10", "2011-09-10T08:26:00", "step 17".
[[nodiscard]] std::string moment_text(std::int64_t time, const Clock& clock);

/// The horizon in the numbers of the clock. Throws bad_input when one counts steps and the other does not.
[[nodiscard]] std::int64_t horizon_on(const Clock& clock, const Horizon& horizon);

/// The oldest and the newest event of all customers. The base must have one event at least.
struct TimeRange {
  std::int64_t oldest = 0;
  std::int64_t newest = 0;
};
[[nodiscard]] TimeRange time_range(const Journeys& journeys);

/// The moment from which every event is past: the newest time plus one unit of its resolution. 0 for a base without events.
[[nodiscard]] std::int64_t end_of_events(const Base& base);

/// Throws bad_input when no event lies before the cutoff (nothing to learn from) or none from it on (nothing to predict).
void check_cutoff(const Clock& clock, const TimeRange& range, std::int64_t cutoff, const std::string& setting = "[split] cutoff");
void check_cutoff(const Base& base, std::int64_t cutoff, const std::string& setting = "[split] cutoff");

}  // namespace footfall
