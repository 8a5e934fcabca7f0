#include <filesystem>

#include <fmt/format.h>

#include "host/jobs/score.hpp"
#include "tools/command.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

std::string rate_text(double amount, double seconds, const char* form) { return amount > 0.0 && seconds > 0.0 ? fmt::format(fmt::runtime(form), amount / seconds) : "-"; }

/// Stages work at the same time, so that their shares may add up to more than 100 %.
void print_stages(const ScoreSummary& summary) {
  fmt::print("{:>10} {:>10} {:>8} {:>10} {:>12} {:>9}\n", "stage", "busy s", "share", "waiting s", "rows/s", "GB/s");
  for (const StageTime& stage : summary.stages)
    fmt::print("{:>10} {:>10.3f} {:>6.1f} % {:>10.3f} {:>12} {:>9}\n", stage.stage, stage.busy, 100.0 * stage.busy / summary.seconds, stage.waiting,
               rate_text(static_cast<double>(stage.rows), stage.busy, "{:.0f}"), rate_text(static_cast<double>(stage.bytes) * 1e-9, stage.busy, "{:.4f}"));
}

void print_summary(const ScoreSummary& summary, const ScoreRequest& request) {
  print_stages(summary);
  for (const UnseenCount& unseen : summary.unseen) fmt::print("column \"{}\": {} cells hold words the fit did not see\n", unseen.column, unseen.cells);
  fmt::print("{} customers{} in {:.2f} s, scores in {}\n", summary.customers, summary.as_of.empty() ? "" : " as of " + summary.as_of, summary.seconds, request.out.string());
}

}  // namespace

void add_score(CLI::App& program) {
  CLI::App* command = program.add_subcommand("score", "predict for every customer, from files to a file");
  command->footer("Examples:\n  footfall score model/ --out scores.parquet\n  footfall score model/ --events new/*.parquet --as-of 2026-12-01 --out scores.csv");
  auto request = std::make_shared<ScoreRequest>();
  command->add_option("model", request->model, "folder of a fitted model")->required();
  command->add_option("--out", request->out, "a .parquet or .csv file, or a folder of shards")->required();
  command->add_option("--events", request->events, "event files instead of the job's");
  command->add_option("--customers", request->customers, "customer files instead of the job's");
  command->add_option("--as-of", request->as_of, "features see only events before this moment (default: all of them)");
  command->add_flag("--overwrite", request->overwrite, "replace scores that are there");
  command->callback([request, common = add_common_flags(*command)] {
    const ScoreSummary summary = score(*request, run_options(*common));
    if (!common->quiet) print_summary(summary, *request);
  });
}

}  // namespace footfall
