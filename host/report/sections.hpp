#pragma once

#include "host/report/html.hpp"
#include "host/report/record.hpp"
#include "host/report/scores.hpp"

namespace footfall {

/// The losses by epoch, a chart a target.
[[nodiscard]] Chapter training_section(const FitRecord& record);
/// How the scores of the customers are distributed, with their tenths.
[[nodiscard]] Chapter scores_section(const FitRecord& record, const ScoreRecord& scores);
/// What was read, left out, merged and missing.
[[nodiscard]] Chapter data_section(const FitRecord& record);
/// What was chosen for the model, where the time went, and the whole job.
[[nodiscard]] Chapter making_section(const FitRecord& record);

/// The Bayesian network drawn, with its figures beside the model's. Of a model that has one.
[[nodiscard]] Chapter network_section(const FitRecord& record);

}  // namespace footfall
