#include "host/jobs/score_output.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>

#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

bool is_folder(const std::filesystem::path& out) { return out.extension().empty(); }

std::filesystem::path named(const std::filesystem::path& out) { return out.has_parent_path() && !out.has_filename() ? out.parent_path() : out; }

std::filesystem::path partial_of(const std::filesystem::path& out) { return out.parent_path() / fmt::format(".{}.partial", out.filename().string()); }

std::size_t whole_shards(const std::filesystem::path& folder) { return holds_scores(folder) ? read_score_manifest(folder).shards.size() : 0; }

/// Held until the process ends, however it does.
int lock_folder(const std::filesystem::path& folder, const std::filesystem::path& out) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0 || flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return descriptor;
  close(descriptor);
  throw bad_input("another run is writing " + out.string() + " now", "wait for it, or give another --out");
}

}  // namespace

void ScoreOutput::check(const Request& request) {
  const std::filesystem::path out = named(request.out);
  if (request.split.workers > 1 && !is_folder(out)) throw bad_input("--workers is given, and " + out.string() + " is one file", "name a folder for the shards of each worker: --out scores-0/");
  if (request.existing == Existing::refuse && std::filesystem::exists(out)) throw bad_input(out.string() + " exists already", "give --overwrite to replace it, or another --out");
  if (!is_folder(out)) return;
  if (std::filesystem::exists(out) && !std::filesystem::is_directory(out))
    throw bad_input(out.string() + " is a file, and a name without an ending stands for a folder of shards", "end --out in .parquet or .csv, or give another");
  if (request.existing != Existing::refuse) return;
  if (const std::size_t shards = whole_shards(partial_of(out)); shards > 0)
    throw bad_input(fmt::format("a run that did not end has left {} whole shard{} of {}", shards, shards == 1 ? "" : "s", out.string()),
                    "give --resume to go on, or --overwrite to start anew");
}

bool ScoreOutput::is_done(const Request& request, const std::string& model) {
  const std::filesystem::path out = named(request.out);
  if (request.existing != Existing::resume || !std::filesystem::exists(out)) return false;
  if (!is_folder(out)) return true;
  if (!holds_scores(out)) return false;
  const ScoreManifest there = read_score_manifest(out);
  return there.identity.model == model && there.split == request.split && std::all_of(there.shards.begin(), there.shards.end(), [&](const ScoreShard& shard) { return is_whole(out, there.split, shard); });
}

ScoreOutput::ScoreOutput(const Request& request, ScoreIdentity identity, std::vector<OutputColumn> columns)
    : out_(named(request.out)), columns_(std::move(columns)), sharded_(is_folder(out_)) {
  whole_.identity = std::move(identity);
  whole_.split = request.split;
  if (!sharded_) {
    remove_abandoned(out_);
    return;
  }
  partial_ = partial_of(out_);
  std::error_code problem;
  std::filesystem::create_directories(partial_, problem);
  if (problem) throw bad_input("the folder " + out_.string() + " cannot be made: " + problem.message(), "choose another --out");
  lock_ = lock_folder(partial_, out_);
  if (request.existing == Existing::resume) take_over();
  std::set<std::string> kept = {"manifest.json"};
  for (const ScoreShard& shard : whole_.shards) kept.insert(shard_name(whole_.split, shard.number));
  if (whole_.shards.empty()) kept.clear();
  for (const auto& entry : std::filesystem::directory_iterator(partial_, problem))
    if (kept.count(entry.path().filename().string()) == 0) std::filesystem::remove_all(entry.path(), problem);
}

ScoreOutput::~ScoreOutput() {
  writer_.reset();
  std::error_code ignored;
  if (!partial_.empty() && (finished_ || !holds_scores(partial_))) std::filesystem::remove_all(partial_, ignored);
  if (lock_ >= 0) close(lock_);
}

void ScoreOutput::take_over() {
  if (holds_scores(partial_)) take_shards(partial_);
  if (holds_scores(out_)) take_shards(out_);
  std::sort(whole_.shards.begin(), whole_.shards.end(), [](const ScoreShard& a, const ScoreShard& b) { return a.number < b.number; });
  before_ = whole_.customers();
}

/// A kill in replace() leaves shards in both folders.
void ScoreOutput::take_shards(const std::filesystem::path& folder) {
  const ScoreManifest there = read_score_manifest(folder);
  const auto other = [&](const std::string& what) { throw bad_input(fmt::format("{} holds scores {}", folder.string(), what), "give --overwrite to start anew, or another --out"); };
  if (there.split != whole_.split) other(fmt::format("of worker {} of {}", there.split.worker, there.split.workers));
  if (there.identity.model != whole_.identity.model) other("of another model");
  if (there.identity.as_of != whole_.identity.as_of) other("as of another moment");
  if (there.identity.input != whole_.identity.input) other("of other events or customers");
  for (const ScoreShard& shard : there.shards)
    if (whole_.find(shard.number) == nullptr && (is_whole(partial_, there.split, shard) || is_whole(out_, there.split, shard))) whole_.shards.push_back(shard);
}

bool ScoreOutput::wants(std::int32_t partition) const {
  return !sharded_ || (whole_.split.has_partition(partition) && whole_.find(whole_.split.shard_of(partition)) == nullptr);
}

void ScoreOutput::write(const Table& table, std::int32_t partition) {
  const std::int32_t shard = sharded_ ? whole_.split.shard_of(partition) : 0;
  if (writer_ && shard != shard_) finish_file();
  if (!writer_) {
    writer_ = std::make_unique<TableWriter>((sharded_ ? partial_ / shard_name(whole_.split, shard) : out_).string(), columns_);
    shard_ = shard;
  }
  writer_->write(table);
}

void ScoreOutput::finish_file() {
  if (!writer_) return;
  const std::unique_ptr<TableWriter> writer = std::move(writer_);
  writer->finish();
  if (!sharded_) return;
  const std::filesystem::path file = partial_ / shard_name(whole_.split, shard_);
  whole_.shards.push_back({shard_, writer->rows(), static_cast<std::int64_t>(std::filesystem::file_size(file)), file_checksum(file)});
  write_score_manifest(partial_, whole_, false);
}

void ScoreOutput::finish() {
  finish_file();
  if (!sharded_) return;
  for (std::int32_t shard = whole_.split.first(); shard < whole_.split.end(); ++shard)
    if (whole_.find(shard) == nullptr) whole_.shards.push_back({shard, 0, 0, ""});
  std::sort(whole_.shards.begin(), whole_.shards.end(), [](const ScoreShard& a, const ScoreShard& b) { return a.number < b.number; });
  write_score_manifest(partial_, whole_);
  std::error_code problem;
  if (std::filesystem::exists(out_)) {
    replace(problem);
  } else {
    std::filesystem::rename(partial_, out_, problem);
  }
  if (problem) throw_write_error(out_, problem.value());
  finished_ = true;
}

/// Shards of another run go, other files of the folder stay. The manifest goes first and comes last: without it the folder is not whole, and
/// the one beside it says what is where.
void ScoreOutput::replace(std::error_code& problem) const {
  std::filesystem::remove(out_ / "manifest.json", problem);
  std::set<std::string> names;
  for (const ScoreShard& shard : whole_.shards) {
    if (shard.customers == 0) continue;
    const std::string name = shard_name(whole_.split, shard.number);
    names.insert(name);
    if (!problem && std::filesystem::exists(partial_ / name)) std::filesystem::rename(partial_ / name, out_ / name, problem);
  }
  for (const auto& entry : std::filesystem::directory_iterator(out_, problem))
    if (!problem && entry.path().extension() == ".parquet" && names.count(entry.path().filename().string()) == 0) std::filesystem::remove(entry.path(), problem);
  if (!problem) write_score_manifest(out_, whole_);
}

}  // namespace footfall
