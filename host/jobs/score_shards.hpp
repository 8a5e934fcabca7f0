#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace footfall {

/// How the 256 partitions are cut into shards, and which of them a worker writes. A function of the two numbers alone, so that workers need not
/// talk to each other: 16 shards of 16 partitions, and where there are many workers smaller ones, so that each has eight of them as far as that goes.
struct ShardSplit {
  std::int32_t workers = 1;
  std::int32_t worker = 0;    ///< from 0

  [[nodiscard]] std::int32_t partitions_a_shard() const;
  [[nodiscard]] std::int32_t shards() const;
  /// This worker's shards are [first(), end()).
  [[nodiscard]] std::int32_t first() const { return static_cast<std::int32_t>(static_cast<std::int64_t>(shards()) * worker / workers); }
  [[nodiscard]] std::int32_t end() const { return static_cast<std::int32_t>(static_cast<std::int64_t>(shards()) * (worker + 1) / workers); }
  [[nodiscard]] std::int32_t shard_of(std::int32_t partition) const { return partition / partitions_a_shard(); }
  [[nodiscard]] bool has_partition(std::int32_t partition) const { return shard_of(partition) >= first() && shard_of(partition) < end(); }
  bool operator==(const ShardSplit&) const = default;
};

/// What scores depend on beside the program: scores of which all of these are equal belong together.
struct ScoreIdentity {
  std::string model;      ///< digest of its model.json
  std::string as_of;      ///< in the numbers of the clock; empty without events
  std::string input;      ///< fingerprint of the events and customers
  bool operator==(const ScoreIdentity&) const = default;
};

/// A shard that is whole.
struct ScoreShard {
  std::int32_t number = 0;
  std::int64_t customers = 0;   ///< 0: nobody of its partitions is scored, and there is no file
  std::int64_t bytes = 0;
  std::string checksum;         ///< XXH64 of the file
};

/// manifest.json beside the shards: written when they are whole. While they grow, in the folder beside, it lists those that are.
struct ScoreManifest {
  ScoreIdentity identity;
  ShardSplit split;
  std::vector<ScoreShard> shards;   ///< by number

  [[nodiscard]] const ScoreShard* find(std::int32_t number) const;
  [[nodiscard]] std::int64_t customers() const;
};

/// "part-016-031.parquet": the partitions that the shard holds.
[[nodiscard]] std::string shard_name(const ShardSplit& split, std::int32_t number);

/// `flushed`: on the disk when it returns. Not needed while shards grow: a kill of the process does not hurt it.
void write_score_manifest(const std::filesystem::path& folder, const ScoreManifest& manifest, bool flushed = true);
[[nodiscard]] bool holds_scores(const std::filesystem::path& folder);
/// Throws Error{bad_input} when there is none or it is damaged.
[[nodiscard]] ScoreManifest read_score_manifest(const std::filesystem::path& folder);

/// The checksum of a file as a manifest has it.
[[nodiscard]] std::string file_checksum(const std::filesystem::path& file);
/// Whether the shard's file is in the folder, as long as it was and with the same checksum.
[[nodiscard]] bool is_whole(const std::filesystem::path& folder, const ShardSplit& split, const ScoreShard& shard);

}  // namespace footfall
