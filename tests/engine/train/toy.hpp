#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/train/batches.hpp"
#include "engine/train/trainer.hpp"

namespace footfall::test {

/// A small base whose label can be read from its events and its profile: trained in a moment, learnt in ten epochs.
class Toy {
 public:
  static constexpr std::int64_t examples = 96;

  /// Everything that a fit prepares before it trains, on the backend's device.
  Toy(Backend& backend, Stream& stream);

  /// Trains on the first three quarters, with the rest as the validation part unless it is left out.
  [[nodiscard]] TrainingResult train(const TrainingSpec& spec, bool validate = true, const TrainingHooks& hooks = {});
  /// The same, validated, with the examples from a feed of `raw`.
  [[nodiscard]] TrainingResult train(const TrainingSpec& spec, ExampleFeed& feed, const TrainingHooks& hooks = {});
  /// Predictions for these rows, in this order of batches, by a network with room for `more` examples and steps than the plan needs.
  [[nodiscard]] std::vector<float> predictions(const std::vector<float>& parameters, const BatchPlan& plan, std::int64_t more = 0);
  [[nodiscard]] std::vector<float> initial(std::uint64_t seed = 42) const { return initial_parameters(architecture, *layout_, seed); }
  [[nodiscard]] const ParameterLayout& layout() const { return *layout_; }
  [[nodiscard]] const Transform& transform() const { return transform_; }

  [[nodiscard]] const Dictionaries& words() const { return words_; }

  Architecture architecture;
  ExampleTable table, raw;                 ///< recoded, and as it was before
  std::vector<std::vector<float>> labels;  ///< a binary head and a number
  std::vector<std::int64_t> training, validation;

 private:
  Backend& backend_;
  Stream& stream_;
  Dictionaries words_;
  Transform transform_;
  DeviceExamples device_;
  std::unique_ptr<ParameterLayout> layout_;
};

}  // namespace footfall::test
