#include "host/jobs/merge.hpp"

#include <fmt/format.h>

#include "tools/command.hpp"
#include "tools/common_flags.hpp"

namespace footfall {

void add_merge(CLI::App& program) {
  CLI::App* command = program.add_subcommand("merge", "join the scores of several workers, and check that they are whole");
  command->footer("Example:\n  footfall merge scores-0/ scores-1/ scores-2/ --out scores.parquet");
  auto request = std::make_shared<MergeRequest>();
  command->add_option("parts", request->parts, "the folders that the workers wrote, in any order")->required();
  command->add_option("--out", request->out, "a .parquet or .csv file, or a folder of shards")->required();
  command->add_flag("--overwrite", request->overwrite, "replace scores that are there");
  command->callback([request, common = add_common_flags(*command)] {
    if (common->device == "auto") common->device = "cpu";   // nothing is computed
    const MergeSummary summary = merge_scores(*request, run_options(*common).observer);
    if (!common->quiet) fmt::print("{} customers of {} worker{} in {}\n", summary.customers, summary.workers, summary.workers == 1 ? "" : "s", request->out.string());
  });
}

}  // namespace footfall
