#include <fmt/format.h>

#include "host/jobs/bayes_query.hpp"
#include "tools/bayes.hpp"
#include "tools/common_flags.hpp"

namespace footfall {

void add_bayes_sample(CLI::App& bayes) {
  CLI::App* command = bayes.add_subcommand("sample", "draw rows from a Bayesian network");
  command->footer("Example:\n  footfall bayes sample network.bif --rows 100000 --out sample.csv");
  auto request = std::make_shared<BayesSampleRequest>();
  command->add_option("network", request->network, "the network: .bif .xmlbif .net or .uai")->required();
  command->add_option("--rows", request->rows, "how many rows")->required()->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
  command->add_option("--out", request->out, "file for the rows: .csv, .tsv or .parquet")->required();
  command->add_flag("--normalise", request->normalise, "divide each row of probabilities by its sum");
  command->add_flag("--overwrite", request->overwrite, "replace a file that is there");
  command->callback([request, common = add_common_flags(*command)] {
    if (common->seed) request->seed = *common->seed;
    sample_bayes_network(*request, run_options(*common));
    if (!common->quiet) fmt::print("{} rows in {}\n", request->rows, request->out.string());
  });
}

}  // namespace footfall
