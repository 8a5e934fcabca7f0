#pragma once

#include <nlohmann/json.hpp>

#include "host/jobs/run.hpp"
#include "host/jobs/tested.hpp"
#include "host/model_folder/model_folder.hpp"

namespace footfall {

/// A model's figures on labelled data, with the predictions behind them.
struct Evaluation {
  nlohmann::ordered_json figures;      ///< {TARGET: {FIGURE: ...}}
  CustomerIds ids;
  Prepared prepared;
  TestedFold tested;
};

/// Judges a model on a base that was read by its job's terms, at that job's cutoff. Customers that lack a label are left out.
[[nodiscard]] Evaluation evaluate_base(const SavedModel& model, const ReadBase& read, Workshop& shop);

/// Judges a model folder on the data of another job file, whose columns and targets must be the model's.
/// Returns what metrics.json holds, without timing.
[[nodiscard]] nlohmann::ordered_json evaluate(const std::filesystem::path& folder, const Job& job, const RunOptions& options);

}  // namespace footfall
