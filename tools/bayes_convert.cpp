#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "host/networks/networks.hpp"
#include "kernels/error.hpp"
#include "tools/bayes.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

struct ConvertFlags {
  std::string from, to;
  bool normalise = false, overwrite = false;
};

void run(const ConvertFlags& flags, const CommonFlags& common) {
  (void)run_options(common);
  if (!flags.overwrite && std::filesystem::exists(flags.to)) throw bad_input(flags.to + " exists already", "give --overwrite to replace it, or another name");
  (void)network_format(flags.to);
  const Network network = read_network(flags.from, flags.normalise);
  write_network(flags.to, network);
  if (!common.quiet) fmt::print("{} variables, {} free parameters in {}\n", network.size(), network.free_parameters(), flags.to);
}

}  // namespace

void add_bayes_convert(CLI::App& bayes) {
  CLI::App* command = bayes.add_subcommand("convert", "write a Bayesian network in another format: .bif, .xmlbif, .net, .uai (which loses its names)");
  command->footer("Example:\n  footfall bayes convert network.bif network.xmlbif");
  auto flags = std::make_shared<ConvertFlags>();
  command->add_option("from", flags->from, "the network: .bif, .xmlbif, .xml, .net or .uai")->required();
  command->add_option("to", flags->to, "the file to write; its ending is its format")->required();
  command->add_flag("--normalise", flags->normalise, "divide each row of probabilities by its sum");
  command->add_flag("--overwrite", flags->overwrite, "replace a file that is there");
  command->callback([flags, common = add_common_flags(*command)] { run(*flags, *common); });
}

}  // namespace footfall
