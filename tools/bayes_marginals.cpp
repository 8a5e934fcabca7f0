#include <algorithm>

#include <fmt/format.h>

#include "host/jobs/bayes_query.hpp"
#include "tools/bayes.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

using nlohmann::ordered_json;

/// An answer as a table for a person.
void print_answer(const ordered_json& answer) {
  fmt::print("log10 P(evidence) {:.9g}\n", answer.at("log10_evidence").get<double>());
  if (answer.contains("samples"))
    fmt::print("{} samples, worth {:.1f} unweighted ones; standard errors in the last column\n", answer["samples"].get<std::int64_t>(), answer["effective_samples"].get<double>());
  std::size_t widest = 8, state_width = 5;
  for (const auto& [name, states] : answer.at("marginals").items()) {
    widest = std::max(widest, name.size());
    for (const auto& [state, p] : states.items()) state_width = std::max(state_width, state.size());
  }
  for (const auto& [name, states] : answer["marginals"].items())
    for (const auto& [state, p] : states.items()) {
      fmt::print("{:<{}}  {:<{}}  {:.9f}", name, widest, state, state_width, p.template get<double>());
      if (answer.contains("standard_errors")) fmt::print("  {:.2e}", answer["standard_errors"][name][state].template get<double>());
      fmt::print("\n");
    }
  if (answer.contains("joint")) {
    fmt::print("\njoint distribution\n");
    for (const auto& row : answer["joint"]) {
      std::string states;
      for (const auto& [name, state] : row["states"].items()) states += (states.empty() ? "" : ", ") + fmt::format("{} = {}", name, state.template get<std::string>());
      fmt::print("{}  {:.9f}\n", states, row["probability"].get<double>());
    }
  }
  if (answer.contains("most_probable")) {
    fmt::print("\nmost probable, log10 {:.9g}\n", answer["log10_most_probable"].get<double>());
    for (const auto& [name, state] : answer["most_probable"].items()) fmt::print("{:<{}}  {}\n", name, widest, state.template get<std::string>());
  }
  if (answer.contains("weights_of_evidence")) {
    fmt::print("\nweight of evidence of each observation (natural logarithm of a likelihood ratio)\n");
    for (const auto& [name, states] : answer["weights_of_evidence"].items())
      for (const auto& [state, weight] : states.items())
        fmt::print("{:<{}}  {:<{}}  {}\n", name, widest, state, state_width, weight.is_number() ? fmt::format("{:+.6f}", weight.template get<double>()) : weight.template get<std::string>());
  }
}

}  // namespace

void add_bayes_marginals(CLI::App& bayes) {
  CLI::App* command = bayes.add_subcommand("marginals", "exact probabilities of every variable, given evidence");
  command->footer(
      "Examples:\n  footfall bayes marginals network.bif --evidence \"smoke=yes,xray=yes\" --out answer.json\n"
      "  footfall bayes marginals problem.uai --evidence-file problem.uai.evid --out problem.MAR\n"
      "  footfall bayes marginals network.bif --evidence \"smoke=yes\" --mpe --joint lung,bronc --sensitivity dysp");
  auto query = std::make_shared<BayesQuery>();
  command->add_option("network", query->network, "Bayesian network (.bif .xmlbif .net .uai) or Markov network (.uai)")->required();
  command->add_option("--evidence", query->evidence, "observed states: variable=state,variable=state; commas in names are quoted, \"\" is none");
  command->add_option("--evidence-file", query->evidence_file, "observed states as a UAI .evid file");
  command->add_option("--virtual-evidence", query->virtual_evidence, "likelihoods for uncertain observations: variable=0.8:0.2,...");
  command->add_option("--joint", query->joint, "also the distribution of these variables together: a,b");
  command->add_flag("--mpe", query->most_probable, "also the most probable combination of all states");
  command->add_option("--sensitivity", query->sensitivity, "also what each observation says about this variable");
  command->add_flag("--approximate", query->approximate, "likelihood weighting with standard errors, where an exact answer is too wide");
  command->add_option("--samples", query->samples, "samples of --approximate")->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))->capture_default_str();
  command->add_option("--out", query->out, "file for the answer: .json, or .MAR and the .PR beside it (default: a table on the terminal)");
  command->add_flag("--normalise", query->normalise, "divide each row of probabilities by its sum");
  command->add_flag("--overwrite", query->overwrite, "replace a file that is there");
  command->callback([query, common = add_common_flags(*command)] {
    const RunOptions options = run_options(*common);
    // Room for the program itself stays free.
    constexpr std::int64_t own = std::int64_t{256} << 20;
    query->memory = std::max<std::int64_t>(options.memory - own, own / 4);
    if (common->memory.empty()) query->memory = std::min(query->memory, std::int64_t{8} << 30);
    if (common->seed) query->seed = *common->seed;
    const ordered_json answer = answer_bayes_query(*query, options);
    if (query->out.empty()) {
      print_answer(answer);
    } else if (!common->quiet) {
      fmt::print("log10 P(evidence) {:.9g}, {} variables in {}\n", answer.at("log10_evidence").get<double>(), answer.at("marginals").size(), query->out.string());
    }
  });
}

}  // namespace footfall
