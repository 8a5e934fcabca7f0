#include "host/jobs/score_chunks.hpp"

#include <algorithm>

namespace footfall {
namespace {

bool is_scored(const Base& base, std::int64_t customer, std::int64_t as_of) {
  const auto c = static_cast<std::size_t>(customer);
  if (base.profiles && base.profiles->present[c] != 0) return true;
  if (!base.journeys) return false;
  const auto begin = static_cast<std::size_t>(base.journeys->first[c]), end = static_cast<std::size_t>(base.journeys->first[c + 1]);
  return begin < end && base.journeys->time[begin] < as_of;
}

/// The newest events that are kept, and the closing step.
std::int64_t steps_at_most(const Base& base, const FeatureSpec& spec, std::int64_t customer) {
  if (!spec.events || !base.journeys) return 0;
  const auto c = static_cast<std::size_t>(customer);
  return std::min(base.journeys->first[c + 1] - base.journeys->first[c], spec.max_length) + 1;
}

/// Adds the customers of a partition that are scored.
void add_partition(const Base& base, const FeatureSpec& spec, std::int64_t as_of, std::int32_t p, ScoreChunk& chunk) {
  std::vector<std::int64_t> group;
  for (std::int64_t c = base.partition_first[static_cast<std::size_t>(p)]; c < base.partition_first[static_cast<std::size_t>(p) + 1]; ++c) {
    if (!is_scored(base, c, as_of)) continue;
    group.push_back(chunk.size());
    chunk.customers.push_back(c);
    const std::int64_t steps = steps_at_most(base, spec, c);
    chunk.event_rows += steps;
    chunk.longest = std::max(chunk.longest, steps);
  }
  chunk.largest_group = std::max(chunk.largest_group, static_cast<std::int64_t>(group.size()));
  chunk.customers_at_most = chunk.size();
  if (!group.empty()) chunk.groups.push_back(std::move(group));
}

/// Puts partitions together up to the limits; add(p, chunk) adds one.
template <class Add>
std::vector<ScoreChunk> cut(const ChunkLimits& limits, const Add& add) {
  std::vector<ScoreChunk> chunks(1);
  for (std::int32_t p = 0; p < Base::partitions; ++p) {
    const bool is_full = chunks.back().customers_at_most >= limits.customers || chunks.back().event_rows >= limits.event_rows;
    if (chunks.back().customers_at_most > 0 && (is_full || p % limits.partitions_a_shard == 0)) chunks.emplace_back();
    ScoreChunk& chunk = chunks.back();
    if (chunk.customers_at_most == 0) chunk.first_partition = p;
    chunk.last_partition = p;
    add(p, chunk);
  }
  if (chunks.back().customers_at_most == 0) chunks.pop_back();
  return chunks;
}

}  // namespace

std::vector<ScoreChunk> score_chunks(const Base& base, const FeatureSpec& spec, std::int64_t as_of, const ChunkLimits& limits) {
  return cut(limits, [&](std::int32_t p, ScoreChunk& chunk) { add_partition(base, spec, as_of, p, chunk); });
}

std::vector<ScoreChunk> score_chunks(const std::vector<PartitionSize>& partitions, const FeatureSpec& spec, const ChunkLimits& limits) {
  return cut(limits, [&](std::int32_t p, ScoreChunk& chunk) {
    const PartitionSize& partition = partitions[static_cast<std::size_t>(p)];
    chunk.largest_group = std::max(chunk.largest_group, partition.customers);
    chunk.customers_at_most += partition.customers;
    if (!spec.events || partition.customers == 0) return;
    chunk.event_rows += partition.customers + std::min(partition.events, partition.customers * spec.max_length);
    chunk.longest = std::max(chunk.longest, std::min(partition.longest, spec.max_length) + 1);
  });
}

void find_customers(const Base& base, const FeatureSpec& spec, std::int64_t as_of, ScoreChunk& chunk) {
  chunk.customers.clear();
  chunk.groups.clear();
  chunk.event_rows = chunk.longest = chunk.largest_group = 0;
  for (std::int32_t p = chunk.first_partition; p <= chunk.last_partition; ++p) add_partition(base, spec, as_of, p, chunk);
}

}  // namespace footfall
