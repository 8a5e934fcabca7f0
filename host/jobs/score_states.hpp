#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/features/examples.hpp"
#include "engine/train/batches.hpp"
#include "host/jobs/score.hpp"
#include "host/jobs/score_chunks.hpp"
#include "host/model_folder/model_folder.hpp"
#include "host/score_state/base_merge.hpp"
#include "host/score_state/state_folder.hpp"
#include "host/score_state/state_writer.hpp"

namespace footfall {

/// What the customers of a chunk bring from a state, and leave for the next one.
struct ChunkStates {
  MergedCustomers merged;   ///< filled when the chunk is loaded, with a state to go on from
  CarriedStates states;     ///< of every customer of the chunk's partitions
};

/// The states of journeys on their way through a score: read with a chunk, given to the model, taken back, written.
class StateFlow {
 public:
  /// Both may be null, and must outlive it.
  StateFlow(const SavedModel& model, std::int64_t as_of, const StateFolder* from, StateWriter* to);

  [[nodiscard]] bool wanted() const { return from_ != nullptr || to_ != nullptr; }
  /// Whether states go through the model; else everybody's events do.
  [[nodiscard]] bool carries() const { return wanted() && width_ > 0; }

  /// Values of a customer's state; 0 where a state is of no use: without recurrent layers, and where missing numbers are interpolated, so that an
  /// event changes what earlier ones were taken for.
  [[nodiscard]] static std::int64_t width_of(const SavedModel& model);

  /// Reads the states of a chunk that was loaded, decides whose are good, and tells the keys of the chunk's customers what need not be computed again. A
  /// state is good when no event came before one that it has seen, and when the newest max_length events still begin where they did.
  void begin(const Base& base, const ScoreChunk& chunk, std::vector<ExampleKey>& keys, ChunkStates& here);
  /// Between the states and what the model reads and writes, [order of the plan, width].
  void give(const Base& base, const ScoreChunk& chunk, const BatchPlan& plan, const ChunkStates& here, std::span<float> carried) const;
  void take(const Base& base, const ScoreChunk& chunk, const BatchPlan& plan, std::span<const float> carried, ChunkStates& here) const;
  /// Hands the states to the next folder, if there is one.
  void write(const Base& base, const ScoreChunk& chunk, const ChunkStates& here) const;
  /// A chunk in which nobody is scored.
  void pass(const Base& base, const ScoreChunk& chunk) const;

  [[nodiscard]] const UpdateCounts& counts() const { return counts_; }

 private:
  [[nodiscard]] CarriedStates nothing(const Base& base, const ScoreChunk& chunk) const;

  const SavedModel& model_;
  std::int64_t as_of_, width_;
  const StateFolder* from_;
  StateWriter* to_;
  UpdateCounts counts_;
};

}  // namespace footfall
