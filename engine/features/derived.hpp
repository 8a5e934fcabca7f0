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
/// type_X, type_share_X, type_recency_X, type_decayed_X_W: of each event type
/// items, events_an_item: different items; weekend: share of days on Saturday or Sunday; hour: mean hour of the day
[[nodiscard]] std::vector<std::string> derived_names(const FeatureSpec& spec);

/// Writes the derived features of one customer's events in [begin, end) of the journeys, all before the cutoff, to `out`.
/// Without events recency and every mean is missing (NaN), counts and sums are 0.
/// `type_codes` [counted types] the code of each counted type in the base's dictionary, -1 when it does not occur; `numeric` the summarized columns.
void derive(const Journeys& journeys, const FeatureSpec& spec, std::span<const std::int32_t> type_codes, std::span<const NumberColumn* const> numeric,
            std::int64_t begin, std::int64_t end, std::int64_t cutoff, std::span<float> out);

}  // namespace footfall
