#pragma once

#include <filesystem>

#include "host/job/job.hpp"
#include "host/jobs/run.hpp"

namespace footfall {

/// The job of a job file; or the one that a journeys store was prepared for, reading the store.
[[nodiscard]] Job job_or_journeys(const std::filesystem::path& path);

/// The journeys that a job reads instead of its files, for as long as the object lives.
class JourneysOfJob {
 public:
  /// With `folder`: the store there is named by the job. It is made when it is not there, and stays. Throws Error{bad_input} when it holds
  /// the journeys of other files (which is only asked where the job's files are there).
  /// Without: nothing, unless reading the files would take more than `share` of the memory; then a store is made beside `out`, as
  /// `.NAME.journeys`, and goes with the object.
  JourneysOfJob(Job& job, const std::filesystem::path& folder, const std::filesystem::path& out, bool targets, const RunOptions& options, double share = 0.7);
  ~JourneysOfJob();
  JourneysOfJob(const JourneysOfJob&) = delete;             // two owners would remove it twice
  JourneysOfJob& operator=(const JourneysOfJob&) = delete;  // likewise

 private:
  std::filesystem::path own_;
};

/// The share for a job that holds the features of all examples beside the events.
inline constexpr double share_to_read = 0.35;

/// Bytes that read_base would need at its height, by the rows of Parquet files and the bytes of text files.
[[nodiscard]] std::int64_t memory_to_read(const Job& job);

}  // namespace footfall
