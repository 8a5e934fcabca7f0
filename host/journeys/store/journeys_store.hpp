#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "host/journeys/base_reader.hpp"
#include "host/journeys/store/manifest.hpp"

namespace footfall {

/// A folder of journeys, prepared by `footfall prepare`: the base of a job on disk, partition by partition. docs/journeys.md has its layout.
class JourneysStore {
 public:
  /// Reads the manifest and the names of columns. Throws Error{bad_input} when the folder is no store or one of these is damaged.
  explicit JourneysStore(std::filesystem::path folder);

  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] const StoreSchema& schema() const { return manifest_.schema; }
  [[nodiscard]] std::int64_t customers() const { return total_.customers; }
  [[nodiscard]] std::int64_t events() const { return total_.events; }
  /// Of the customers before partition p; [partitions + 1].
  [[nodiscard]] const std::vector<std::int64_t>& partition_first() const { return partition_first_; }
  [[nodiscard]] Clock clock() const { return manifest_.schema.clock(); }
  /// The oldest and the newest event. There must be one.
  [[nodiscard]] PieceFacts total() const { return total_; }
  /// Bytes that a Base of these partitions needs.
  [[nodiscard]] std::int64_t bytes(std::int32_t first, std::int32_t end) const;

  /// The partitions [first, end) as a base: all columns, with the dictionaries of the whole store, whose codes do not depend on the range;
  /// partition_first has the other partitions empty. The checksum of each partition is checked when it is read: Error{bad_input} names a
  /// damaged file. `recycled` is a base that came from here and is no longer needed: its dictionaries and its memory are used again.
  /// May be called from several threads.
  [[nodiscard]] Base load(std::int32_t first, std::int32_t end, Base recycled = {}) const;
  /// The same, and the columns that are targets, a row a customer of these partitions.
  [[nodiscard]] Base load(std::int32_t first, std::int32_t end, Base recycled, TargetColumns& targets) const;
  /// The job with the columns that the store found for "auto".
  [[nodiscard]] Job resolve(const Job& job) const;

  /// The whole store in memory: what read_base gives for its job.
  [[nodiscard]] ReadBase read() const;

 private:
  [[nodiscard]] Base empty_base() const;
  [[nodiscard]] std::vector<Column> empty_targets() const;
  void load_into(std::int32_t first, std::int32_t end, Base& base, std::vector<Column>& targets) const;

  std::filesystem::path folder_;
  Manifest manifest_;
  PieceFacts total_;
  std::vector<std::int64_t> partition_first_;
  std::vector<Words> event_words_, profile_words_, target_words_;
};

/// Opens the store that a job names. Throws Error{bad_input} when it was made for a job that reads other columns, or reads them otherwise;
/// with `targets` also when it lacks one of the job's target columns. Which files it was made from is not asked.
[[nodiscard]] JourneysStore open_store(const Job& job, bool targets);

/// What read_base gives for a job that names a store.
[[nodiscard]] ReadBase read_stored(const Job& job, bool targets);

}  // namespace footfall
