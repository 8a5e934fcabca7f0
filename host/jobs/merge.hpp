#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "host/jobs/run.hpp"

namespace footfall {

struct MergeRequest {
  std::vector<std::filesystem::path> parts;   ///< folders that the workers of one base wrote, in any order
  std::filesystem::path out;                  ///< .parquet, .csv, or a folder of shards
  bool overwrite = false;
};

struct MergeSummary {
  std::int64_t customers = 0;
  std::int32_t workers = 0;
};

/// Joins what `score --workers N --worker K` wrote into the bytes that one process would have written. Throws Error{bad_input}, before anything
/// is written, when a part is not whole or damaged, when they are of different models, inputs, moments or numbers of workers, and when a
/// partition is missing or there twice.
MergeSummary merge_scores(const MergeRequest& request, const Observer& observer);

}  // namespace footfall
