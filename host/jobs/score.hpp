#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/pipeline/stage_time.hpp"
#include "engine/transform/transform.hpp"
#include "host/jobs/run.hpp"
#include "host/jobs/score_shards.hpp"

namespace footfall {

struct ScoreRequest {
  std::filesystem::path model;
  std::filesystem::path out;              ///< .parquet, .csv, or a folder (no ending) of shards
  std::vector<std::string> events;        ///< files instead of the job's; empty: the job's
  std::vector<std::string> customers;     ///< likewise
  std::filesystem::path journeys;         ///< a journeys store: read when it is there, made of the files and kept when it is not; empty: none
  std::string as_of;                      ///< empty: the newest time plus one unit of its resolution
  bool overwrite = false;
  bool resume = false;                    ///< keep the shards that are whole
  ShardSplit split;                       ///< with several workers: the shards of one of them
  std::int64_t customers_at_once = 0;     ///< chunks of about so many; 0: as the memory allows. No score depends on it
};

struct ScoreSummary {
  std::int64_t customers = 0;             ///< in the output
  std::int64_t customers_before = 0;      ///< of them, in shards that were whole before
  bool was_there = false;                 ///< everything: nothing was done
  std::string as_of;                      ///< as a person reads it; empty without events
  double seconds = 0.0;
  /// read: files to journeys, alone. load: partitions of a journeys store. The others work at the same time, each on another chunk. features: journeys to numbers. predict: copies
  /// and kernels put into the stream (on a CPU also computed). collect: waiting for the device to be done with them. write: to the output.
  std::vector<StageTime> stages;
  std::vector<UnseenCount> unseen;        ///< columns with words that the fit did not see
};

/// Scores every customer with an event before `as_of` and every customer of the table, each once, in the order of partitions.
/// The file, or the folder, is written beside its name and renamed when whole; shards that are whole stay when the rest fails, and `resume` goes on
/// from them to the same bytes. Throws Error{bad_input} when the data does not suit the model.
ScoreSummary score(const ScoreRequest& request, const RunOptions& options);

}  // namespace footfall
