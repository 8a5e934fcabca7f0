#include "tools/bayes.hpp"

#include "tools/command.hpp"

namespace footfall {

void add_bayes(CLI::App& program) {
  CLI::App* command = program.add_subcommand("bayes", "Bayesian networks and factor graphs");
  command->require_subcommand(1);
  command->footer("Example:\n  footfall bayes marginals network.bif --evidence \"smoke=yes,xray=yes\"");
  add_bayes_convert(*command);
  add_bayes_learn(*command);
  add_bayes_marginals(*command);
  add_bayes_posterior(*command);
  add_bayes_sample(*command);
}

}  // namespace footfall
