#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/jobs/evaluate.hpp"
#include "host/jobs/journeys_of_job.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"
#include "tools/command.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

struct EvaluateFlags {
  std::string model, job, out;
  bool overwrite = false;
};

void run(const EvaluateFlags& flags, const CommonFlags& common) {
  if (!flags.out.empty() && !flags.overwrite && std::filesystem::exists(flags.out)) throw bad_input(flags.out + " exists already", "give --overwrite to replace it, or another --out");
  const RunOptions options = run_options(common);
  Job job = job_or_journeys(flags.job);
  const JourneysOfJob journeys(job, {}, flags.out.empty() ? "evaluation" : flags.out, true, options, share_to_read);
  std::filesystem::path scratch = std::filesystem::path(flags.out).parent_path();
  if (scratch.empty()) scratch = ".";
  const nlohmann::ordered_json metrics = evaluate(flags.model, job, options, scratch);
  if (flags.out.empty()) {
    fmt::print("{}\n", metrics.dump(2));
    return;
  }
  write_file(flags.out, metrics.dump(2) + "\n");
  if (!common.quiet) fmt::print("figures in {}\n", flags.out);
}

}  // namespace

void add_evaluate(CLI::App& program) {
  CLI::App* command = program.add_subcommand("evaluate", "judge a fitted model on other labelled data");
  command->footer("Example:\n  footfall evaluate model/ job.toml --out metrics.json");
  auto flags = std::make_shared<EvaluateFlags>();
  command->add_option("model", flags->model, "folder of a fitted model")->required();
  command->add_option("job", flags->job, "job file that names the data, with the model's columns and targets")->required();
  command->add_option("--out", flags->out, "file for the figures (default: printed)");
  command->add_flag("--overwrite", flags->overwrite, "replace a file that is there");
  command->callback([flags, common = add_common_flags(*command)] { run(*flags, *common); });
}

}  // namespace footfall
