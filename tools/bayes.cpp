#include "tools/bayes.hpp"

#include "tools/command.hpp"

namespace footfall {

void add_bayes(CLI::App& program) {
  CLI::App* command = program.add_subcommand("bayes", "Bayesian networks and factor graphs");
  command->require_subcommand(1);
  command->footer("Example:\n  footfall bayes convert network.bif network.xmlbif");
  add_bayes_convert(*command);
  add_bayes_posterior(*command);
}

}  // namespace footfall
