#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/bayes/feature_posterior.hpp"
#include "engine/data/base.hpp"
#include "engine/score/outcome.hpp"
#include "host/model_folder/model_folder.hpp"
#include "host/table/write.hpp"

namespace footfall {

/// The columns of a scores file: customer, then for each target TARGET (probability, number or likeliest class), TARGET_STATE of each class,
/// TARGET_decile. With a network TARGET_network (and TARGET_network_STATE of each class) of the target that it predicts, and log_evidence.
[[nodiscard]] std::vector<OutputColumn> score_columns(const SavedModel& model, bool text_ids);

/// Scores of some customers as a table with those columns. outcomes[h] and `network`, which a model with a network has, are in the order of `customers`.
/// log_evidence is missing where the evidence is impossible.
[[nodiscard]] Table score_table(const SavedModel& model, const CustomerIds& ids, std::span<const std::int64_t> customers, const std::vector<Outcome>& outcomes,
                                const NetworkAnswer& network);

}  // namespace footfall
