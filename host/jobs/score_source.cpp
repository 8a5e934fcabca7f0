#include "host/jobs/score_source.hpp"

#include <fmt/format.h>

#include "engine/transform/transform.hpp"
#include "host/jobs/prepared.hpp"
#include "host/journeys/clock.hpp"
#include "host/journeys/store/checksum.hpp"

namespace footfall {

ScoreSource::ScoreSource(const Job& job) {
  if (job.journeys.empty()) {
    read_ = read_base(job, {.targets = false});
  } else {
    store_ = open_store(job, false);
    names_ = store_->load(0, 0);
  }
}

const std::vector<std::string>& ScoreSource::notices() const { return read_ ? read_->notices : store_->manifest().notices; }
std::int64_t ScoreSource::rows_read() const { return read_ ? read_->counts.rows_read() : store_->manifest().counts.rows_read(); }
bool ScoreSource::has_events() const { return !read_ || read_->base.journeys.has_value(); }
Clock ScoreSource::clock() const { return read_ ? read_->base.journeys->clock : store_->clock(); }
bool ScoreSource::text_ids() const { return read_ ? read_->base.ids.text : store_->schema().text_ids; }
std::int64_t ScoreSource::customers() const { return read_ ? read_->base.customers() : store_->customers(); }

std::string ScoreSource::fingerprint() const {
  if (read_) return fingerprint_of(read_->base);
  Checksum sum;
  for (const Manifest::Partition& partition : store_->manifest().partitions) sum.add_values(std::span(&partition.checksum, 1));
  for (const auto* words : {&store_->manifest().event_words, &store_->manifest().profile_words})
    for (const StoredWords& one : *words) sum.add_values(std::span(&one.checksum, 1));
  return fmt::format("store-{:016x}", sum.value());
}

std::int64_t ScoreSource::end_of_events() const {
  if (read_) return footfall::end_of_events(read_->base);
  return store_->events() == 0 ? 0 : store_->total().newest + store_->clock().resolution;
}

Dictionaries ScoreSource::dictionaries(const FeatureSpec& spec) const { return dictionaries_of(names(), spec); }

std::vector<ScoreChunk> ScoreSource::chunks(const FeatureSpec& spec, std::int64_t as_of, const ChunkLimits& limits) const {
  if (read_) return score_chunks(read_->base, spec, as_of, limits);
  std::vector<PartitionSize> sizes;
  for (const Manifest::Partition& partition : store_->manifest().partitions)
    sizes.push_back({partition.facts.customers, partition.facts.events, partition.facts.longest});
  return score_chunks(sizes, spec, limits);
}

const Base& ScoreSource::load(ScoreChunk& chunk, const FeatureSpec& spec, std::int64_t as_of, Base& own) const {
  if (read_) return read_->base;
  own = store_->load(chunk.first_partition, chunk.last_partition + 1, std::move(own));
  find_customers(own, spec, as_of, chunk);
  return own;
}

}  // namespace footfall
