#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/job/infer.hpp"
#include "host/job/job.hpp"
#include "host/jobs/fit.hpp"
#include "host/jobs/fit_plan.hpp"
#include "host/jobs/journeys_of_job.hpp"
#include "kernels/error.hpp"
#include "tools/command.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

struct FitFlags {
  std::string job, out, label, positive;
  bool overwrite = false, resume = false, tune = false, explain = false;
  CheckpointSpec checkpoints;
};

void print_figures(const nlohmann::ordered_json& metrics) {
  const char* part = metrics.contains("test") ? "test" : "train";
  for (const auto& [target, figures] : metrics.at(part).items()) {
    std::string line = fmt::format("{} {}:", part, target);
    for (const char* name : {"n", "positives", "auroc", "best_auroc", "log_loss", "lift_at_10", "calibration_error", "accuracy", "macro_f1", "mae", "spearman", "r2"})
      if (figures.contains(name)) line += figures.at(name).is_number_integer() ? fmt::format(" {} {}", name, figures.at(name).get<std::int64_t>()) : fmt::format(" {} {:.4f}", name, figures.at(name).get<double>());
    fmt::print("{}\n", line);
  }
}

void run(const FitFlags& flags, const CommonFlags& common) {
  if (flags.overwrite && flags.resume) throw bad_input("--overwrite and --resume exclude each other", "give one of them");
  const bool is_job = std::filesystem::path(flags.job).extension() == ".toml" || std::filesystem::is_directory(flags.job);
  if (is_job && !flags.label.empty()) throw bad_input("--label goes with a table, not with a job file", "name the target in the job's [[target]]");
  if (!is_job && flags.label.empty()) throw bad_input(flags.job + " is no job file (.toml) and no journeys folder, and no --label is given", "name the column to predict: --label COLUMN");
  RunOptions options = run_options(common);
  options.tune = flags.tune;
  Job job;
  if (is_job) {
    job = job_or_journeys(flags.job);
  } else {
    const InferredJob inferred = infer_job({flags.job}, flags.label, flags.positive, std::filesystem::current_path().string());
    for (const std::string& finding : inferred.findings) options.observer.note(finding);
    job = inferred.job;
  }
  if (common.seed) job.split.seed = *common.seed;
  const JourneysOfJob journeys(job, {}, flags.out, true, options, share_to_read);
  if (flags.explain) {
    const std::filesystem::path folder = std::filesystem::path(flags.out).parent_path();
    for (const std::string& line : explain_fit(job, folder.empty() ? "." : folder, options)) fmt::print("{}\n", line);
    return;
  }
  const Existing existing = flags.overwrite ? Existing::overwrite : flags.resume ? Existing::resume : Existing::refuse;
  const nlohmann::ordered_json metrics = fit(job, flags.out, existing, options, flags.checkpoints);
  if (common.quiet) return;
  print_figures(metrics);
  fmt::print("model in {}\n", flags.out);
}

}  // namespace

void add_fit(CLI::App& program) {
  CLI::App* command = program.add_subcommand("fit", "read, prepare, train, test and save a model");
  command->footer("Examples:\n  footfall fit shop/job.toml --out model/\n  footfall fit customers.csv --label Revenue --out model/");
  auto flags = std::make_shared<FitFlags>();
  command->add_option("job", flags->job, "a job file (.toml), a folder of prepared journeys, or a customer table with --label")->required();
  command->add_option("--out", flags->out, "folder of the model")->required();
  command->add_option("--label", flags->label, "the column of the table to predict");
  command->add_option("--positive", flags->positive, "the value of the label that counts as 1");
  command->add_flag("--overwrite", flags->overwrite, "replace a model that is there");
  command->add_flag("--resume", flags->resume, "keep a finished model; go on with one that was killed, from its checkpoint; else start");
  command->add_option("--checkpoint-seconds", flags->checkpoints.seconds, "work that is lost at most when the fit is killed (0: a step)")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  command->add_flag("--tune", flags->tune, "time the algorithms that the device has for recurrent layers, and keep the fastest in the model");
  command->add_flag("--explain-memory", flags->explain, "read the data, print how the memory would be used, and stop");
  command->callback([flags, common = add_common_flags(*command)] { run(*flags, *common); });
}

}  // namespace footfall
