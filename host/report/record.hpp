#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/model_folder/model_folder.hpp"

namespace footfall {

/// Predictions of one target for the tested examples whose label is known.
struct TestedTarget {
  std::vector<double> label, prediction;                               ///< of a class target: indexes of its classes
  std::vector<std::pair<std::string, std::vector<double>>> baselines;  ///< by name; only those that have a prediction for every example
};

/// A line of history.csv.
struct HistoryLine {
  std::string fit;  ///< "fold 1/5", "test", "final"
  std::int64_t epoch = 0;
  double seconds = 0.0;
  std::vector<double> training, validation;  ///< losses, one a target; NaN where there was no validation part
};

/// All that a model folder tells.
struct FitRecord {
  std::string folder;  ///< its name, without the way to it
  SavedModel model;
  nlohmann::ordered_json metrics;
  std::vector<TestedTarget> tested;  ///< one a target; empty when the model was not tested
  std::vector<HistoryLine> history;
};

/// Throws Error{bad_input} naming the file when there is no model, or a file of its folder is missing or damaged.
[[nodiscard]] FitRecord read_record(const std::filesystem::path& folder);

}  // namespace footfall
