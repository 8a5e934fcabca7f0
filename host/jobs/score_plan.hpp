#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/jobs/run.hpp"
#include "host/jobs/score_chunks.hpp"
#include "host/model_folder/model_folder.hpp"

namespace footfall {

/// How --memory is given out when a model scores. No score depends on it: chunks are cut between partitions, batches inside them.
struct ScorePlan {
  std::int64_t memory = 0;        ///< all of it; the rest of the members add up to it
  std::int64_t program = 0;       ///< libraries and threads
  std::int64_t network = 0;       ///< parameters, and what a batch needs on its way through the layers
  std::int64_t chunks = 0;        ///< chunks_in_memory of them, with their features and their place on the device
  std::int64_t base = 0;          ///< what is left: customers and events, or the partitions of a journeys store
  ChunkLimits limits;             ///< that make it so

  static constexpr std::size_t chunks_in_memory = 4;   ///< one for each stage that every model has
};

/// `carried` values of a state go with each customer. A memory of 0 is no limit. Chunks take an eighth of the memory at most, and are never larger than the largest that is of use.
[[nodiscard]] ScorePlan plan_score(const SavedModel& model, const RunOptions& options, std::int64_t carried = 0);

/// What every job needs for its libraries and threads; bytes as the plans show them.
[[nodiscard]] std::int64_t program_bytes(int threads);
[[nodiscard]] std::string memory_text(std::int64_t bytes);

/// The plan for the user to read, a line a stage.
[[nodiscard]] std::vector<std::string> describe_plan(const ScorePlan& plan);

}  // namespace footfall
