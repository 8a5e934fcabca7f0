#include <filesystem>

#include <fmt/format.h>

#include "host/jobs/score.hpp"
#include "host/jobs/score_plan.hpp"
#include "kernels/error.hpp"
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
  if (summary.customers_before > 0) fmt::print("{} customers were scored before\n", summary.customers_before);
  if (summary.update)
    fmt::print("continued {} customers, recomputed {}, started {}; {} new events\n", summary.update->continued, summary.update->recomputed, summary.update->started, summary.update->new_events);
  for (const UnseenCount& unseen : summary.unseen) fmt::print("column \"{}\": {} cells hold words the fit did not see\n", unseen.column, unseen.cells);
  fmt::print("{} customers{} in {:.2f} s, scores in {}\n", summary.customers, summary.as_of.empty() ? "" : " as of " + summary.as_of, summary.seconds, request.out.string());
}

void check_split(const ScoreRequest& request) {
  if (request.overwrite && request.resume) throw bad_input("--overwrite and --resume exclude each other", "give one of them");
  if (request.split.worker >= request.split.workers)
    throw bad_input(fmt::format("--worker {} of --workers {} does not exist", request.split.worker, request.split.workers), "workers are counted from 0");
}

}  // namespace

void add_score(CLI::App& program) {
  CLI::App* command = program.add_subcommand("score", "predict for every customer, from files to a file");
  command->footer("Examples:\n  footfall score model/ --out scores.parquet\n  footfall score model/ --events new/*.parquet --as-of 2026-12-01 --out scores.csv\n  footfall score model/ --save-state state/ --out monday.parquet\n  footfall score model/ --update state/ --events tuesday.parquet --save-state state/ --out tuesday-scores.parquet\n  footfall score model/ --workers 4 --worker 0 --out scores-0/");
  auto request = std::make_shared<ScoreRequest>();
  command->add_option("model", request->model, "folder of a fitted model")->required();
  command->add_option("--out", request->out, "a .parquet or .csv file, or a folder of shards")->required();
  command->add_option("--events", request->events, "event files instead of the job's");
  command->add_option("--customers", request->customers, "customer files instead of the job's");
  command->add_option("--journeys", request->journeys, "a journeys store instead of files; made of them when it is not there");
  command->add_option("--as-of", request->as_of, "features see only events before this moment (default: all of them)");
  command->add_option("--update", request->update, "go on from the state in this folder: the files hold only what came since");
  command->add_option("--save-state", request->save_state, "leave a state here for the next --update (may be the same folder)");
  command->add_flag("--overwrite", request->overwrite, "replace scores that are there");
  command->add_flag("--resume", request->resume, "keep the shards that are whole, and make what is missing");
  command->add_option("--workers", request->split.workers, "split the customers over so many processes, each with a folder of its own (then: footfall merge)")->check(CLI::Range(1, 256));
  command->add_option("--worker", request->split.worker, "which of them this is, from 0")->check(CLI::Range(0, 255));
  auto explain = std::make_shared<bool>(false);
  command->add_flag("--explain-memory", *explain, "print how the memory would be divided, and stop");
  command->callback([request, explain, common = add_common_flags(*command)] {
    check_split(*request);
    if (*explain) {
      for (const std::string& line : describe_plan(plan_score(load_model(request->model), run_options(*common)))) fmt::print("{}\n", line);
      return;
    }
    const ScoreSummary summary = score(*request, run_options(*common));
    if (!common->quiet && !summary.was_there) print_summary(summary, *request);
  });
}

}  // namespace footfall
