#include "host/jobs/score_states.hpp"

#include <algorithm>

namespace footfall {
namespace {

std::int64_t first_customer(const Base& base, const ScoreChunk& chunk) { return base.partition_first[static_cast<std::size_t>(chunk.first_partition)]; }

}  // namespace

StateFlow::StateFlow(const SavedModel& model, std::int64_t as_of, const StateFolder* from, StateWriter* to)
    : model_(model), as_of_(as_of), width_(width_of(model)), from_(from), to_(to) {}

std::int64_t StateFlow::width_of(const SavedModel& model) { return model.features.interpolate ? 0 : model.architecture.carried_width(); }

CarriedStates StateFlow::nothing(const Base& base, const ScoreChunk& chunk) const {
  const auto customers = static_cast<std::size_t>(base.partition_first[static_cast<std::size_t>(chunk.last_partition) + 1] - first_customer(base, chunk));
  return {std::vector<std::int64_t>(customers, 0), std::vector<std::int64_t>(customers, 0), std::vector<float>(customers * static_cast<std::size_t>(width_), 0.0F)};
}

void StateFlow::begin(const Base& base, const ScoreChunk& chunk, std::vector<ExampleKey>& keys, ChunkStates& here) {
  here.states = nothing(base, chunk);
  const std::int64_t offset = first_customer(base, chunk);
  const CarriedStates older = from_ == nullptr ? CarriedStates() : from_->load(chunk.first_partition, chunk.last_partition + 1);
  counts_.new_events += here.merged.newer_events;
  for (ExampleKey& key : keys) {
    const auto c = static_cast<std::size_t>(key.customer - offset);
    const std::int64_t usable = usable_events(*base.journeys, model_.features, key);
    const std::int64_t first = std::max<std::int64_t>(0, usable - model_.features.max_length);
    here.states.seen[c] = usable;
    here.states.first[c] = first;
    if (from_ == nullptr) continue;
    const std::int64_t known = here.merged.older[c];
    const auto k = static_cast<std::size_t>(known);
    if (known < 0 || older.seen[k] == 0) {
      ++counts_.started;
    } else if (width_ == 0 || here.merged.late[c] != 0 || older.first[k] != first) {
      ++counts_.recomputed;
    } else {
      ++counts_.continued;
      key.known = older.seen[k];
      std::copy_n(older.values.begin() + known * width_, width_, here.states.values.begin() + static_cast<std::int64_t>(c) * width_);
    }
  }
}

void StateFlow::give(const Base& base, const ScoreChunk& chunk, const BatchPlan& plan, const ChunkStates& here, std::span<float> carried) const {
  const std::int64_t offset = first_customer(base, chunk);
  auto to = carried.begin();
  for (const std::int64_t e : plan.order) to = std::copy_n(here.states.values.begin() + (chunk.customers[static_cast<std::size_t>(e)] - offset) * width_, width_, to);
}

void StateFlow::take(const Base& base, const ScoreChunk& chunk, const BatchPlan& plan, std::span<const float> carried, ChunkStates& here) const {
  const std::int64_t offset = first_customer(base, chunk);
  auto from = carried.begin();
  for (const std::int64_t e : plan.order) {
    std::copy_n(from, width_, here.states.values.begin() + (chunk.customers[static_cast<std::size_t>(e)] - offset) * width_);
    from += width_;
  }
}

void StateFlow::write(const Base& base, const ScoreChunk& chunk, const ChunkStates& here) const {
  if (to_ != nullptr) to_->write(base, chunk.first_partition, chunk.last_partition + 1, here.states);
}

void StateFlow::pass(const Base& base, const ScoreChunk& chunk) const {
  if (to_ != nullptr) to_->write(base, chunk.first_partition, chunk.last_partition + 1, nothing(base, chunk));
}

}  // namespace footfall
