#include "host/jobs/score_source.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "engine/transform/transform.hpp"
#include "host/jobs/prepared.hpp"
#include "host/journeys/clock.hpp"
#include "host/journeys/store/checksum.hpp"

namespace footfall {

ScoreSource::ScoreSource(const Job& job, const StateFolder* state, bool by_partition) : state_(state), by_partition_(by_partition || state != nullptr) {
  if (!job.journeys.empty()) {
    store_ = open_store(job, false);
    names_ = store_->load(0, 0);
  } else if (job.events || job.customers) {
    read_ = read_base(job, {.targets = false});
  } else {
    read_.emplace();   // nothing came to the state
  }
  if (state != nullptr) merge_.emplace(state->journeys().load(0, 0), newer_names());
}

const std::vector<std::string>& ScoreSource::notices() const { return read_ ? read_->notices : store_->manifest().notices; }
std::int64_t ScoreSource::rows_read() const { return read_ ? read_->counts.rows_read() : store_->manifest().counts.rows_read(); }
bool ScoreSource::has_events() const { return names().journeys.has_value(); }
Clock ScoreSource::clock() const { return names().journeys->clock; }

bool ScoreSource::text_ids() const {
  if (state_ != nullptr && state_->journeys().customers() > 0) return state_->journeys().schema().text_ids;
  return newer_names().ids.text;
}

std::int64_t ScoreSource::customers() const {
  const std::int64_t newer = read_ ? read_->base.customers() : store_->customers();
  return state_ == nullptr ? newer : std::max(newer, state_->journeys().customers());
}

std::int64_t ScoreSource::bytes(const ScoreChunk& chunk) const {
  const std::int32_t first = chunk.first_partition, end = chunk.last_partition + 1;
  return (store_ ? store_->bytes(first, end) : 0) + (state_ != nullptr ? state_->journeys().bytes(first, end) : 0);
}

std::string ScoreSource::fingerprint() const { return state_ == nullptr ? newer_fingerprint() : fmt::format("state-{}-{}", state_->fingerprint(), newer_fingerprint()); }

std::string ScoreSource::newer_fingerprint() const {
  if (read_) return fingerprint_of(read_->base);
  Checksum sum;
  for (const Manifest::Partition& partition : store_->manifest().partitions) sum.add_values(std::span(&partition.checksum, 1));
  for (const auto* words : {&store_->manifest().event_words, &store_->manifest().profile_words})
    for (const StoredWords& one : *words) sum.add_values(std::span(&one.checksum, 1));
  return fmt::format("store-{:016x}", sum.value());
}

std::int64_t ScoreSource::end_of_events() const {
  std::vector<std::int64_t> newest;
  if (read_ && read_->base.journeys && read_->base.journeys->events() > 0) newest.push_back(time_range(*read_->base.journeys).newest);
  if (store_ && store_->events() > 0) newest.push_back(store_->total().newest);
  if (state_ != nullptr && state_->journeys().events() > 0) newest.push_back(state_->journeys().total().newest);
  return newest.empty() ? 0 : *std::max_element(newest.begin(), newest.end()) + clock().resolution;
}

Dictionaries ScoreSource::dictionaries(const FeatureSpec& spec) const { return dictionaries_of(names(), spec); }

/// Of each partition what is in the store, or read, and in the state together: at most.
std::vector<PartitionSize> ScoreSource::sizes() const {
  std::vector<PartitionSize> sizes(Base::partitions);
  const auto add = [&](std::int32_t p, std::int64_t customers, std::int64_t events, std::int64_t longest) {
    PartitionSize& size = sizes[static_cast<std::size_t>(p)];
    size.customers += customers;
    size.events += events;
    size.longest += longest;
  };
  const auto add_store = [&](const JourneysStore& store) {
    for (std::int32_t p = 0; p < Base::partitions; ++p) {
      const PieceFacts& facts = store.manifest().partitions[static_cast<std::size_t>(p)].facts;
      add(p, facts.customers, facts.events, facts.longest);
    }
  };
  if (store_) add_store(*store_);
  if (state_ != nullptr) add_store(state_->journeys());
  if (!read_ || read_->base.customers() == 0) return sizes;
  const Base& base = read_->base;
  for (std::int32_t p = 0; p < Base::partitions; ++p)
    for (std::int64_t c = base.partition_first[static_cast<std::size_t>(p)]; c < base.partition_first[static_cast<std::size_t>(p) + 1]; ++c) {
      const auto i = static_cast<std::size_t>(c);
      const std::int64_t events = base.journeys ? base.journeys->first[i + 1] - base.journeys->first[i] : 0;
      add(p, 1, events, std::max<std::int64_t>(0, events - sizes[static_cast<std::size_t>(p)].longest));
    }
  return sizes;
}

std::vector<ScoreChunk> ScoreSource::chunks(const FeatureSpec& spec, std::int64_t as_of, const ChunkLimits& limits) const {
  if (read_ && !by_partition_) return score_chunks(read_->base, spec, as_of, limits);
  return score_chunks(sizes(), spec, limits);
}

const Base& ScoreSource::load(ScoreChunk& chunk, const FeatureSpec& spec, std::int64_t as_of, Base& own, MergedCustomers& merged) const {
  const std::int32_t first = chunk.first_partition, end = chunk.last_partition + 1;
  if (read_ && state_ == nullptr) {
    if (by_partition_) find_customers(read_->base, spec, as_of, chunk);
    return read_->base;
  }
  if (state_ == nullptr) {
    own = store_->load(first, end, std::move(own));
  } else {
    const Base older = state_->journeys().load(first, end);
    const Base stored = read_ ? Base() : store_->load(first, end);
    own = merge_->merge(older, read_ ? read_->base : stored, first, end, state_->facts().as_of, merged, std::move(own));
  }
  find_customers(own, spec, as_of, chunk);
  return own;
}

}  // namespace footfall
