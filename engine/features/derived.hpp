#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/features/examples.hpp"

namespace footfall {

/// Names of the derived features of a journey, in the order in which `derive` writes them. Times are in days, or in steps; a "day" of a
/// clock of steps is a step. W stands for each window, H for the horizon.
///
/// recency, tenure, active: from the newest, from the oldest event to the cutoff, and between the two
/// events, moments, days: events, different times, different days with an event (those that can differ); and events a moment
/// gap_mean, _deviation, _last, _max: between days with an event; passed, passed_max: recency over gap_mean, over gap_max
/// recency_share: recency over tenure; rate: days / (tenure + H/4); age_mean, age_variation of the days, the latter as coefficient of variation;
/// days_between: (tenure + 1) / days
/// days_W, decayed_W: days with an event among the last W; sum over days of 2^(-age/W); events_W: events among the last W
/// amount_sum, _mean (a moment), _max, _last (of the newest moment), returns, returned: number and sum of negative amounts; amount_W, amount_decayed_W
/// COLUMN_mean, _sum, _last, _decayed: of numeric event columns, the last a mean with weights 2^(-age/H)
/// X.NAME: all of these again over the events of a type X that a target asks for
/// type_X, type_share_X, type_recency_X, type_decayed_X_W: of each event type
/// items, events_an_item: different items; weekend: share of days on Saturday or Sunday; hour: mean hour of the day
[[nodiscard]] std::vector<std::string> derived_names(const FeatureSpec& spec);

/// The base's columns and codes that derived features are computed from.
struct DerivedColumns {
  std::vector<const NumberColumn*> numeric;   ///< of FeatureSpec::summarized
  std::vector<std::int32_t> counted_types;    ///< the code of each counted type in the base's dictionary; one that does not occur: a code no event has
  std::vector<std::int32_t> wanted_types;     ///< likewise of each wanted type
};

/// Writes the derived features of one customer's events in [begin, end) of the journeys, all before the cutoff, to `out`.
/// Without events recency and every mean is missing (NaN), counts and sums are 0.
void derive(const Journeys& journeys, const FeatureSpec& spec, const DerivedColumns& columns, std::int64_t begin, std::int64_t end, std::int64_t cutoff,
            std::span<float> out);

}  // namespace footfall
