#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
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
  std::filesystem::path update;           ///< a state to go on from: the files hold only what came since; empty: none
  std::filesystem::path save_state;       ///< where to leave a state; may be the same folder; empty: nowhere
  std::string as_of;                      ///< empty: the newest time plus one unit of its resolution
  bool overwrite = false;
  bool resume = false;                    ///< keep the shards that are whole
  ShardSplit split;                       ///< with several workers: the shards of one of them
  std::int64_t customers_at_once = 0;     ///< chunks of about so many; 0: as the memory allows. No score depends on it
};

/// How many customers an update scored by which way.
struct UpdateCounts {
  std::int64_t continued = 0;    ///< from their stored states
  std::int64_t recomputed = 0;   ///< all of their events, though there was a state
  std::int64_t started = 0;      ///< that the state did not have, or had seen no event of
  std::int64_t new_events = 0;
};

struct ScoreSummary {
  std::int64_t customers = 0;             ///< in the output
  std::int64_t customers_before = 0;      ///< of them, in shards that were whole before
  bool was_there = false;                 ///< everything: nothing was done
  std::string as_of;                      ///< as a person reads it; empty without events
  std::optional<UpdateCounts> update;     ///< where a state was gone on from
  double seconds = 0.0;
  /// read: files to journeys, alone. load: partitions of a journeys store. The others work at the same time, each on another chunk. features: journeys to numbers. predict: copies
  /// and kernels put into the stream (on a CPU also computed). collect: waiting for the device to be done with them. write: to the output.
  std::vector<StageTime> stages;
  std::vector<UnseenCount> unseen;        ///< columns with words that the fit did not see
};

/// Scores every customer with an event before `as_of` and every customer of the table, each once, in the order of partitions.
/// The file, or the folder, is written beside its name and renamed when whole; shards that are whole stay when the rest fails, and `resume` goes on
/// from them to the same bytes.
///
/// With `update` the customers and events are those of the state and of the files together, and the scores are those of scoring all of it from scratch
/// within 1e-6 (amounts: of their size). A customer goes on from the stored recurrent state where it is still good, and is computed anew otherwise.
/// Throws Error{bad_input} when the data does not suit the model.
ScoreSummary score(const ScoreRequest& request, const RunOptions& options);

}  // namespace footfall
