#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "host/table/write.hpp"

namespace footfall {

/// Where scores go: one file, or a folder of shards, each of so many partitions. The shards grow in a folder beside it, which takes its
/// name when all of them are whole; what is half-written goes away with the object.
class ScoreOutput {
 public:
  static constexpr std::int32_t partitions_a_shard = 16;

  /// A name without an ending stands for a folder. Throws Error{bad_input} when that is a file, or cannot be made.
  ScoreOutput(std::filesystem::path out, std::vector<OutputColumn> columns);
  ~ScoreOutput();
  ScoreOutput(const ScoreOutput&) = delete;             // one owner of the half-written folder
  ScoreOutput& operator=(const ScoreOutput&) = delete;  // likewise

  /// Rows of partitions of one shard, of which `partition` is any.
  void write(const Table& table, std::int32_t partition);
  void finish();

 private:
  void finish_file();
  void replace_shards(std::error_code& problem) const;

  std::filesystem::path out_;
  std::vector<OutputColumn> columns_;
  bool sharded_;
  std::filesystem::path partial_;
  std::unique_ptr<TableWriter> writer_;
  std::int32_t shard_ = 0;
};

}  // namespace footfall
