#include <map>
#include <string>

#include <fmt/format.h>

#include "host/jobs/learn_network.hpp"
#include "kernels/error.hpp"
#include "tools/bayes.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

/// The flags that are not of the request's own types.
struct LearnFlags {
  LearnRequest request;
  std::vector<std::string> required, forbidden;   ///< "from->to"
};

std::vector<std::pair<std::string, std::string>> arcs_of(const std::vector<std::string>& words, const std::string& option) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& word : words) {
    const std::size_t arrow = word.find("->");
    if (arrow == std::string::npos || arrow == 0 || arrow + 2 == word.size()) throw bad_input(option + " " + word + " is no arc", "write FROM->TO, in quotes");
    out.emplace_back(word.substr(0, arrow), word.substr(arrow + 2));
  }
  return out;
}

void run(LearnFlags& flags, const CommonFlags& common) {
  flags.request.required = arcs_of(flags.required, "--require");
  flags.request.forbidden = arcs_of(flags.forbidden, "--forbid");
  const LearnSummary summary = learn_network(flags.request, run_options(common));
  if (common.quiet) return;
  constexpr const char* names[] = {"BIC", "BDeu", "K2"};
  fmt::print("{} rows, {} empty cells: {} variables, {} arcs, {} free parameters, {} {:.6f}; {:.2f} s, network in {}\n", summary.rows, summary.missing, summary.variables, summary.arcs,
             summary.free_parameters, names[static_cast<std::size_t>(flags.request.score)], summary.score, summary.seconds, flags.request.out.string());
}

}  // namespace

void add_bayes_learn(CLI::App& bayes) {
  CLI::App* command = bayes.add_subcommand("learn", "a network's arcs, bands and probabilities from a table");
  command->footer("Examples:\n  footfall bayes learn data.csv --structure tan --target Revenue --out network.bif\n"
                  "  footfall bayes learn data.csv --structure hill-climb --score bdeu --max-parents 3 --forbid \"Age->Sex\" --out network.bif\n"
                  "  footfall bayes learn data.csv --structure known.bif --equivalent-sample-size 10 --out network.bif\n"
                  "Probabilities are those of maximum likelihood unless a smoothing is named. A row with an empty cell is left out of the counts that need it, unless --em fills in what is expected.");
  auto flags = std::make_shared<LearnFlags>();
  LearnRequest& request = flags->request;
  const std::map<std::string, StructureScore> scores = {{"bic", StructureScore::bic}, {"bdeu", StructureScore::bdeu}, {"k2", StructureScore::k2}};
  const std::map<std::string, Banding> bandings = {{"quantile", Banding::quantile}, {"width", Banding::width}, {"entropy", Banding::entropy}};
  command->add_option("tables", request.files, "tables: .parquet, .csv, .tsv")->required();
  command->add_option("--structure", request.structure, "naive, chow-liu, tan, hill-climb, or the file of a network whose arcs and states are taken")->required();
  command->add_option("--out", request.out, "the network: .bif, .xmlbif, .net or .uai")->required();
  command->add_option("--target", request.target, "the column to predict; the root of chow-liu");
  command->add_option("--ignore", request.ignore, "columns that are left out");
  command->add_option("--score", request.score, "of hill-climb: bic, bdeu or k2")->transform(CLI::CheckedTransformer(scores, CLI::ignore_case));
  command->add_option("--max-parents", request.max_parents, "of hill-climb");
  command->add_option("--require", flags->required, "an arc that must be there, FROM->TO; may be repeated");
  command->add_option("--forbid", flags->forbidden, "an arc that must not be there, FROM->TO; may be repeated");
  command->add_option("--discretise", request.banding, "how numbers are cut: entropy (as with a target), quantile (as without) or width")->transform(CLI::CheckedTransformer(bandings, CLI::ignore_case));
  command->add_option("--bands", request.bands, "bands of quantile and width");
  command->add_option("--equivalent-sample-size", request.equivalent_sample_size, "BDeu probabilities and score with so many imagined rows");
  command->add_option("--pseudo-count", request.pseudo_count, "Dirichlet probabilities: so many imagined rows in each cell of a table");
  command->add_option("--back-off", request.back_off, "probabilities drawn to those of fewer parents by so many imagined rows");
  command->add_flag("--em", request.em, "where cells are missing, probabilities by expectation and maximisation instead of from the rows where a family is whole");
  command->add_flag("--overwrite", request.overwrite, "replace a file that is there");
  command->callback([flags, common = add_common_flags(*command)] { run(*flags, *common); });
}

}  // namespace footfall
