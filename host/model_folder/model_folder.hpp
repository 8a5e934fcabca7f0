#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/bayes/feature_network.hpp"
#include "engine/features/examples.hpp"
#include "engine/model/architecture.hpp"
#include "engine/score/blend.hpp"
#include "engine/transform/transform.hpp"
#include "host/job/job.hpp"
#include "host/journeys/labels.hpp"

namespace footfall {

/// A target as a fitted model knows it.
struct SavedTarget {
  LabelSchema schema;
  std::vector<double> deciles;            ///< boundaries of the fit's predictions
};

/// A Bayesian network that was fitted beside the model: network.bif, and what model.json tells about it.
struct SavedNetwork {
  FeatureNetwork fitted;
  std::int64_t target = 0;                ///< the place of the target that it predicts
  BlendWeights weights;                   ///< of the model's logits, then of its own
};

/// Everything that scoring needs: what a model folder holds in model.json and weights.safetensors.
struct SavedModel {
  static constexpr int format = 1;        ///< of the folder; another one is refused

  Job job;                                ///< with every automatic choice written out
  FeatureSpec features;
  Transform transform;
  Architecture architecture;
  std::vector<SavedTarget> targets;       ///< one a head
  std::optional<SavedNetwork> network;
  std::vector<float> parameters;          ///< laid out by ParameterLayout(architecture)
  std::string fingerprint;                ///< of the data it was fitted on
  std::string device;                     ///< it was fitted with
};

/// Writes weights.safetensors, network.bif where there is a network, then job.toml, then model.json last, so that a folder is a model when that file is there.
void save_model(const std::filesystem::path& folder, const SavedModel& model);

/// Throws Error{bad_input} that names the file and what is wrong: no model, one of another format, a damaged file (model.json holds digests of
/// itself and of the weights), a tensor of another shape, a job of other targets. The paths in job.toml may be changed.
[[nodiscard]] SavedModel load_model(const std::filesystem::path& folder);

/// A model is whole when model.json is there.
[[nodiscard]] bool holds_model(const std::filesystem::path& folder);

}  // namespace footfall
