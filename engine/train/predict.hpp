#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/features/examples.hpp"
#include "engine/model/network.hpp"
#include "engine/train/batches.hpp"
#include "engine/train/feed.hpp"
#include "engine/transform/transform.hpp"

namespace footfall {

/// Examples in a batch of predictions, at most. One number for every job: the shape of a batch decides the bits of its products.
inline constexpr std::int64_t prediction_batch = 1024;

/// Uploads a recoded table and encodes its profiles on the device.
[[nodiscard]] DeviceExamples upload_examples(const ExampleTable& table, const Transform& transform, bool profile, Backend& backend, Stream& stream);

/// Runs a network over the batches of a plan and brings the predictions back: row i of the answer is example plan.order[i], [order, outputs].
[[nodiscard]] std::vector<float> predict(NeuralNetwork& network, const Architecture& spec, ExampleFeed& feed, const BatchPlan& plan,
                                         View<const float> parameters, Stream& stream);

/// What the batches of a plan read beside the data, in the order of the plan.
struct PlacedPlan {
  View<const std::int64_t> rows;              ///< [order] on the device
  View<const std::int64_t> first;             ///< [order] on the device; empty without events, as both lengths
  View<const std::int32_t> length;            ///< [order] on the device
  View<const std::int32_t> host_length;       ///< the same on the host
};

/// Puts batch `k` of a plan into the stream and returns before it is done: the outputs of example plan.order[i] come to row i of `answers`
/// [order, outputs]; no other row is written. Neither allocates nor synchronises.
void predict_batch(NeuralNetwork& network, const BatchPlan& plan, std::int64_t k, const PlacedPlan& placed, View<const float> parameters, MatrixView<float> answers,
                   Stream& stream);

/// The longest sequence of a plan, in steps; 0 without events. lengths [examples].
[[nodiscard]] std::int64_t longest(std::span<const std::int32_t> lengths, const BatchPlan& plan);

}  // namespace footfall
