#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/base.hpp"
#include "engine/features/examples.hpp"

namespace footfall {

/// Consecutive partitions of one shard that are scored together. Batches are cut inside partitions, so no score depends on the cut.
struct ScoreChunk {
  std::vector<std::int64_t> customers;
  std::vector<std::vector<std::int64_t>> groups;   ///< rows of the chunk by partition
  std::int64_t event_rows = 0;                     ///< steps of its sequences, at most
  std::int64_t longest = 0;                        ///< steps of the longest of them, at most
  std::int64_t largest_group = 0;                  ///< rows of the largest group, at most
  std::int64_t customers_at_most = 0;
  std::int32_t first_partition = 0, last_partition = 0;

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(customers.size()); }
};

/// Where a chunk ends.
struct ChunkLimits {
  std::int64_t customers = 8192;
  std::int64_t event_rows = 262'144;
  std::int32_t partitions_a_shard = 16;
};

/// Every customer with an event before `as_of` and every one of the customer table, in the order of the base. Partitions are added to a
/// chunk until it has reached a limit, or a shard ends. No chunk is empty.
[[nodiscard]] std::vector<ScoreChunk> score_chunks(const Base& base, const FeatureSpec& spec, std::int64_t as_of, const ChunkLimits& limits);

/// What is known of a partition that is not in memory: its customers, events, and events of the customer that has most.
struct PartitionSize {
  std::int64_t customers = 0, events = 0, longest = 0;
};

/// The same of partitions that are not in memory: chunks without customers, with the most that can be in them.
[[nodiscard]] std::vector<ScoreChunk> score_chunks(const std::vector<PartitionSize>& partitions, const FeatureSpec& spec, const ChunkLimits& limits);

/// Finds the customers of such a chunk in a base that holds its partitions.
void find_customers(const Base& base, const FeatureSpec& spec, std::int64_t as_of, ScoreChunk& chunk);

}  // namespace footfall
