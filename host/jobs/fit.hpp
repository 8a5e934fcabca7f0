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

/// How often a fit keeps what it has: MODEL/checkpoint is written after so many seconds of work, at the end of a step. A fit that takes less
/// writes none; 0 writes after every step.
struct CheckpointSpec {
  double seconds = 30.0;
};

/// Reads, prepares, tests as [split] says, trains and saves: model.json, weights.safetensors, job.toml, metrics.json,
/// test_predictions.parquet, history.csv. Returns metrics.json.
///
/// With `resume` a finished model is left as it is, and its metrics are returned; an unfinished one goes on from its checkpoint to the bits of a fit
/// that was not killed, or starts anew where there is none. A checkpoint that is damaged, or of another job, data, seed or kind of device, is
/// Error{bad_input}; with `overwrite` it is not looked at.
/// Throws Error{bad_input} for everything that is wrong with the job or its data. A fit that fails leaves a model that it was to replace as it was,
/// and nothing of its own but the checkpoint, where one was written.
nlohmann::ordered_json fit(const Job& job, const std::filesystem::path& folder, Existing existing, const RunOptions& options, const CheckpointSpec& checkpoints = {});

}  // namespace footfall
