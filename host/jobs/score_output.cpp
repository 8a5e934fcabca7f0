#include "host/jobs/score_output.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {

ScoreOutput::ScoreOutput(std::filesystem::path out, std::vector<OutputColumn> columns)
    : out_(std::move(out)), columns_(std::move(columns)), sharded_(out_.extension().empty()) {
  if (out_.has_parent_path() && !out_.has_filename()) out_ = out_.parent_path();
  if (!sharded_) return;
  if (std::filesystem::exists(out_) && !std::filesystem::is_directory(out_))
    throw bad_input(out_.string() + " is a file, and a name without an ending stands for a folder of shards", "end --out in .parquet or .csv, or give another");
  partial_ = out_.parent_path() / fmt::format(".{}.partial-{}", out_.filename().string(), getpid());
  std::error_code problem;
  std::filesystem::create_directories(partial_, problem);
  if (problem) throw bad_input("the folder " + out_.string() + " cannot be made: " + problem.message(), "choose another --out");
}

ScoreOutput::~ScoreOutput() {
  writer_.reset();
  std::error_code ignored;
  if (!partial_.empty()) std::filesystem::remove_all(partial_, ignored);
}

void ScoreOutput::write(const Table& table, std::int32_t partition) {
  const std::int32_t shard = sharded_ ? partition / partitions_a_shard : 0;
  if (writer_ && shard != shard_) finish_file();
  if (!writer_) {
    writer_ = std::make_unique<TableWriter>((sharded_ ? partial_ / fmt::format("part-{:02}.parquet", shard) : out_).string(), columns_);
    shard_ = shard;
  }
  writer_->write(table);
}

void ScoreOutput::finish() {
  finish_file();
  if (!sharded_) return;
  std::error_code problem;
  if (std::filesystem::exists(out_)) {
    replace_shards(problem);
  } else {
    std::filesystem::rename(partial_, out_, problem);
  }
  if (problem) throw_write_error(out_, problem.value());
}

void ScoreOutput::finish_file() {
  if (writer_) writer_->finish();
  writer_.reset();
}

/// Other files of the folder stay.
void ScoreOutput::replace_shards(std::error_code& problem) const {
  for (const auto& entry : std::filesystem::directory_iterator(out_, problem))
    if (!problem && entry.path().extension() == ".parquet") std::filesystem::remove(entry.path(), problem);
  if (problem) return;
  for (const auto& entry : std::filesystem::directory_iterator(partial_, problem))
    if (!problem) std::filesystem::rename(entry.path(), out_ / entry.path().filename(), problem);
}

}  // namespace footfall
