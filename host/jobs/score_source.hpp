#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/jobs/score_chunks.hpp"
#include "host/journeys/base_reader.hpp"
#include "engine/transform/transform.hpp"
#include "host/journeys/store/journeys_store.hpp"
#include "host/score_state/base_merge.hpp"
#include "host/score_state/state_folder.hpp"

namespace footfall {

/// The customers that are scored: all of them in memory or, from a journeys store or a state, as many at once as a chunk has.
class ScoreSource {
 public:
  /// Reads the files of the job, or opens the store that it names. With a `state`, whose events come before those of the job, which may then have no
  /// events; it must outlive the source. `by_partition`: chunks have every customer's partition, scored or not.
  explicit ScoreSource(const Job& job, const StateFolder* state = nullptr, bool by_partition = false);

  [[nodiscard]] const std::vector<std::string>& notices() const;
  [[nodiscard]] std::int64_t rows_read() const;
  [[nodiscard]] bool stored() const { return store_.has_value() || state_ != nullptr; }
  /// Bytes of the files of a chunk's partitions, from a store or a state.
  [[nodiscard]] std::int64_t bytes(const ScoreChunk& chunk) const;
  [[nodiscard]] bool has_events() const;
  [[nodiscard]] Clock clock() const;                  ///< there must be events
  [[nodiscard]] std::int64_t end_of_events() const;   ///< as of the base
  [[nodiscard]] bool text_ids() const;
  [[nodiscard]] std::int64_t customers() const;
  /// A number that changes with the data; another for a store than for its files.
  [[nodiscard]] std::string fingerprint() const;
  /// A base with every column and dictionary; from a store, without customers.
  [[nodiscard]] const Base& names() const { return merge_ ? merge_->names() : newer_names(); }
  /// Good as long as the source.
  [[nodiscard]] Dictionaries dictionaries(const FeatureSpec& spec) const;

  /// The chunks of score_chunks. From a store they have partitions and the most that can be in them, and their customers once they are loaded.
  [[nodiscard]] std::vector<ScoreChunk> chunks(const FeatureSpec& spec, std::int64_t as_of, const ChunkLimits& limits) const;

  /// The base that the chunk's customers are numbered in: the one of all, or `own` filled with the partitions of the chunk, whose customers
  /// are then found. Chunks of a store may turn out empty. `merged` tells where the customers come from, with a state.
  [[nodiscard]] const Base& load(ScoreChunk& chunk, const FeatureSpec& spec, std::int64_t as_of, Base& own, MergedCustomers& merged) const;

 private:
  [[nodiscard]] const Base& newer_names() const { return read_ ? read_->base : names_; }
  [[nodiscard]] std::string newer_fingerprint() const;
  [[nodiscard]] std::vector<PartitionSize> sizes() const;

  std::optional<ReadBase> read_;
  std::optional<JourneysStore> store_;
  Base names_;   ///< of a store: no customer, but every dictionary
  const StateFolder* state_;
  std::optional<BaseMerge> merge_;   ///< with a state
  bool by_partition_;
};

}  // namespace footfall
