#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/pipeline/stage_time.hpp"
#include "host/job/job.hpp"
#include "host/jobs/run.hpp"

namespace footfall {

struct PrepareRequest {
  std::filesystem::path out = {};  ///< folder of the journeys store
  bool overwrite = false;
  bool resume = false;             ///< go on from where a run was killed; keep what is done when this one fails
  bool drop_duplicates = false;    ///< take out events that equal an earlier one in every column that the job reads
  bool targets = true;             ///< store the columns of the customer table that are targets
  std::int64_t rows_at_once = 0;   ///< rows a reader decodes at once; 0: by the memory. Nothing depends on it
};

struct PrepareSummary {
  std::int64_t rows = 0, events = 0, customers = 0, duplicates = 0;
  std::int64_t bytes = 0;              ///< of the store
  bool was_there = false;              ///< nothing had to be done
  double seconds = 0.0;
  /// Busy seconds are those of all threads together. read: files to typed cells. deal: cells to partitions. spill: writing them. sort: a
  /// partition read back and put in order. write: to the store.
  std::vector<StageTime> stages;
};

/// Reads the events (and the customer table) of a job in any order and writes the journeys store: every customer's events by time, with
/// the memory of options.memory whatever the size of the input. The store equals what read_base gives for the job, bit for bit, for any
/// memory, number of threads and order of rows with distinct times.
///
/// The work is done in `.NAME.partial` beside the folder, which takes its name when all is whole. A run that fails leaves nothing, unless
/// `resume` is set; one that is killed leaves what it has done for `resume`. Throws Error{bad_input} and Error{failed}.
PrepareSummary prepare(const Job& job, const PrepareRequest& request, const RunOptions& options);

/// The plan by which `prepare` would divide the memory, a line a share.
[[nodiscard]] std::vector<std::string> explain_memory(const Job& job, const PrepareRequest& request, const RunOptions& options);

}  // namespace footfall
