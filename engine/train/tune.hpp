#pragma once

#include <cstddef>
#include <vector>

#include "engine/model/architecture.hpp"
#include "kernels/backend.hpp"

namespace footfall {

/// What one training pass (forward and backward) of a recurrent layer took.
struct AlgorithmTime {
  std::size_t layer = 0;
  RnnAlgorithm algorithm = RnnAlgorithm::standard;
  double milliseconds = 0.0;   ///< median of the repetitions
};

/// Times every algorithm that the device has for each recurrent layer of the model, over a full batch of sequences of the longest length. Empty
/// for a model without recurrent layers. The answer depends on timing: keep it (Architecture::algorithm), so that later runs repeat it.
[[nodiscard]] std::vector<AlgorithmTime> time_algorithms(const Architecture& model, std::int64_t batch, std::int64_t time, Backend& backend, Stream& stream);

/// The fastest of each layer; of equals the first.
[[nodiscard]] std::vector<RnnAlgorithm> fastest_algorithms(const std::vector<AlgorithmTime>& times, std::size_t layers);

}  // namespace footfall
