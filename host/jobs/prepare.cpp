#include "host/jobs/prepare.hpp"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "host/journeys/clock.hpp"
#include "host/journeys/read_notices.hpp"
#include "host/journeys/requests.hpp"
#include "host/journeys/store/deal.hpp"
#include "host/journeys/store/manifest.hpp"
#include "host/journeys/store/memory_plan.hpp"
#include "host/journeys/store/piece_file.hpp"
#include "host/table/atomic_file.hpp"
#include "host/table/read.hpp"
#include "kernels/device/team.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

namespace fs = std::filesystem;

/// Rows of a task, which is what is read again after a kill. Never depends on the memory, so that a run may go on with another.
constexpr std::int64_t task_rows = std::int64_t{1} << 20;

void remove_folder(const fs::path& folder) {
  std::error_code problem;
  fs::remove_all(folder, problem);
  if (problem) throw_write_error(folder, problem.value());
}

void make_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) throw_write_error(folder, problem.value());
}

/// Files that a kill caught before they had their names.
void remove_half_written(const fs::path& folder) {
  std::vector<fs::path> half;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with('.')) half.push_back(entry.path());
  for (const fs::path& file : half) remove_folder(file);
}

/// Where the work is done: beside the store, so that it can be renamed.
class WorkFolder {
 public:
  WorkFolder(const fs::path& out, bool resume) : keep_(resume) {
    fs::path whole = out;
    if (!whole.has_filename()) whole = whole.parent_path();
    out_ = whole;
    path_ = (whole.has_parent_path() ? whole.parent_path() : fs::path(".")) / ("." + whole.filename().string() + ".partial");
    if (!resume) remove_folder(path_);
  }
  ~WorkFolder() {
    if (keep_ && !done_) return;
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;             // two owners would remove it twice
  WorkFolder& operator=(const WorkFolder&) = delete;  // likewise

  [[nodiscard]] fs::path store() const { return path_ / "store"; }
  [[nodiscard]] fs::path spilled(const char* table, std::size_t task) const { return path_ / "spilled" / fmt::format("{}-{:06}.rows", table, task); }
  [[nodiscard]] fs::path names(const char* table, std::size_t column) const { return path_ / "spilled" / fmt::format("{}-{:03}.names", table, column); }

  /// Makes the folders anew unless what lies there is work on the same input. True when it is.
  bool begin(const std::string& origin) {
    const bool same = fs::exists(path_ / "origin") && read_file(path_ / "origin") == origin;
    if (!same) remove_folder(path_);
    make_folder(path_ / "spilled");
    make_folder(store());
    if (!same) write_file(path_ / "origin", origin);
    for (const fs::path& folder : {path_ / "spilled", store()}) remove_half_written(folder);
    return same;
  }

  /// Gives the store its name.
  void finish() {
    std::error_code problem;
    const fs::path old = path_ / "old";
    if (fs::exists(out_)) fs::rename(out_, old, problem);
    if (!problem) fs::rename(store(), out_, problem);
    if (problem) throw_write_error(out_, problem.value());
    done_ = true;
  }
  /// What is wrong with the input will be wrong again.
  void forget() { keep_ = false; }

 private:
  fs::path out_, path_;
  bool keep_ = false, done_ = false;
};

std::string text_of(const StoreOrigin& origin) {
  std::string text = origin.request + fmt::format("\n{} {}\n", fmt::join(origin.targets, "|"), origin.drop_duplicates);
  for (const auto* files : {&origin.events, &origin.customers})
    for (const InputFile& file : *files) text += fmt::format("{} {} {} {:016x}\n", file.name, file.bytes, file.changed, file.ends);
  return text;
}

/// Times of a stage, added up by several threads.
class SharedTime {
 public:
  explicit SharedTime(std::string name) { time_.stage = std::move(name); }
  void add(double seconds, const Load& load) {
    const std::lock_guard lock(mutex_);
    time_.busy += seconds;
    time_.rows += load.rows;
    time_.bytes += load.bytes;
  }
  [[nodiscard]] const StageTime& time() const { return time_; }

 private:
  std::mutex mutex_;
  StageTime time_;
};

class Lap {
 public:
  double seconds() {
    const auto now = std::chrono::steady_clock::now();
    const double out = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return out;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

std::int64_t file_bytes(const std::vector<InputFile>& files) {
  std::int64_t sum = 0;
  for (const InputFile& file : files) sum += file.bytes;
  return sum;
}

/// One preparation, step by step.
class Preparation {
 public:
  Preparation(const Job& job, const PrepareRequest& request, const RunOptions& options) : request_(request), options_(options) {
    if (!job.events) throw bad_input(job.source + " has no [events]: there is nothing to group", "prepare is for event logs; fit and score read a customer table as it is");
    job_ = resolved_job(job, request.targets, notices_);
    const ReadRequest events = events_request(job_);
    events_.emplace(events, task_rows);
    if (job_.customers) {
      const ReadRequest customers = customers_request(job_, request.targets);
      customer_files_ = customers.files;
      customers_.emplace(customers, task_rows);
    }
    schema_ = schema_of(job_, events_->schema(), customers_ ? &customers_->schema() : nullptr, request.targets);
    check_kinds();
    layout_ = event_layout(schema_, *job_.events);
    if (schema_.profiles) profile_layout_ = profile_layout(schema_);
    plan_ = plan_memory(options.memory, options.threads, events_->schema(), layout_.spill);
    if (request.rows_at_once > 0) plan_.rows_at_once = request.rows_at_once;
  }

  [[nodiscard]] const MemoryPlan& plan() const { return plan_; }
  [[nodiscard]] const Job& job() const { return job_; }

  PrepareSummary run(WorkFolder& work, const StoreOrigin& origin) {
    Lap all;
    const bool goes_on = work.begin(text_of(origin));
    if (goes_on) options_.observer.note("going on with what an earlier run has left");
    origin_ = origin;
    open_names(work, goes_on);
    deal_events(work);
    if (customers_) deal_customers(work);
    events_->check_rows(event_counts_.rows, event_counts_.rows_read);
    events_.reset();
    customers_.reset();
    make_codes();
    malloc_trim(0);
    make_pieces(work);
    finish(work);
    summary_.seconds = all.seconds();
    for (const SharedTime* time : {&read_, &deal_, &spill_, &sort_, &write_}) summary_.stages.push_back(time->time());
    return summary_;
  }

 private:
  void check_kinds() const {
    if (!customers_) return;
    const bool text = customers_->schema().at(job_.customers->customer).type == ColumnType::text;
    if (text != schema_.text_ids)
      throw bad_input(fmt::format("the customers of [events] are {} and those of [customers] are {}", schema_.text_ids ? "text" : "whole numbers", text ? "text" : "whole numbers"),
                      "both must be of one kind; fix the files");
  }

  void open_names(const WorkFolder& work, bool goes_on) {
    const auto budget = std::make_shared<NameBudget>(plan_.names / 2);   // the rest is for what readers remember of them
    const auto open = [&](const char* table, const std::vector<std::string>& columns, Vocabularies& into) {
      for (std::size_t c = 0; c < columns.size(); ++c) into.push_back(std::make_unique<Vocabulary>(columns[c], work.names(table, c), goes_on, budget));
    };
    open("events", schema_.event_names(), event_names_);
    open("customers", schema_.profile_names(), profile_names_);
    open("targets", schema_.target_names(), target_names_);
  }

  /// Runs tasks of reading on all threads. A task whose rows are there already is not done again.
  template <class Work>
  std::vector<SpillFile> deal_all(const WorkFolder& work, const char* table, const TableReader& reader, const SpillLayout& layout, const Work& deal_task) {
    const std::vector<ReadTask> tasks = reader.tasks(task_rows);
    std::atomic<std::int64_t> done = 0;
    Team team(options_.threads);
    team.run(static_cast<std::int64_t>(tasks.size()), [&](std::int64_t t, int thread) {
      const auto task = static_cast<std::size_t>(t);
      const fs::path file = work.spilled(table, task);
      if (!fs::exists(file)) deal_task(tasks[task], file, thread);
      const std::lock_guard lock(progress_);
      options_.observer.progress("read", ++done, static_cast<std::int64_t>(tasks.size()), "parts");
    });
    std::vector<SpillFile> files;
    for (std::size_t task = 0; task < tasks.size(); ++task) files.emplace_back(work.spilled(table, task), layout);
    return files;
  }

  /// Reads a task chunk by chunk; `deal` makes rows of a chunk.
  template <class Deal>
  void spill_task(TableReader reader, const fs::path& file, const SpillLayout& layout, const Deal& deal) {
    Lap lap;
    SpillWriter out(file, layout);
    SpillCounts counts;
    double written = 0.0;
    while (true) {
      const std::optional<Table> chunk = reader.next();
      counts.rows_read = reader.rows_read();
      read_.add(lap.seconds(), {chunk ? chunk->rows_read : 0, 0});
      if (!chunk) break;
      out.add(deal(*chunk, counts));
      const double here = lap.seconds(), writing = out.seconds_writing() - written;
      deal_.add(here - writing, {chunk->rows, chunk->rows * layout.row_bytes()});
      spill_.add(writing, {chunk->rows, chunk->rows * layout.row_bytes()});
      written += writing;
    }
    out.finish(counts);
  }

  void deal_events(const WorkFolder& work) {
    const std::int64_t now = now_on(schema_.clock());
    std::vector<EventDealer> dealers(static_cast<std::size_t>(options_.threads), EventDealer(schema_, *job_.events, event_names_, now, plan_.texts));
    event_files_ = deal_all(work, "events", *events_, layout_.spill, [&](const ReadTask& task, const fs::path& file, int thread) {
      EventDealer& dealer = dealers[static_cast<std::size_t>(thread)];
      spill_task(events_->part(task, plan_.rows_at_once, &dealer.memories()), file, layout_.spill, [&](const Table& chunk, SpillCounts& counts) { return dealer.deal(chunk, counts); });
    });
    read_.add(0.0, {0, file_bytes(origin_.events)});
    for (const SpillFile& file : event_files_) event_counts_.add(file.counts());
  }

  void deal_customers(const WorkFolder& work) {
    std::vector<ProfileDealer> dealers(static_cast<std::size_t>(options_.threads), ProfileDealer(schema_, *job_.customers, profile_names_, target_names_));
    // Tables of customers are wider than events.
    const std::int64_t rows = std::max<std::int64_t>(1, plan_.rows_at_once * layout_.spill.row_bytes() / std::max(layout_.spill.row_bytes(), profile_layout_.spill.row_bytes()));
    profile_files_ = deal_all(work, "customers", *customers_, profile_layout_.spill, [&](const ReadTask& task, const fs::path& file, int thread) {
      ProfileDealer& dealer = dealers[static_cast<std::size_t>(thread)];
      spill_task(customers_->part(task, rows), file, profile_layout_.spill,
                 [&](const Table& chunk, SpillCounts& counts) { return dealer.deal(chunk, static_cast<std::int32_t>(task.file), counts); });
    });
    read_.add(0.0, {0, file_bytes(origin_.customers)});
    for (const SpillFile& file : profile_files_) profile_counts_.add(file.counts());
    customers_->check_rows(profile_counts_.rows, profile_counts_.rows_read);
  }

  /// Rows of each name: only asked for where there are more names than are kept apart.
  std::vector<std::int64_t> count_names(const std::vector<SpillFile>& files, const SpillLayout& layout, std::size_t column, std::size_t names) const {
    std::vector<std::int64_t> counts(names, 0);
    for (std::int32_t p = 0; p < Base::partitions; ++p) {
      const SpilledRows rows = read_partition_rows(files, layout, p);
      for (const std::int32_t number : rows.column<std::int32_t>(column))
        if (number >= 0) ++counts[static_cast<std::size_t>(number)];
    }
    return counts;
  }

  void make_codes() {
    const auto finish = [&](Vocabularies& names, const std::vector<SpillFile>& files, const SpillLayout& layout, const std::vector<std::size_t>* columns,
                            std::vector<std::vector<std::int32_t>>& codes, std::vector<std::vector<std::string>>& words) {
      for (std::size_t c = 0; c < names.size(); ++c) {
        const auto size = static_cast<std::size_t>(names[c]->size());
        const bool many = columns != nullptr && names[c]->size() > most_names;
        FinalCodes made = final_codes(names[c]->names(), many ? count_names(files, layout, (*columns)[c], size) : std::vector<std::int64_t>(size, 1),
                                      columns != nullptr ? most_names : std::numeric_limits<std::int32_t>::max());
        codes.push_back(std::move(made.code_of));
        words.push_back(std::move(made.dictionary));
      }
      names.clear();
    };
    finish(event_names_, event_files_, layout_.spill, &layout_.codes, codes_.events, event_words_);
    finish(profile_names_, profile_files_, profile_layout_.spill, &profile_layout_.codes, codes_.profiles, profile_words_);
    finish(target_names_, profile_files_, profile_layout_.spill, nullptr, codes_.targets, target_words_);
    schema_.code_bytes.clear();
    for (const std::vector<std::string>& words : event_words_) schema_.code_bytes.push_back(code_bytes_of(static_cast<std::int64_t>(words.size())));
    for (const std::vector<std::string>& words : event_words_) used_.emplace_back(layout_.merged ? words.size() : 0, 0);
  }

  std::int64_t largest_piece() const {
    std::int64_t largest = 0;
    for (std::int32_t p = 0; p < Base::partitions; ++p) {
      std::int64_t events = 0, rows = 0;
      for (const SpillFile& file : event_files_) events += file.rows(p);
      for (const SpillFile& file : profile_files_) rows += file.rows(p);
      largest = std::max(largest, piece_bytes(schema_, *job_.events, events) + 2 * rows * (profile_layout_.spill.row_bytes() + 32));
    }
    return largest;
  }

  void make_pieces(const WorkFolder& work) {
    const int sorters = sorters_of(plan_, options_.threads, largest_piece());
    const PieceRecipe recipe{.schema = schema_, .job = job_, .codes = codes_, .customer_files = customer_files_, .drop_duplicates = request_.drop_duplicates};
    partitions_.resize(Base::partitions);
    std::atomic<std::int64_t> done = 0;
    Team team(sorters);
    team.run(Base::partitions, [&](std::int64_t p, int) {
      make_partition(work, recipe, static_cast<std::int32_t>(p));
      const std::lock_guard lock(progress_);
      options_.observer.progress("sort", ++done, Base::partitions, "partitions");
    });
  }

  void make_partition(const WorkFolder& work, const PieceRecipe& recipe, std::int32_t p) {
    Manifest::Partition& out = partitions_[static_cast<std::size_t>(p)];
    const fs::path path = piece_path(work.store(), p);
    if (!layout_.merged && fs::exists(path)) {   // made by the run that this one goes on with; of merged lines the used names must be found again
      const PieceFile file(path, schema_);
      out = {file.facts(), fs::file_size(path), file.checksum()};
      return;
    }
    Lap lap;
    SpilledRows events = read_partition_rows(event_files_, layout_.spill, p);
    SpilledRows rows = schema_.profiles ? read_partition_rows(profile_files_, profile_layout_.spill, p) : SpilledRows();
    if (events.rows == 0 && rows.rows == 0) return;
    const Piece piece = make_piece(recipe, std::move(events), std::move(rows));
    if (layout_.merged) mark_used(piece);
    sort_.add(lap.seconds(), {piece.facts.lines, piece.facts.lines * layout_.spill.row_bytes()});
    out.facts = piece.facts;
    out.checksum = write_piece(path, schema_, piece, false);
    out.bytes = fs::file_size(path);
    write_.add(lap.seconds(), {piece.facts.events, static_cast<std::int64_t>(out.bytes)});
  }

  void mark_used(const Piece& piece) {
    for (std::size_t c = 0; c < piece.codes.size(); ++c)
      for (const std::int32_t code : piece.codes[c])
        if (code >= 0) std::atomic_ref(used_[c][static_cast<std::size_t>(code)]).store(1, std::memory_order_relaxed);
  }

  std::vector<StoredWords> write_all_words(const fs::path& store, WordsOf table, const std::vector<std::string>& columns,
                                           const std::vector<std::vector<std::string>>& words) const {
    std::vector<StoredWords> out;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::vector<std::uint8_t> used = table == WordsOf::events ? used_[c] : std::vector<std::uint8_t>();
      const auto size = static_cast<std::int64_t>(words[c].size());
      out.push_back({columns[c], size, used.empty() ? size : std::count(used.begin(), used.end(), std::uint8_t{1}),
                     write_words(words_path(store, table, c), words[c], used)});
    }
    return out;
  }

  void notice(const Manifest& manifest, const PieceFacts& total) {
    add_event_notices({schema_.clock(), {total.oldest, total.newest}, event_counts_.future}, *job_.events, manifest.counts, notices_);
    if (total.duplicates > 0) notices_.push_back(fmt::format("{} duplicate event rows are taken out", total.duplicates));
    for (const StoredWords& words : manifest.profile_words) add_identifier_notice(words.column, words.used, total.profile_rows, notices_);
  }

  /// A log that is grouped by customer has as many runs of one customer as customers, but for those that a cut between two chunks makes two.
  void tell_grouping(const PieceFacts& total) const {
    const std::int64_t customers = total.customers - total.customers_without_events;
    std::int64_t cuts = 0;
    for (const SpillFile& file : event_files_) cuts += static_cast<std::int64_t>(file.parts().size());
    if (total.events < 2 * customers) return;
    if (event_counts_.id_runs <= customers + cuts)
      options_.observer.note("the events come grouped by customer");
    else if (event_counts_.id_runs <= customers + cuts + customers / 20)
      options_.observer.note(fmt::format("the events come nearly grouped by customer; {} groups more than customers were joined with the rest of theirs", event_counts_.id_runs - customers));
  }

  void finish(WorkFolder& work) {
    Lap lap;
    Manifest manifest;
    manifest.origin = origin_;
    manifest.schema = schema_;
    manifest.job = to_toml(job_);
    manifest.partitions = partitions_;
    const PieceFacts total = manifest.total();
    ReadCounts& counts = manifest.counts;
    counts.event_rows = event_counts_.rows_read;
    counts.event_rows_filtered = event_counts_.rows_read - event_counts_.rows;
    counts.events = total.events;
    counts.event_rows_duplicate = total.duplicates;
    counts.event_rows_merged = event_counts_.rows - total.duplicates - total.events;
    counts.customer_rows = profile_counts_.rows_read;
    counts.customers_without_events = total.customers_without_events;
    counts.customers_without_row = total.customers_without_row;
    require(total.lines == event_counts_.rows && total.profile_rows == profile_counts_.rows, "rows were lost between reading and sorting");
    manifest.event_words = write_all_words(work.store(), WordsOf::events, schema_.event_names(), event_words_);
    manifest.profile_words = write_all_words(work.store(), WordsOf::profiles, schema_.profile_names(), profile_words_);
    manifest.target_words = write_all_words(work.store(), WordsOf::targets, schema_.target_names(), target_words_);
    notice(manifest, total);
    tell_grouping(total);
    manifest.notices = notices_;
    for (const std::string& sentence : notices_) options_.observer.note(sentence);
    write_manifest(work.store(), manifest);
    work.finish();
    for (const Manifest::Partition& partition : partitions_) summary_.bytes += static_cast<std::int64_t>(partition.bytes);
    summary_.rows = counts.event_rows;
    summary_.events = total.events;
    summary_.customers = total.customers;
    summary_.duplicates = total.duplicates;
    write_.add(lap.seconds(), {});
  }

  const PrepareRequest& request_;
  const RunOptions& options_;
  Job job_;
  std::vector<std::string> notices_, customer_files_;
  std::optional<TableReader> events_, customers_;
  StoreSchema schema_;
  EventLayout layout_;
  ProfileLayout profile_layout_;
  MemoryPlan plan_;
  StoreOrigin origin_;
  Vocabularies event_names_, profile_names_, target_names_;
  std::vector<SpillFile> event_files_, profile_files_;
  SpillCounts event_counts_, profile_counts_;
  CodeMaps codes_;
  std::vector<std::vector<std::string>> event_words_, profile_words_, target_words_;
  std::vector<std::vector<std::uint8_t>> used_;
  std::vector<Manifest::Partition> partitions_;
  SharedTime read_{"read"}, deal_{"deal"}, spill_{"spill"}, sort_{"sort"}, write_{"write"};
  std::mutex progress_;
  PrepareSummary summary_;
};

bool is_empty_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder, ignored) && fs::is_empty(folder, ignored);
}

}  // namespace

PrepareSummary prepare(const Job& job, const PrepareRequest& request, const RunOptions& options) {
  const bool there = fs::exists(request.out) && !is_empty_folder(request.out);
  if (there && !request.overwrite && !request.resume)
    throw bad_input(request.out.string() + " exists already", "give --overwrite to replace it, --resume to go on, or another --out");
  Preparation preparation(job, request, options);
  const StoreOrigin origin = origin_of(preparation.job(), request.targets, request.drop_duplicates);
  if (there && request.resume) {
    const bool whole = holds_store(request.out);
    if (whole && suits(read_manifest(request.out).origin, origin)) {
      options.observer.note(request.out.string() + " holds the journeys of these files: nothing to do");
      const WorkFolder left(request.out, false);   // by a kill just after the store had its name
      PrepareSummary summary;
      summary.was_there = true;
      return summary;
    }
    if (!request.overwrite)
      throw bad_input(request.out.string() + (whole ? " holds the journeys of other files, or of another job" : " exists already and is no journeys store"), "give --overwrite to replace it, or another --out");
  }
  WorkFolder work(request.out, request.resume);
  try {
    return preparation.run(work, origin);
  } catch (const Error& problem) {
    if (problem.kind() == ErrorKind::bad_input) work.forget();
    throw;
  }
}

std::vector<std::string> explain_memory(const Job& job, const PrepareRequest& request, const RunOptions& options) {
  return Preparation(job, request, options).plan().lines();
}

}  // namespace footfall
