#include "host/jobs/journeys_of_job.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/jobs/prepare.hpp"
#include "host/journeys/requests.hpp"
#include "host/journeys/store/manifest.hpp"
#include "host/table/read.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

namespace fs = std::filesystem;

bool files_are_there(const Job& job) {
  try {
    static_cast<void>(expand_files(job.events->table.files, {}));
    if (job.customers) static_cast<void>(expand_files(job.customers->table.files, {}));
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Columns that a row of events takes to be read and grouped in memory: cells with their marks, then the journeys made of them.
std::int64_t cells_of(const ReadRequest& request) { return static_cast<std::int64_t>(request.columns.size() + request.derived.size()) + 2; }

}  // namespace

Job job_or_journeys(const fs::path& path) {
  if (!fs::is_directory(path)) return read_job(path.string());
  const Manifest manifest = read_manifest(path);
  Job job = parse_job(manifest.job, (path / "manifest.json").string(), path.string());
  job.journeys = path.string();
  return job;
}

std::int64_t memory_to_read(const Job& job) {
  constexpr std::int64_t bytes_a_cell = 9 + 8, text_a_byte = 6;
  const ReadRequest request = events_request(job);
  std::int64_t sum = 0;
  for (const FileSize& file : file_sizes(request.files, request.text))
    sum += file.rows >= 0 ? file.rows * cells_of(request) * bytes_a_cell : file.bytes * text_a_byte;
  return sum;
}

JourneysOfJob::JourneysOfJob(Job& job, const fs::path& folder, const fs::path& out, bool targets, const RunOptions& options, double share) {
  if (!job.journeys.empty()) return;
  if (!folder.empty() && holds_store(folder)) {
    if (files_are_there(job)) {
      std::vector<std::string> unheard;
      const StoreOrigin stored = read_manifest(folder).origin;
      const StoreOrigin wanted = origin_of(resolved_job(job, targets, unheard), targets, stored.drop_duplicates);
      if (stored.events != wanted.events || stored.customers != wanted.customers)
        throw bad_input(folder.string() + " holds the journeys of other files", "prepare them again: footfall prepare JOB --out FOLDER --overwrite");
    }
    job.journeys = folder.string();
    return;
  }
  if (!folder.empty() && !job.events) throw bad_input("--journeys is given, but the job has no [events]", "leave it out");
  if (!job.events) return;
  PrepareRequest request;
  request.targets = targets;
  request.out = folder;
  if (folder.empty()) {
    const std::int64_t needed = memory_to_read(job);
    if (options.memory <= 0 || static_cast<double>(needed) < share * static_cast<double>(options.memory)) return;
    const fs::path whole = out.has_filename() ? out : out.parent_path();
    request.out = own_ = (whole.has_parent_path() ? whole.parent_path() : fs::path(".")) / ("." + whole.filename().string() + ".journeys");
    request.overwrite = true;
    options.observer.note(fmt::format("reading the events at once would take about {} MiB of the {} MiB there are: they are grouped on disk first", needed >> 20, options.memory >> 20));
  }
  static_cast<void>(prepare(job, request, options));
  job.journeys = request.out.string();
}

JourneysOfJob::~JourneysOfJob() {
  std::error_code ignored;
  if (!own_.empty()) fs::remove_all(own_, ignored);
}

}  // namespace footfall
