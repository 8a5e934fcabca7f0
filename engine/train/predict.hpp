#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/features/examples.hpp"
#include "engine/model/network.hpp"
#include "engine/train/batches.hpp"
#include "engine/transform/transform.hpp"

namespace footfall {

/// Uploads a recoded table and encodes its profiles on the device.
[[nodiscard]] DeviceExamples upload_examples(const ExampleTable& table, const Transform& transform, bool profile, Backend& backend, Stream& stream);

/// Runs a network over the batches of a plan and brings the predictions back: row i of the answer is example plan.order[i], [order, outputs].
[[nodiscard]] std::vector<float> predict(Network& network, const Architecture& spec, const ExampleTable& table, const BatchPlan& plan,
                                         View<const float> parameters, Stream& stream);

/// The longest sequence of a plan, in steps; 0 without events.
[[nodiscard]] std::int64_t longest(const ExampleTable& table, const BatchPlan& plan);

}  // namespace footfall
