#include "host/report/report.hpp"

#include <fmt/format.h>

#include "tools/command.hpp"
#include "tools/common_flags.hpp"
#include "tools/console.hpp"

namespace footfall {

void add_report(CLI::App& program) {
  CLI::App* command = program.add_subcommand("report", "show what a model is worth, as one HTML page");
  command->footer("Example:\n  footfall report model/ --scores scores.parquet --out report.html");
  auto request = std::make_shared<ReportRequest>();
  command->add_option("model", request->model, "folder of a fitted model")->required();
  command->add_option("--scores", request->scores, "what footfall score wrote with this model, to show how scores are distributed");
  command->add_option("--out", request->out, "the HTML file to write")->required();
  command->add_flag("--overwrite", request->overwrite, "replace a file that is there");
  command->callback([request, common = add_common_flags(*command)] {
    report(*request, run_options(*common).observer);
    if (!common->quiet) fmt::print("report in {}\n", request->out.string());
  });
}

}  // namespace footfall
