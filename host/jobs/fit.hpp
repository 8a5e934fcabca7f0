#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "host/job/job.hpp"
#include "host/jobs/run.hpp"

namespace footfall {

/// What may happen to a model folder that is there already.
enum class Existing { refuse, overwrite, resume };

/// Reads, prepares, tests as [split] says, trains and saves: model.json, weights.safetensors, job.toml, metrics.json,
/// test_predictions.parquet, history.csv. Returns metrics.json.
///
/// With `resume` a finished model is left as it is, and its metrics are returned; an unfinished one is started anew.
/// Throws Error{bad_input} for everything that is wrong with the job or its data. A fit that fails leaves nothing behind, and a model that it
/// was to replace as it was.
nlohmann::ordered_json fit(const Job& job, const std::filesystem::path& folder, Existing existing, const RunOptions& options);

}  // namespace footfall
