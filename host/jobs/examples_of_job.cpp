#include "host/jobs/examples_of_job.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "engine/train/predict.hpp"
#include "host/jobs/data_quality.hpp"
#include "host/jobs/score_plan.hpp"
#include "host/journeys/clock.hpp"
#include "host/journeys/store/journeys_store.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t sorted_together = std::int64_t{16} << 20;   ///< bytes of columns, of engine/transform/fit_transform.cpp
constexpr std::int64_t built_at_once = 1024;      ///< examples
constexpr std::int64_t share_of_partitions = 8;   ///< of the memory, for those that are read together

double seconds_since(std::chrono::steady_clock::time_point began) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); }

void append(Column& to, const Column& from) {
  const auto join = [](auto& a, const auto& b) { a.insert(a.end(), b.begin(), b.end()); };
  join(to.valid, from.valid);
  join(to.numbers, from.numbers);
  join(to.integers, from.integers);
  join(to.codes, from.codes);
}

/// Partitions of a store that are read together.
struct Piecewise {
  std::int32_t first = 0, end = 0;
};

std::vector<Piecewise> pieces_of(const JourneysStore& store, std::int64_t memory) {
  std::vector<Piecewise> pieces;
  for (std::int32_t p = 0; p < Base::partitions; ++p) {
    if (store.manifest().partitions[static_cast<std::size_t>(p)].facts.customers == 0) continue;
    if (pieces.empty() || store.bytes(pieces.back().first, p + 1) > memory / (2 * share_of_partitions)) {
      pieces.push_back({p, p + 1});
    } else {
      pieces.back().end = p + 1;
    }
  }
  return pieces;
}

/// A base of the columns and dictionaries of a store, without rows.
ReadBase read_names(const JourneysStore& store, const Job& job) {
  ReadBase out;
  out.base = store.load(0, 0);
  out.job = store.resolve(job);
  out.counts = store.manifest().counts;
  out.notices = store.manifest().notices;
  return out;
}

/// A model that is there is judged at the job's cutoff alone.
std::vector<std::int64_t> cutoffs_wanted(const Job& job, const KnownExamples* known, const Clock& clock, const TimeRange& range) {
  if (known == nullptr || !job.split.cutoff) return cutoffs_of(job, clock, range);
  const std::int64_t cutoff = parse_cutoff(*job.split.cutoff, clock);
  check_cutoff(clock, range, cutoff);
  return {cutoff};
}

std::vector<std::int64_t> up_to(std::int64_t n) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// Examples out of a store, in two ways through it: the first learns what is known of every customer, the second builds and spills the features.
class SpilledExamples {
 public:
  SpilledExamples(const Job& job, const KnownExamples* known, const std::filesystem::path& folder, const RunOptions& options, Team& team)
      : store_(open_store(job, true)), known_(known), team_(team), pieces_(pieces_of(store_, options.memory)) {
    out_.read = read_names(store_, job);
    if (store_.events() == 0) throw bad_input(job.journeys + " holds no event", "prepare the journeys of files that have some");
    out_.cutoffs = cutoffs_wanted(out_.read.job, known, store_.clock(), {store_.total().oldest, store_.total().newest});
    if (out_.read.job.split.cutoff) out_.window_notices = window_notices(store_.clock(), store_.total().newest, out_.read.job, out_.cutoffs.front());
    Prepared& prepared = out_.prepared;
    prepared.cutoff = out_.cutoffs.front();
    prepared.features = known != nullptr ? known->features : features_of(out_.read);
    prepared.features.amount = known != nullptr ? known->features.amount : store_.schema().amount;
    gather_facts();
    put_in_order();
    label_columns();
    check();
    out_.seconds_reading = seconds_since(began_);
    auto file = std::make_shared<ExampleFile>(folder);
    spill(*file);
    prepared.spilled = std::move(file);
  }

  [[nodiscard]] JobExamples take() { return std::move(out_); }

 private:
  /// What is known of the examples at one cutoff.
  struct AtCutoff {
    std::vector<ExampleKey> keys;
    std::vector<std::int32_t> length;
    std::vector<std::vector<float>> labels;   ///< of the window targets; empty for the others
  };

  [[nodiscard]] const LabelSchema* schema_known(std::size_t target) const { return known_ != nullptr ? &known_->schemas[target] : nullptr; }

  void gather_facts() {
    at_.resize(out_.cutoffs.size());
    for (AtCutoff& at : at_) at.labels.resize(targets().size());
    out_.prepared.schemas.resize(targets().size());
    BaseFingerprint fingerprint;
    Base base;
    TargetColumns columns;
    for (const Piecewise& piece : pieces_) {
      base = store_.load(piece.first, piece.end, std::move(base), columns);
      fingerprint.add(base);
      add_missing_cells(out_.missing_cells, base);
      if (known_ == nullptr) look_for_crowds(*base.journeys, out_.prepared.features);
      const EventCounts counts = count_events(base, out_.prepared.cutoff, out_.prepared.features.max_length);
      out_.counts.before_cutoff += counts.before_cutoff;
      out_.counts.kept += counts.kept;
      const std::int64_t first = store_.partition_first()[static_cast<std::size_t>(piece.first)];
      for (std::size_t c = 0; c < at_.size(); ++c) add_examples(base, first, c);
      keep_customers(base, columns);
    }
    out_.fingerprint = fingerprint.text();
    out_.read.base.partition_first = store_.partition_first();
  }

  [[nodiscard]] const std::vector<TargetSpec>& targets() const { return out_.read.job.targets; }

  void add_examples(const Base& base, std::int64_t first, std::size_t c) {
    AtCutoff& at = at_[c];
    const std::vector<std::int64_t> customers = examples_at(base, out_.cutoffs[c]);
    const std::vector<ExampleKey> keys = keys_of(customers, out_.cutoffs[c]);
    const std::vector<std::int32_t> length = sequence_lengths(base, out_.prepared.features, keys);
    at.length.insert(at.length.end(), length.begin(), length.end());
    for (const std::int64_t customer : customers) at.keys.push_back({first + customer, out_.cutoffs[c]});
    for (std::size_t t = 0; t < targets().size(); ++t) {
      if (!targets()[t].windowed()) continue;
      const Labels here = make_labels(base, {}, targets()[t], out_.cutoffs[c], schema_known(t));
      out_.prepared.schemas[t] = here.schema;
      for (const std::int64_t customer : customers) at.labels[t].push_back(here.values[static_cast<std::size_t>(customer)]);
    }
  }

  static std::vector<ExampleKey> keys_of(const std::vector<std::int64_t>& customers, std::int64_t cutoff) {
    std::vector<ExampleKey> keys;
    for (const std::int64_t customer : customers) keys.push_back({customer, cutoff});
    return keys;
  }

  void keep_customers(const Base& base, const TargetColumns& columns) {
    CustomerIds& ids = out_.read.base.ids;
    ids.numbers.insert(ids.numbers.end(), base.ids.numbers.begin(), base.ids.numbers.end());
    ids.names.insert(ids.names.end(), base.ids.names.begin(), base.ids.names.end());
    for (const std::string& name : out_.read.job.target_columns()) {
      const auto [place, fresh] = out_.read.targets.try_emplace(name, columns.at(name));
      if (!fresh) append(place->second, columns.at(name));
    }
  }

  /// The examples of all cutoffs, one after the other.
  void put_in_order() {
    Prepared& prepared = out_.prepared;
    prepared.table = empty_examples(out_.read.base, prepared.features);
    prepared.labels.resize(targets().size());
    std::int64_t rows = 0;
    for (AtCutoff& at : at_) {
      prepared.table.keys.insert(prepared.table.keys.end(), at.keys.begin(), at.keys.end());
      for (const std::int32_t length : at.length) {
        prepared.table.first.push_back(rows);
        prepared.table.length.push_back(length);
        rows += length;
      }
      for (std::size_t t = 0; t < targets().size(); ++t) prepared.labels[t].insert(prepared.labels[t].end(), at.labels[t].begin(), at.labels[t].end());
    }
    at_.clear();
  }

  /// Columns of the customer table are labels as a whole: their values decide what they are.
  void label_columns() {
    for (std::size_t t = 0; t < targets().size(); ++t) {
      if (targets()[t].windowed()) continue;
      const Labels labels = make_labels(out_.read.base, out_.read.targets, targets()[t], out_.prepared.cutoff, schema_known(t));
      out_.prepared.schemas[t] = labels.schema;
      for (const ExampleKey& key : out_.prepared.table.keys) out_.prepared.labels[t].push_back(labels.values[static_cast<std::size_t>(key.customer)]);
    }
  }

  void check() const {
    const std::vector<ExampleKey>& keys = out_.prepared.table.keys;
    for (std::size_t t = 0; t < targets().size(); ++t)
      for (const std::int64_t cutoff : out_.cutoffs) {
        Labels labels{out_.prepared.schemas[t], {}};
        for (std::size_t e = 0; e < keys.size(); ++e)
          if (keys[e].cutoff == cutoff) labels.values.push_back(out_.prepared.labels[t][e]);
        check_labels(targets()[t], labels, up_to(static_cast<std::int64_t>(labels.values.size())));
      }
  }

  void spill(ExampleFile& file) {
    Base base;
    ExampleTable table;
    for (const std::int64_t cutoff : out_.cutoffs)
      for (const Piecewise& piece : pieces_) {
        base = store_.load(piece.first, piece.end, std::move(base));
        const std::vector<ExampleKey> keys = keys_of(examples_at(base, cutoff), cutoff);
        for (std::size_t begin = 0; begin < keys.size(); begin += built_at_once) {
          table = build_examples(base, out_.prepared.features, std::span(keys).subspan(begin, std::min<std::size_t>(built_at_once, keys.size() - begin)), team_, std::move(table));
          file.append(table);
        }
      }
    file.finish();
  }

  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  JourneysStore store_;
  const KnownExamples* known_;
  Team& team_;
  std::vector<Piecewise> pieces_;
  JobExamples out_;
  std::vector<AtCutoff> at_;
};

JobExamples in_memory(const Job& job, const KnownExamples* known, Team& team) {
  const auto began = std::chrono::steady_clock::now();
  JobExamples out;
  out.read = read_base(job);
  out.cutoffs = {0};
  if (out.read.base.journeys && out.read.job.split.cutoff)
    out.cutoffs = cutoffs_wanted(out.read.job, known, out.read.base.journeys->clock, time_range(*out.read.base.journeys));
  if (out.read.job.split.cutoff) out.window_notices = window_notices(out.read.base, out.read.job, out.cutoffs.front());
  out.seconds_reading = seconds_since(began);
  out.prepared = known != nullptr ? prepare_known(out.read, out.cutoffs, known->features, known->schemas, team) : prepare_examples(out.read, out.cutoffs, team);
  out.counts = count_events(out.read.base, out.prepared.cutoff, out.prepared.features.max_length);
  add_missing_cells(out.missing_cells, out.read.base);
  out.fingerprint = fingerprint_of(out.read.base);
  return out;
}

}  // namespace

std::int64_t held_of_examples(std::int64_t examples, std::int64_t customers, const Job& job) {
  const std::int64_t parts = std::max(job.split.folds, 1);
  return examples * (120 + (8 + 8 * static_cast<std::int64_t>(job.targets.size())) * (parts + 3)) + customers * 16;
}

ExampleMemory example_memory(const Job& job, std::int64_t memory) {
  const JourneysStore store = open_store(job, true);
  const ReadBase names = read_names(store, job);
  FeatureSpec features = features_of(names);
  features.amount = store.schema().amount;
  const ExampleTable columns = empty_examples(names.base, features);
  const std::int64_t cutoffs = 1 + names.job.split.steps_back + (names.job.split.kind == SplitKind::out_of_time ? 1 : 0);
  const std::int64_t examples = store.customers() * cutoffs;
  const auto width = [](const auto& a, const auto& b) { return static_cast<std::int64_t>(4 * (a.size() + b.size())); };
  const std::int64_t steps = std::min(store.events() * cutoffs, examples * features.max_length) + examples;
  const std::int64_t event = 24 + width(store.schema().numeric, store.schema().event_names()), profile = width(columns.profile_numbers, columns.profile_codes);
  ExampleMemory out;
  out.each = held_of_examples(examples, store.customers(), names.job);
  const std::int64_t sorted = std::max(std::min(sorted_together, examples * profile), 4 * examples);
  const std::int64_t block = std::max(std::int64_t{8} << 20, prediction_batch * (features.max_length + 1) * width(columns.event_numbers, columns.event_codes));
  out.learning = std::max(4 * sorted, 2 * block) + block;
  out.in_memory = out.each + store.events() * event + 3 * steps * width(columns.event_numbers, columns.event_codes) + 6 * examples * profile;
  for (const Piecewise& piece : pieces_of(store, memory)) {
    const std::int64_t customers = store.partition_first()[static_cast<std::size_t>(piece.end)] - store.partition_first()[static_cast<std::size_t>(piece.first)];
    std::int64_t events = 0;
    for (std::int32_t p = piece.first; p < piece.end; ++p) events += store.manifest().partitions[static_cast<std::size_t>(p)].facts.events;
    out.partitions = std::max(out.partitions, 2 * events * event + customers * 64);
  }
  return out;
}

JobExamples examples_of_job(const Job& job, const KnownExamples* known, const std::filesystem::path& folder, const RunOptions& options, Team& team) {
  if (job.journeys.empty() || options.memory <= 0) return in_memory(job, known, team);
  const ExampleMemory needed = example_memory(job, options.memory);
  const std::int64_t program = program_bytes(options.threads);
  if (program + needed.in_memory < options.memory / 10 * 8) return in_memory(job, known, team);
  const std::int64_t work = std::max(needed.partitions, needed.learning), least = (program + needed.each + work) / 12 * 13;  // and the network, which is not known yet
  if (least > options.memory)
    throw bad_input(fmt::format("ids, labels and predictions of the customers of {} take {} MiB, and work on some of them at a time {} MiB, beside {} MiB for the program: more than the {} MiB there are",
                                job.journeys, needed.each >> 20, work >> 20, program >> 20, options.memory >> 20),
                    fmt::format("give --memory {}MiB", (least + least / 8) >> 20));
  options.observer.note(fmt::format("{} MiB would hold all examples at once, and there are {} MiB: they wait on disk, in {}", (program + needed.in_memory) >> 20, options.memory >> 20, folder.string()));
  return SpilledExamples(job, known, folder, options, team).take();
}

Dictionaries dictionaries_of(const JobExamples& examples) { return dictionaries_of(examples.read.base, examples.prepared.features); }

}  // namespace footfall
