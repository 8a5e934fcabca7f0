#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "host/jobs/fit.hpp"
#include "host/jobs/score_shards.hpp"
#include "host/table/write.hpp"

namespace footfall {

/// Where scores go: one file, or a folder of shards with a manifest. Shards grow in `.NAME.partial` beside the folder, which takes its name when
/// all of them are whole. What fails or is killed leaves there the shards that were whole, and nothing where there are none.
class ScoreOutput {
 public:
  struct Request {
    std::filesystem::path out;       ///< a name without an ending stands for a folder
    Existing existing = Existing::refuse;
    ShardSplit split;
  };

  /// Before the input is read: may it be written? Throws Error{bad_input} when it is there (shards of an unfinished run too) and `existing`
  /// says to refuse it, when a folder is asked for where a file is, or when several workers would write one file.
  static void check(const Request& request);
  /// With Existing::resume: whether everything is there, as its manifest says, from this model and split. A single file that is there is taken as it is.
  [[nodiscard]] static bool is_done(const Request& request, const std::string& model);

  /// Takes over the shards that are whole, when asked to resume; Error{bad_input} when they are of another model, input or moment, when the
  /// folder cannot be made, or when another run writes it now.
  ScoreOutput(const Request& request, ScoreIdentity identity, std::vector<OutputColumn> columns);
  ~ScoreOutput();
  ScoreOutput(const ScoreOutput&) = delete;             // one owner of the half-written folder
  ScoreOutput& operator=(const ScoreOutput&) = delete;  // likewise

  /// Whether rows of this partition are to be written.
  [[nodiscard]] bool wants(std::int32_t partition) const;
  /// Rows of partitions of one shard, of which `partition` is any.
  void write(const Table& table, std::int32_t partition);
  void finish();
  [[nodiscard]] std::int64_t customers_before() const { return before_; }   ///< in the shards that were taken over

 private:
  void take_over();
  void take_shards(const std::filesystem::path& folder);
  void finish_file();
  void replace(std::error_code& problem) const;

  std::filesystem::path out_, partial_;
  std::vector<OutputColumn> columns_;
  bool sharded_;
  int lock_ = -1;
  ScoreManifest whole_;
  std::unique_ptr<TableWriter> writer_;
  std::int32_t shard_ = 0;
  std::int64_t before_ = 0;
  bool finished_ = false;
};

}  // namespace footfall
