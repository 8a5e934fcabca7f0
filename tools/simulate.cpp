#include <fmt/format.h>

#include "host/simulate/simulate.hpp"
#include "tools/command.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

void print_summary(const SimulateSummary& summary, const SimulateRequest& request) {
  fmt::print("{} customers, {} events in {:.2f} s; {} buy in the 30 days from the cutoff, {:.1f} expected\n", summary.customers,
             summary.events, summary.seconds, summary.buyers, summary.expected_buyers);
  fmt::print("shop in {}; next: footfall fit {} --out model/\n", request.out.string(), (request.out / "job.toml").string());
}

}  // namespace

void add_simulate(CLI::App& program) {
  CLI::App* command = program.add_subcommand("simulate", "make a shop of customers whose true probabilities are known");
  command->footer("Example:\n  footfall simulate --customers 100000 --out shop/");
  auto request = std::make_shared<SimulateRequest>();
  command->add_option("--customers", request->customers, "how many customers the shop has")
      ->required()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
  command->add_option("--out", request->out, "folder of the shop: job.toml, events/, customers.parquet, truth.parquet")->required();
  command->add_flag("--overwrite", request->overwrite, "replace a shop that is there");
  command->callback([request, common = add_common_flags(*command)] {
    if (common->seed) request->seed = *common->seed;
    const SimulateSummary summary = simulate(*request, run_options(*common));
    if (!common->quiet) print_summary(summary, *request);
  });
}

}  // namespace footfall
