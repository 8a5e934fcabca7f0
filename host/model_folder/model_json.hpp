#pragma once

#include <nlohmann/json_fwd.hpp>

#include "host/model_folder/model_folder.hpp"

namespace footfall {

/// Everything of a model but its tensors and its job, as JSON and back. Keys that are absent or of another type throw nlohmann's exceptions.
[[nodiscard]] nlohmann::ordered_json describe_model(const SavedModel& model);
void read_description(const nlohmann::json& json, SavedModel& model);

}  // namespace footfall
