#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/journeys/base_reader.hpp"
#include "host/journeys/clock.hpp"

namespace footfall {

/// What the times of all events are like.
struct EventTimes {
  Clock clock;
  TimeRange range;
  std::int64_t future = 0;   ///< events after the moment of reading
};

/// How the events were read, a sentence each.
void add_event_notices(const EventTimes& times, const EventsSpec& spec, const ReadCounts& counts, std::vector<std::string>& notices);

/// A name that nearly every customer has for itself tells nothing about the next one. `present` customers are in the table.
void add_identifier_notice(const std::string& column, std::int64_t distinct, std::int64_t present, std::vector<std::string>& notices);

}  // namespace footfall
