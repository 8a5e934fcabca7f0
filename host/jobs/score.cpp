#include "host/jobs/score.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "engine/train/predict.hpp"
#include "host/jobs/part.hpp"
#include "host/jobs/score_writer.hpp"
#include "host/journeys/clock.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t customers_at_once = 32'768;
constexpr std::int32_t partitions_a_shard = 16;

/// Seconds of each stage, in the order in which stages first ran.
class Stages {
 public:
  template <class Work>
  auto time(const std::string& stage, std::int64_t rows, const Work& work) {
    const auto began = std::chrono::steady_clock::now();
    auto result = work();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    auto found = std::find_if(stages_.begin(), stages_.end(), [&](const StageTime& s) { return s.stage == stage; });
    if (found == stages_.end()) found = stages_.insert(stages_.end(), {stage, 0.0, 0, 0});
    found->seconds += seconds;
    found->rows += rows;
    return result;
  }
  [[nodiscard]] std::vector<StageTime> take() { return std::move(stages_); }

 private:
  std::vector<StageTime> stages_;
};

/// Consecutive partitions that are scored at once. Batches are cut inside partitions, so the cut changes no score.
struct Chunk {
  std::vector<std::int64_t> customers;
  std::vector<std::vector<std::int64_t>> groups;   ///< rows of the chunk by partition
  std::int32_t last_partition = 0;
};

bool is_scored(const Base& base, std::int64_t customer, std::int64_t as_of) {
  const auto c = static_cast<std::size_t>(customer);
  if (base.profiles && base.profiles->present[c] != 0) return true;
  if (!base.journeys) return false;
  const auto begin = static_cast<std::size_t>(base.journeys->first[c]), end = static_cast<std::size_t>(base.journeys->first[c + 1]);
  return begin < end && base.journeys->time[begin] < as_of;
}

std::vector<Chunk> chunks_of(const Base& base, std::int64_t as_of) {
  std::vector<Chunk> chunks(1);
  for (std::int32_t p = 0; p < Base::partitions; ++p) {
    const bool shard_begins = p % partitions_a_shard == 0;
    if (!chunks.back().customers.empty() && (shard_begins || static_cast<std::int64_t>(chunks.back().customers.size()) >= customers_at_once)) chunks.emplace_back();
    Chunk& chunk = chunks.back();
    chunk.last_partition = p;
    std::vector<std::int64_t>& group = chunk.groups.emplace_back();
    for (std::int64_t c = base.partition_first[static_cast<std::size_t>(p)]; c < base.partition_first[static_cast<std::size_t>(p) + 1]; ++c) {
      if (!is_scored(base, c, as_of)) continue;
      group.push_back(static_cast<std::int64_t>(chunk.customers.size()));
      chunk.customers.push_back(c);
    }
  }
  return chunks;
}

/// One file, or a folder of shards. The shards grow in a folder beside it, which takes its name when all of them are whole.
class Output {
 public:
  Output(std::filesystem::path out, std::vector<OutputColumn> columns) : out_(std::move(out)), columns_(std::move(columns)), sharded_(out_.extension().empty()) {
    if (out_.has_parent_path() && !out_.has_filename()) out_ = out_.parent_path();
    if (!sharded_) return;
    if (std::filesystem::exists(out_) && !std::filesystem::is_directory(out_))
      throw bad_input(out_.string() + " is a file, and a name without an ending stands for a folder of shards", "end --out in .parquet or .csv, or give another");
    partial_ = out_.parent_path() / fmt::format(".{}.partial-{}", out_.filename().string(), getpid());
    std::error_code problem;
    std::filesystem::create_directories(partial_, problem);
    if (problem) throw bad_input("the folder " + out_.string() + " cannot be made: " + problem.message(), "choose another --out");
  }
  ~Output() {
    writer_.reset();
    std::error_code ignored;
    if (!partial_.empty()) std::filesystem::remove_all(partial_, ignored);
  }
  Output(const Output&) = delete;  // one owner of the half-written folder
  Output& operator=(const Output&) = delete;

  void write(const Table& table, std::int32_t partition) {
    const std::int32_t shard = sharded_ ? partition / partitions_a_shard : 0;
    if (writer_ && shard != shard_) finish_file();
    if (!writer_) {
      writer_ = std::make_unique<TableWriter>((sharded_ ? partial_ / fmt::format("part-{:02}.parquet", shard) : out_).string(), columns_);
      shard_ = shard;
    }
    writer_->write(table);
  }

  void finish() {
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

 private:
  void finish_file() {
    if (writer_) writer_->finish();
    writer_.reset();
  }

  /// Other files of the folder stay.
  void replace_shards(std::error_code& problem) const {
    for (const auto& entry : std::filesystem::directory_iterator(out_, problem))
      if (!problem && entry.path().extension() == ".parquet") std::filesystem::remove(entry.path(), problem);
    if (problem) return;
    for (const auto& entry : std::filesystem::directory_iterator(partial_, problem))
      if (!problem) std::filesystem::rename(entry.path(), out_ / entry.path().filename(), problem);
  }

  std::filesystem::path out_;
  std::vector<OutputColumn> columns_;
  bool sharded_;
  std::filesystem::path partial_;
  std::unique_ptr<TableWriter> writer_;
  std::int32_t shard_ = 0;
};

void check_output(const ScoreRequest& request) {
  if (!request.overwrite && std::filesystem::exists(request.out))
    throw bad_input(request.out.string() + " exists already", "give --overwrite to replace it, or another --out");
}

Job job_of(const SavedModel& model, const ScoreRequest& request) {
  Job job = model.job;
  if (!request.events.empty()) {
    if (!job.events) throw bad_input("--events is given, but the model was fitted without an event log", "leave it out");
    job.events->table.files = request.events;
  }
  if (!request.customers.empty()) {
    if (!job.customers) throw bad_input("--customers is given, but the model was fitted without a customer table", "leave it out");
    job.customers->table.files = request.customers;
  }
  return job;
}

void count_unseen(const std::vector<UnseenCount>& more, std::vector<UnseenCount>& all) {
  for (const UnseenCount& count : more) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const UnseenCount& c) { return c.column == count.column; });
    if (found == all.end()) {
      all.push_back(count);
    } else {
      found->cells += count.cells;
    }
  }
}

}  // namespace

ScoreSummary score(const ScoreRequest& request, const RunOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  const SavedModel model = load_model(request.model);
  check_output(request);
  Workshop shop(options);
  Stages stages;
  const ReadBase read = stages.time("read", 0, [&] { return read_base(job_of(model, request), {.targets = false}); });
  for (const std::string& notice : read.notices) options.observer.note(notice);
  const Base& base = read.base;
  std::int64_t as_of = end_of_events(base);
  if (!request.as_of.empty()) {
    if (!base.journeys) throw bad_input("--as-of is given, but there are no events", "leave it out");
    as_of = parse_cutoff(request.as_of, base.journeys->clock, "--as-of");
  }
  ScoreSummary summary;
  if (base.journeys) summary.as_of = moment_text(as_of, base.journeys->clock);
  const Dictionaries dictionaries = dictionaries_of(base, model.features);
  Output output(request.out, score_columns(model, base.ids.text));
  for (const Chunk& chunk : chunks_of(base, as_of)) {
    const auto rows = static_cast<std::int64_t>(chunk.customers.size());
    if (rows == 0) continue;
    std::vector<ExampleKey> keys;
    for (const std::int64_t c : chunk.customers) keys.push_back({c, as_of});
    ExampleTable table = stages.time("features", rows, [&] {
      ExampleTable built = build_examples(base, model.features, keys, shop.backend->team());
      count_unseen(recode(built, dictionaries, model.transform, shop.backend->team()), summary.unseen);
      return built;
    });
    const DeviceExamples device = stages.time("upload", rows, [&] {
      return upload_examples(table, model.transform, model.architecture.profile_width > 0, *shop.backend, *shop.stream);
    });
    const PartPredictions predictions = stages.time("predict", rows, [&] {
      return predict_rows(model.architecture, model.transform, model.parameters, table, device, chunk.groups, shop);
    });
    stages.time("write", rows, [&] {
      output.write(score_table(model, base.ids, chunk.customers, in_order(predictions)), chunk.last_partition);
      return 0;
    });
    summary.customers += rows;
    options.observer.progress("score", summary.customers, base.customers(), "customers");
  }
  if (summary.customers == 0) throw bad_input("there is no customer to score", "check the files, or --as-of: customers are scored from their first event on");
  stages.time("write", 0, [&] {
    output.finish();
    return 0;
  });
  summary.stages = stages.take();
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return summary;
}

}  // namespace footfall
