#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/model_folder/model_folder.hpp"

namespace footfall {

/// The scores of one target, a value a customer.
struct TargetScores {
  std::vector<double> value;            ///< probability or number; of a class target the probability of the likeliest class
  std::vector<std::int32_t> decile;     ///< 1 (highest) .. 10
  std::vector<std::int64_t> likeliest;  ///< of a class target: customers by likeliest class
};

struct ScoreRecord {
  std::string name;  ///< of the file or folder
  std::int64_t customers = 0;
  std::vector<TargetScores> targets;  ///< one a target of the model
};

/// Reads what `footfall score` wrote with this model: a Parquet or CSV file, or a folder of shards.
/// Throws Error{bad_input} when it is missing, lacks a column, or holds scores of another model (told by targets and deciles).
[[nodiscard]] ScoreRecord read_scores(const std::filesystem::path& scores, const SavedModel& model);

}  // namespace footfall
