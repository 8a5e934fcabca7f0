#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/job/job.hpp"
#include "host/jobs/run.hpp"

namespace footfall {

/// How a fit of this job uses its memory, a line a stage, for the user to read. It reads the data and builds the features to know, and trains nothing.
/// Examples that do not fit wait in `folder` meanwhile. Throws as fit does for a job or data that are wrong.
[[nodiscard]] std::vector<std::string> explain_fit(const Job& job, const std::filesystem::path& folder, const RunOptions& options);

}  // namespace footfall
