#pragma once

#include <nlohmann/json.hpp>

#include "host/jobs/examples_of_job.hpp"
#include "host/jobs/run.hpp"
#include "host/jobs/tested.hpp"
#include "host/model_folder/model_folder.hpp"

namespace footfall {

/// A model's figures on labelled data, with the predictions behind them.
struct Evaluation {
  nlohmann::ordered_json figures;      ///< {TARGET: {FIGURE: ...}}
  JobExamples examples;
  TestedFold tested;
};

/// Judges a model on the data of a job, at that job's cutoff. Customers that lack a label are left out. Examples that do not fit wait in `folder`.
[[nodiscard]] Evaluation evaluate_examples(const SavedModel& model, const Job& job, const std::filesystem::path& folder, const RunOptions& options, Workshop& shop);

/// Judges a model folder on the data of another job file, whose columns and targets must be the model's. `scratch` takes the examples that the memory
/// does not. Returns what metrics.json holds, without timing.
[[nodiscard]] nlohmann::ordered_json evaluate(const std::filesystem::path& folder, const Job& job, const RunOptions& options, const std::filesystem::path& scratch = ".");

}  // namespace footfall
