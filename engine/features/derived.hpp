#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/features/examples.hpp"

namespace footfall {

/// Names of the derived features of a journey, in the order in which `derive` writes them. Times are in days, or in steps.
///
/// recency, tenure, span: from the newest, the oldest event to the cutoff, and between the two
/// frequency, moments: events, and different times at which there were events
/// gap_mean, gap_deviation, gap_last, gap_passed: between neighbouring times; recency over the mean gap
/// age_mean, age_variation: of the events' ages, the latter as coefficient of variation
/// count_W, decayed_W: events of the last W days; sum of 2^(-age / W)
/// amount_sum, _mean, _max, _last, amount_W, amount_decayed_W: the same for money; returns are negative amounts
/// returns: events with a negative amount
/// COLUMN_mean, COLUMN_last, COLUMN_max: of each numeric event column
/// type_X, type_recency_X: events of type X, and days since the newest
[[nodiscard]] std::vector<std::string> derived_names(const FeatureSpec& spec);

/// Writes the derived features of one customer's events in [begin, end) of the journeys, all before the cutoff, to `out`.
/// Without events recency and every mean is missing (NaN), counts and sums are 0.
/// `type_codes` [counted types] the code of each counted type in the base's dictionary, -1 when it does not occur.
void derive(const Journeys& journeys, const FeatureSpec& spec, std::span<const std::int32_t> type_codes,
            std::span<const NumberColumn* const> numeric, std::int64_t begin, std::int64_t end, std::int64_t cutoff, std::span<float> out);

}  // namespace footfall
