#include "host/jobs/prepare.hpp"

#include <fmt/format.h>

#include "tools/command.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

/// Busy seconds are those of all threads together, so that their shares may add up to 100 % for each thread.
void print_stages(const PrepareSummary& summary) {
  fmt::print("{:>10} {:>10} {:>8} {:>12} {:>9}\n", "stage", "busy s", "share", "rows/s", "GB/s");
  for (const StageTime& stage : summary.stages)
    fmt::print("{:>10} {:>10.3f} {:>6.1f} % {:>12.0f} {:>9.4f}\n", stage.stage, stage.busy, 100.0 * stage.busy / summary.seconds,
               stage.busy > 0.0 ? static_cast<double>(stage.rows) / stage.busy : 0.0, stage.busy > 0.0 ? static_cast<double>(stage.bytes) * 1e-9 / stage.busy : 0.0);
}

void print_summary(const PrepareSummary& summary, const PrepareRequest& request) {
  print_stages(summary);
  if (summary.duplicates > 0) fmt::print("{} duplicate event rows taken out\n", summary.duplicates);
  fmt::print("{} events of {} customers from {} rows in {:.2f} s, {:.0f} MB of journeys in {}\n", summary.events, summary.customers, summary.rows, summary.seconds,
             static_cast<double>(summary.bytes) * 1e-6, request.out.string());
}

}  // namespace

void add_prepare(CLI::App& program) {
  CLI::App* command = program.add_subcommand("prepare", "group any number of events by customer, on disk");
  command->footer("Examples:\n  footfall prepare job.toml --out journeys/\n  footfall prepare job.toml --out journeys/ --memory 1GiB --resume");
  auto request = std::make_shared<PrepareRequest>();
  auto job = std::make_shared<std::string>();
  auto explain = std::make_shared<bool>(false);
  command->add_option("job", *job, "a job file (.toml) with [events]")->required();
  CLI::Option* out = command->add_option("--out", request->out, "folder of the journeys store");
  command->add_flag("--overwrite", request->overwrite, "replace journeys that are there");
  command->add_flag("--resume", request->resume, "go on from where a run was killed; keep what is done when this one fails");
  command->add_flag("--drop-duplicates", request->drop_duplicates, "take out events that equal an earlier one in every column the job reads");
  command->add_flag("--explain-memory", *explain, "print how the memory would be divided, and stop");
  command->callback([request, job, explain, out, common = add_common_flags(*command)] {
    if (common->device == "auto") common->device = "cpu";   // nothing is computed on a device
    const RunOptions options = run_options(*common);
    if (*explain) {
      for (const std::string& line : explain_memory(read_job(*job), *request, options)) fmt::print("{}\n", line);
      return;
    }
    if (out->count() == 0) throw bad_input("--out is missing", "name the folder of the journeys: --out journeys/");
    const PrepareSummary summary = prepare(read_job(*job), *request, options);
    if (!common->quiet && !summary.was_there) print_summary(summary, *request);
  });
}

}  // namespace footfall
