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

}  // namespace

std::vector<ScoreChunk> score_chunks(const Base& base, const FeatureSpec& spec, std::int64_t as_of, const ChunkLimits& limits) {
  std::vector<ScoreChunk> chunks(1);
  for (std::int32_t p = 0; p < Base::partitions; ++p) {
    const bool is_full = chunks.back().size() >= limits.customers || chunks.back().event_rows >= limits.event_rows;
    if (chunks.back().size() > 0 && (is_full || p % limits.partitions_a_shard == 0)) chunks.emplace_back();
    ScoreChunk& chunk = chunks.back();
    chunk.last_partition = p;
    std::vector<std::int64_t> group;
    for (std::int64_t c = base.partition_first[static_cast<std::size_t>(p)]; c < base.partition_first[static_cast<std::size_t>(p) + 1]; ++c) {
      if (!is_scored(base, c, as_of)) continue;
      group.push_back(chunk.size());
      chunk.customers.push_back(c);
      const std::int64_t steps = steps_at_most(base, spec, c);
      chunk.event_rows += steps;
      chunk.longest = std::max(chunk.longest, steps);
    }
    if (!group.empty()) chunk.groups.push_back(std::move(group));
  }
  if (chunks.back().size() == 0) chunks.pop_back();
  return chunks;
}

}  // namespace footfall
