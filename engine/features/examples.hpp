#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/data/base.hpp"

namespace footfall {

class Team;

/// What is computed for every example, fixed when a model is fitted and kept with it.
struct FeatureSpec {
  bool events = false;                      ///< an event sequence for every example
  bool derived = false;                     ///< recency, frequency, money and their kin beside the customer columns
  std::int64_t max_length = 64;             ///< the newest events kept
  Clock clock;
  std::vector<double> windows;              ///< in days (or steps): counts of what happened in the last so many, and half-lives
  double horizon = 0.0;                     ///< the longest of the targets, in days (or steps)
  std::vector<std::string> counted_types;   ///< event types with a count of their own
  std::vector<std::string> wanted_types;    ///< event types that targets ask for: every feature of time and money again for them alone
  std::vector<std::string> event_numeric;   ///< the columns that the base must have, in this order
  std::vector<std::string> event_categorical;
  std::vector<std::string> profile_numeric;
  std::vector<std::string> profile_categorical;
  std::vector<std::string> summarized;      ///< numeric event columns with a mean and a sum of their own (not the amount again)
  bool amount = false;                      ///< the journeys carry an amount
  bool items = false;                       ///< the journeys carry an item
  bool many_per_moment = false;             ///< somebody has several events at one time
  bool many_per_day = false;                ///< somebody has several events on one day
  bool interpolate = false;                 ///< missing numbers of events lie between their neighbours in time
  bool drop_numbers = false;                ///< events with a missing number are left out of every feature
  bool drop_words = false;                  ///< likewise with a missing category
};

/// A customer seen at a moment: features come from events before `cutoff`.
struct ExampleKey {
  std::int64_t customer = 0;  ///< index in the base
  std::int64_t cutoff = 0;
  std::int64_t known = 0;     ///< of its oldest usable events, so many get no step: a state that was kept has seen them
};

/// Features of examples, not yet scaled; numbers are float32 with NaN for missing, codes are those of the base's dictionaries, -1 missing.
///
/// Events of example e are the rows first[e] .. first[e] + length[e]: its newest events, oldest first, then one closing step at the
/// cutoff, so that an empty journey is one step long and what came before the closing step does not depend on the cutoff. Nor does an event's step
/// depend on later events, unless missing numbers are interpolated.
struct ExampleTable {
  std::vector<ExampleKey> keys;

  std::vector<std::string> event_numbers, event_codes, profile_numbers, profile_codes;  ///< column names
  std::vector<std::int64_t> first;
  std::vector<std::int32_t> length;
  std::vector<float> event_number;          ///< [event rows, event_numbers] row-major
  std::vector<std::int32_t> event_code;     ///< [event rows, event_codes]
  std::vector<float> profile_number;        ///< [examples, profile_numbers]
  std::vector<std::int32_t> profile_code;   ///< [examples, profile_codes]

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(keys.size()); }
  [[nodiscard]] std::int64_t event_rows() const { return event_numbers.empty() ? 0 : static_cast<std::int64_t>(event_number.size() / event_numbers.size()); }
};

/// Chooses what to compute for a base: windows of 7, 30 and 90 days and a quarter to twice the longest horizon (in days or steps; 0: none).
/// `amount` names the numeric column that is the amount too, if one is; `wanted` the event types of the targets.
[[nodiscard]] FeatureSpec choose_features(const Base& base, bool derived, std::int64_t max_length, double horizon, const std::string& amount,
                                          const std::vector<std::string>& wanted);

/// Takes note of whether anybody has several events at one time, or on one day (many_per_moment, many_per_day); may be told of one base after
/// another.
void look_for_crowds(const Journeys& journeys, FeatureSpec& spec);

/// Steps of each example's sequence, the closing one included.
[[nodiscard]] std::vector<std::int32_t> sequence_lengths(const Base& base, const FeatureSpec& spec, std::span<const ExampleKey> keys);

/// A table of no example, with the names of its columns.
[[nodiscard]] ExampleTable empty_examples(const Base& base, const FeatureSpec& spec);

/// How many events of an example come before its cutoff and are not dropped.
[[nodiscard]] std::int64_t usable_events(const Journeys& journeys, const FeatureSpec& spec, const ExampleKey& key);

/// Builds the features of examples. Throws Error{bad_input} when the base lacks a column of `spec`, naming it.
/// `recycled` is a table of the same `spec` that nobody needs any more: its memory is used again.
[[nodiscard]] ExampleTable build_examples(const Base& base, const FeatureSpec& spec, std::span<const ExampleKey> keys, Team& team,
                                          ExampleTable recycled = {});

/// One unit of a clock that is a day, in its numbers; 1 for steps.
[[nodiscard]] double day_of(const Clock& clock);
/// Whether a clock tells the hour of the day.
[[nodiscard]] bool has_hours(const Clock& clock);

}  // namespace footfall
