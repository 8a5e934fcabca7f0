#include "host/jobs/fit.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <numeric>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/train/split.hpp"
#include "engine/train/tune.hpp"
#include "host/jobs/best_possible.hpp"
#include "host/jobs/choices.hpp"
#include "host/jobs/data_quality.hpp"
#include "host/jobs/evaluate.hpp"
#include "host/jobs/examples_of_job.hpp"
#include "host/jobs/fit_checkpoint.hpp"
#include "host/jobs/fit_folder.hpp"
#include "host/jobs/network_part.hpp"
#include "host/jobs/tested.hpp"
#include "host/journeys/clock.hpp"
#include "host/model_folder/digest.hpp"
#include "host/model_folder/model_folder.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/device/processor.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

using nlohmann::ordered_json;

/// What is trained on and what is tested, as rows of the example table.
struct Part {
  std::int32_t fold = 0;
  std::vector<std::int64_t> training, test;
};

std::vector<std::int64_t> rows_where(const Prepared& prepared, const auto& wanted) {
  std::vector<std::int64_t> rows;
  for (std::int64_t e = 0; e < prepared.table.size(); ++e)
    if (wanted(prepared.table.keys[static_cast<std::size_t>(e)])) rows.push_back(e);
  return rows;
}

/// Folds are dealt to customers; a customer that is an example only at an earlier cutoff takes the stratum of that example.
std::vector<Part> fold_parts(const Prepared& prepared, std::int64_t customers, std::int32_t folds, double share, std::uint64_t seed) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(prepared.table.size()));
  std::iota(all.begin(), all.end(), 0);
  const std::vector<std::int32_t> strata = strata_of(prepared, all);
  std::vector<std::int64_t> first(static_cast<std::size_t>(customers), -1);
  for (const std::int64_t e : all) {
    std::int64_t& row = first[static_cast<std::size_t>(prepared.table.keys[static_cast<std::size_t>(e)].customer)];
    if (row < 0) row = e;
  }
  std::vector<std::int64_t> who;
  std::vector<std::int32_t> stratum;
  for (std::int64_t c = 0; c < customers; ++c)
    if (first[static_cast<std::size_t>(c)] >= 0) {
      who.push_back(c);
      stratum.push_back(strata[static_cast<std::size_t>(first[static_cast<std::size_t>(c)])]);
    }
  std::vector<std::int32_t> fold(static_cast<std::size_t>(customers), -1);
  if (folds > 0) {
    const std::vector<std::int32_t> dealt = stratified_folds(stratum, folds, seed);
    for (std::size_t i = 0; i < who.size(); ++i) fold[static_cast<std::size_t>(who[i])] = dealt[i];
  } else {
    const std::vector<std::uint8_t> held = stratified_share(stratum, share, seed);
    for (std::size_t i = 0; i < who.size(); ++i) fold[static_cast<std::size_t>(who[i])] = held[i] != 0 ? 0 : 1;
  }
  std::vector<Part> parts;
  for (std::int32_t k = 0; k < std::max(folds, 1); ++k)
    parts.push_back({k, rows_where(prepared, [&](const ExampleKey& key) { return fold[static_cast<std::size_t>(key.customer)] != k; }),
                     rows_where(prepared, [&](const ExampleKey& key) { return fold[static_cast<std::size_t>(key.customer)] == k && key.cutoff == prepared.cutoff; })});
  return parts;
}

/// The job's way of testing; test_files are another base, tested once the model is there.
std::vector<Part> parts_of(const Job& job, const Prepared& prepared, std::int64_t customers) {
  const SplitSpec& split = job.split;
  if (split.kind == SplitKind::folds) return fold_parts(prepared, customers, split.folds, 0.0, split.seed);
  if (split.kind == SplitKind::test) return split.test > 0.0 ? fold_parts(prepared, customers, 0, split.test, split.seed) : std::vector<Part>();
  if (split.kind == SplitKind::out_of_time)
    return {{0, rows_where(prepared, [&](const ExampleKey& key) { return key.cutoff != prepared.cutoff; }),
             rows_where(prepared, [&](const ExampleKey& key) { return key.cutoff == prepared.cutoff; })}};
  return {};
}

/// The last fit: all examples; out of time those at the job's cutoff and the steps back from it.
std::vector<std::int64_t> final_rows(const Job& job, const Prepared& prepared, const std::vector<std::int64_t>& cutoffs) {
  const std::int64_t oldest = job.split.kind == SplitKind::out_of_time ? cutoffs[cutoffs.size() - 2] : cutoffs.back();
  return rows_where(prepared, [&](const ExampleKey& key) { return key.cutoff >= oldest; });
}

std::string history_lines(const std::string& name, const std::vector<HeadSpec>& heads, const TrainingResult& result, bool header) {
  std::string text;
  if (header) {
    text = "fit,epoch,learning_rate,seconds";
    for (const HeadSpec& head : heads) text += fmt::format(",{0}_training,{0}_validation", head.name);
    text += "\n";
  }
  for (const EpochRecord& r : result.history) {
    text += fmt::format("{},{},{:.6g},{:.3f}", name, r.epoch, r.learning_rate, r.seconds);
    for (std::size_t h = 0; h < heads.size(); ++h)
      text += fmt::format(",{:.6f},{}", r.training[h], r.validation.empty() ? std::string() : fmt::format("{:.6f}", r.validation[h]));
    text += "\n";
  }
  return text;
}

/// A kind of device, with what decides the bits of its sums.
std::string kind_of(const Device& device) {
  if (!device.is_cuda()) return "cpu " + vector_instructions();
  for (const CudaDevice& there : cuda_state().devices)
    if (there.index == device.index) return fmt::format("cuda {} {}.{}", there.name, there.compute_major, there.compute_minor);
  return "cuda";
}

class Timer {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

ordered_json data_json(const JobExamples& examples) {
  const ReadBase& read = examples.read;
  ordered_json out = {{"rows_read", read.counts.rows_read()}, {"customers", read.base.customers()}};
  if (read.base.journeys) {
    out["events_before_cutoff"] = examples.counts.before_cutoff;
    out["events_kept"] = examples.counts.kept;
    out["events"] = read.counts.events;
    out["rows_filtered"] = read.counts.event_rows_filtered;
    out["rows_merged"] = read.counts.event_rows_merged;
  }
  add_data_quality(out, read, examples.missing_cells);
  return out;
}

/// The whole job, step by step.
class Fit {
 public:
  Fit(const Job& job, FitFolder& folder, bool resume, const CheckpointSpec& checkpoints, const RunOptions& options)
      : asked_(job), folder_(folder), options_(options), resume_(resume), checkpoint_(folder.path(), checkpoints.seconds), shop_(options) {}

  ordered_json run() {
    read();
    choose();
    checkpoint_.open(identity(), resume_);
    tune();
    test();
    fit_all();
    save();
    return metrics_;
  }

 private:
  void read() {
    examples_ = examples_of_job(asked_, nullptr, folder_.path(), options_, shop_.backend->team());
    for (const std::string& notice : read_.notices) options_.observer.note(notice);
    if (read_.base.journeys && read_.job.split.cutoff)
      for (const std::string& notice : examples_.window_notices) options_.observer.note("warning: " + notice);
    metrics_["timing"]["read"] = examples_.seconds_reading;
    dictionaries_ = dictionaries_of(read_.base, prepared_.features);
    parts_ = parts_of(read_.job, prepared_, read_.base.customers());
    metrics_["data"] = data_json(examples_);
    metrics_["timing"]["features"] = timer_.lap() - examples_.seconds_reading;
  }

  void choose() {
    job_ = read_.job;
    const std::int64_t training = parts_.empty() ? prepared_.table.size() : static_cast<std::int64_t>(parts_.front().training.size());
    if (training < 2) throw bad_input(fmt::format("only {} examples to train on", training), "give more customers, or an earlier [split] cutoff");
    make_choices(job_, training, read_.base.journeys.has_value());
    const std::vector<std::string> lines = describe_choices(read_.job, job_);
    if (!lines.empty()) options_.observer.note(fmt::format("chosen for {} training examples: {}", training, fmt::join(lines, ", ")));
  }

  /// Where the files of the job lie changes no bit, and the seed is told apart.
  FitIdentity identity() const {
    Job job = job_;
    job.split.seed = 0;
    if (job.events) job.events->table.files.clear();
    if (job.customers) job.customers->table.files.clear();
    std::string labels;
    for (const std::vector<float>& column : prepared_.labels) labels += digest_of({reinterpret_cast<const char*>(column.data()), column.size() * sizeof(float)});
    return {digest_of(to_toml(job) + (options_.tune ? " tuned" : "")), examples_.fingerprint + digest_of(labels), std::to_string(job_.split.seed), kind_of(options_.device)};
  }

  /// The test part's network is the one that is saved.
  [[nodiscard]] bool keeps_tested() const { return job_.split.kind == SplitKind::test && !job_.split.refit && !parts_.empty(); }

  /// What depends on the device's speed is measured once, for all parts, and kept in the job.
  void tune() {
    if (*job_.train.precision != Precision::float32 && !options_.device.is_cuda())
      options_.observer.note("[train] precision is for CUDA devices: a processor computes in float32");
    if (!options_.tune) return;
    if (!options_.device.is_cuda()) return options_.observer.note("--tune: a processor has one algorithm for recurrent layers, nothing is to be measured");
    if (checkpoint_.algorithms()) {
      job_.train.algorithms = *checkpoint_.algorithms();
      return;
    }
    const std::vector<std::int64_t> rows = parts_.empty() ? final_rows(job_, prepared_, cutoffs_) : parts_.front().training;
    const Transform transform = fit_transform(*prepared_.source(), dictionaries_, rows, transform_of(job_), *shop_.backend, *shop_.stream);
    const Architecture model = architecture_of(job_, transform, prepared_.schemas, static_cast<std::int64_t>(rows.size()));
    const std::int64_t longest_journey = job_.events ? job_.events->max_length + 1 : 1;
    const std::vector<AlgorithmTime> times = time_algorithms(model, *job_.train.batch, longest_journey, *shop_.backend, *shop_.stream);
    for (const AlgorithmTime& each : times)
      options_.observer.note(fmt::format("--tune: recurrent layer {} by {}: {:.3f} ms a pass", each.layer + 1, name_of(each.algorithm), each.milliseconds));
    if (times.empty()) return options_.observer.note("--tune: the model has no recurrent layer, nothing is to be measured");
    job_.train.algorithms = fastest_algorithms(times, model.hidden.size());
    checkpoint_.keep_algorithms(job_.train.algorithms);
    metrics_["timing"]["tune"] = timer_.lap();
  }

  void test() {
    for (const Part& part : parts_) {
      if (part.test.empty()) throw bad_input("the test part holds no example", "give more customers, or fewer [split] folds");
      const std::string name = parts_.size() > 1 ? fmt::format("fold {}/{}", part.fold + 1, parts_.size()) : std::string("test");
      PartResult result = tested_part(part, name);
      history_ += history_lines(name, heads_of(job_, prepared_.schemas), result.fitted.training, history_.empty());
      tested_.push_back({part.fold, std::move(result.asked), std::move(result.baselines)});
      trained_.push_back({part.fold, std::move(result.training), {}});
      last_ = std::move(result.fitted);
    }
    metrics_["timing"]["test"] = timer_.lap();
  }

  PartResult tested_part(const Part& part, const std::string& name) {
    if (std::optional<PartResult> done = checkpoint_.finished(name)) {
      options_.observer.note(name + ": was finished before");
      return std::move(*done);
    }
    const PartRequest request{part.training, part.test, job_.split.seed + static_cast<std::uint64_t>(part.fold), name};
    PartResult result = fit_part(job_, prepared_, dictionaries_, request, checkpoint_, shop_, options_.observer);
    if (wants_network(job_)) add_network(request, result);
    if (!keeps_tested()) checkpoint_.finish(name, result);
    return result;
  }

  /// The network of a tested part, its blend with the model, and what both say of the test examples.
  void add_network(const PartRequest& request, PartResult& result) {
    network_ = fit_network(job_, prepared_, dictionaries_, result.learned, shop_);
    network_->weights = blend_weights(job_, prepared_, dictionaries_, request, result, *network_, checkpoint_, shop_, options_.observer);
    ExampleTable own;
    NamedOutcomes outcomes = network_outcomes(*network_, result.fitted.architecture.heads, prepared_.with_profiles(own), dictionaries_, result.asked, shop_);
    result.baselines.insert(result.baselines.end(), std::make_move_iterator(outcomes.begin()), std::make_move_iterator(outcomes.end()));
    options_.observer.note(describe_network(request.name, *network_));
  }

  /// The network that is saved. Its blend is weighed by all test predictions, for which neither has learned from the examples they are of; where there are
  /// none, as a tested part's is.
  void fit_last_network(const PartRequest& request, const PartResult& result) {
    network_ = fit_network(job_, prepared_, dictionaries_, result.learned, shop_);
    network_->weights = tested_.empty() ? blend_weights(job_, prepared_, dictionaries_, request, result, *network_, checkpoint_, shop_, options_.observer)
                                        : tested_weights(tested_, prepared_.labels, network_->target);
    options_.observer.note(describe_network(request.name, *network_));
  }

  void fit_all() {
    if (!keeps_tested()) {
      const std::vector<std::int64_t> rows = final_rows(job_, prepared_, cutoffs_), none;
      const PartRequest request{rows, none, job_.split.seed, "final"};
      PartResult result = fit_part(job_, prepared_, dictionaries_, request, checkpoint_, shop_, options_.observer);
      if (wants_network(job_)) fit_last_network(request, result);
      history_ += history_lines("final", result.fitted.architecture.heads, result.fitted.training, history_.empty());
      last_ = std::move(result.fitted);
      final_ = std::move(result.training);
    } else {
      final_ = trained_.front().predictions;
    }
    parameters_ = ParameterLayout(last_.architecture).trained();
    metrics_["timing"]["final"] = timer_.lap();
  }

  void judge_all() {
    const std::vector<HeadSpec>& heads = last_.architecture.heads;
    if (!tested_.empty()) {
      metrics_["test"] = figures_json(judge(heads, prepared_.labels, tested_));
      add_best_auroc(metrics_["test"], asked_, read_.base.ids, prepared_, tested_);
      add_network_figures(metrics_["test"], heads, prepared_.labels, tested_);
      metrics_["train"] = figures_json(judge(heads, prepared_.labels, trained_));
      ordered_json& baselines = metrics_["baselines"] = ordered_json::object();
      for (const char* name : {"constant", "recency", "logistic"}) {
        const ordered_json figures = figures_json(judge_baseline(name, heads, prepared_.labels, tested_));
        for (const auto& [target, values] : figures.items()) baselines[target][name] = values;
      }
    } else {
      metrics_["train"] = figures_json(judge(heads, prepared_.labels, {{0, final_, {}}}));
    }
  }

  SavedModel saved() const {
    SavedModel model;
    model.job = job_;
    model.features = prepared_.features;
    model.transform = last_.transform;
    model.architecture = last_.architecture;
    model.network = network_;
    model.parameters = last_.training.parameters;
    model.fingerprint = examples_.fingerprint;
    model.device = options_.device.name();
    for (std::size_t h = 0; h < prepared_.schemas.size(); ++h)
      model.targets.push_back({prepared_.schemas[h], decile_boundaries(final_.outcomes[h].prediction)});
    return model;
  }

  void save() {
    judge_all();
    const std::filesystem::path& folder = folder_.begin();
    const SavedModel model = saved();
    if (job_.split.kind == SplitKind::test_files) add_test_files(model, folder);
    metrics_["model"] = {{"parameters", parameters_}, {"padding", last_.training.padding}, {"best_epoch", last_.training.best_epoch}};
    if (network_) metrics_["network"] = network_json(*network_, job_);
    metrics_["protocol"] = job_.split.kind == SplitKind::out_of_time ? "out of time" : job_.split.kind == SplitKind::folds ? "folds"
                           : job_.split.kind == SplitKind::test_files ? "test files" : "held out";
    metrics_["device"] = options_.device.name();
    if (!tested_.empty()) write_test_predictions(folder / "test_predictions.parquet", read_.base.ids, model.architecture.heads, prepared_, tested_);
    write_file(folder / "history.csv", history_);
    metrics_["timing"]["save"] = timer_.lap();
    metrics_["timing"]["resumes"] = checkpoint_.resumes();
    write_file(folder / "metrics.json", metrics_.dump(2) + "\n");
    save_model(folder, model);
    folder_.finish();
  }

  void add_test_files(const SavedModel& model, const std::filesystem::path& folder) {
    Job other = job_;
    FilesSpec& files = other.customers && !other.events ? other.customers->table : other.events->table;
    files.files = job_.split.test_files;
    other.journeys.clear();
    const Evaluation evaluation = evaluate_examples(model, other, folder_.path(), options_, shop_);
    metrics_["test"] = evaluation.figures;
    write_test_predictions(folder / "test_predictions.parquet", evaluation.examples.read.base.ids, model.architecture.heads, evaluation.examples.prepared, {evaluation.tested});
  }

  const Job& asked_;
  FitFolder& folder_;
  const RunOptions& options_;
  bool resume_;
  FitCheckpoint checkpoint_;
  Workshop shop_;
  Timer timer_;
  JobExamples examples_;
  ReadBase& read_ = examples_.read;
  std::vector<std::int64_t>& cutoffs_ = examples_.cutoffs;
  Prepared& prepared_ = examples_.prepared;
  Dictionaries dictionaries_;
  Job job_;
  std::vector<Part> parts_;
  std::vector<TestedFold> tested_, trained_;
  FittedPart last_;
  PartPredictions final_;
  std::optional<SavedNetwork> network_;
  std::int64_t parameters_ = 0;
  std::string history_;
  ordered_json metrics_;
};

}  // namespace

ordered_json fit(const Job& job, const std::filesystem::path& folder, Existing existing, const RunOptions& options, const CheckpointSpec& checkpoints) {
  if (existing == Existing::resume && holds_model(folder) && !FitCheckpoint::can_go_on(folder)) {
    options.observer.note(folder.string() + " holds a finished model: nothing to do");
    FitFolder::tidy(folder);
    return ordered_json::parse(read_file(folder / "metrics.json"));
  }
  FitFolder place(folder, existing);
  return Fit(job, place, existing == Existing::resume, checkpoints, options).run();
}

}  // namespace footfall
