#include <csignal>
#include <exception>
#include <new>

#include <CLI/CLI.hpp>

#include "kernels/device/cuda_library.hpp"
#include "kernels/error.hpp"
#include "tools/command.hpp"
#include "tools/console.hpp"

namespace {

constexpr int done = 0;
constexpr int failed_while_running = 1;
constexpr int wrong_use = 2;

/// Whether the command that was called, or the one below it, was given --log-format json.
bool wants_json(const CLI::App& caller) {
  for (const CLI::App* command : caller.get_subcommands()) {
    const CLI::Option* format = command->get_option_no_throw("--log-format");
    if ((format != nullptr && format->count() > 0 && format->as<std::string>() == "json") || wants_json(*command)) return true;
  }
  return false;
}

int run(int argc, char** argv) {
  CLI::App program{"footfall: predictions for every customer from an event log and a customer table"};
  program.require_subcommand(1);
  program.footer("Try: footfall simulate --customers 20000 --out shop/ && footfall fit shop/job.toml --out model/\nEach command has an example: footfall COMMAND --help");
  footfall::add_simulate(program);
  footfall::add_fit(program);
  footfall::add_score(program);
  footfall::add_prepare(program);
  footfall::add_merge(program);
  footfall::add_report(program);
  footfall::add_evaluate(program);
  footfall::add_bench(program);
  footfall::add_bayes(program);
  footfall::add_info(program);
  const auto fail = [&](const std::string& message) {
    footfall::print_error(message, wants_json(program));
  };
  try {
    program.parse(argc, argv);
    return done;
  } catch (const CLI::ParseError& problem) {
    return program.exit(problem) == 0 ? done : wrong_use;
  } catch (const footfall::Error& problem) {
    fail(problem.what());
    return problem.kind() == footfall::ErrorKind::bad_input ? wrong_use : failed_while_running;
  } catch (const std::bad_alloc&) {
    fail("the memory this process may use is spent; give more by --memory, or run on a machine with more");
    return failed_while_running;
  } catch (const std::exception& problem) {
    fail(problem.what());
    return failed_while_running;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit of the process is then an error like a full disk, not a sudden end
  footfall::set_cuda_library_name(FOOTFALL_CUDA_LIBRARY);
  return run(argc, argv);
}
