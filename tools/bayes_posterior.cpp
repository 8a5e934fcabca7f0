#include <algorithm>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/jobs/posterior.hpp"
#include "tools/bayes.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

/// Rows as columns of equal width; the head above the first.
class Printer {
 public:
  void print(const Table& table) {
    if (widths_.empty()) {
      for (const Column& column : table.columns) widths_.push_back(std::max<std::size_t>(column.name.size(), 10));
      print_line(table, [](const Column& column) { return column.name; });
    }
    for (std::int64_t row = 0; row < table.rows; ++row)
      print_line(table, [row](const Column& column) {
        const bool number = column.type == ColumnType::number && column.is_valid(row);
        const double value = number ? column.numbers[static_cast<std::size_t>(row)] : 0.0;
        if (number) return value == value ? fmt::format("{:.7g}", value) : std::string();
        return column.show(row);
      });
  }

 private:
  template <class Text>
  void print_line(const Table& table, const Text& text) const {
    std::string line;
    for (std::size_t c = 0; c < table.columns.size(); ++c) line += fmt::format("{}{:>{}}", c == 0 ? "" : "  ", text(table.columns[c]), widths_[c]);
    fmt::print("{}\n", line);
  }

  std::vector<std::size_t> widths_;
};

void print_summary(const PosteriorSummary& summary, const PosteriorRequest& request) {
  for (const StageTime& stage : summary.stages)
    fmt::print("{:>6}: {:.3f} s busy, {:.3f} s waiting, {:.4g} rows/s\n", stage.stage, stage.busy, stage.waiting, stage.busy > 0.0 ? static_cast<double>(stage.rows) / stage.busy : 0.0);
  if (summary.impossible > 0) fmt::print("{} rows hold evidence of probability 0; their posteriors are empty\n", summary.impossible);
  if (summary.unseen > 0) fmt::print("{} rows hold a value that is no state of its variable and was not used ({})\n", summary.unseen, fmt::join(summary.unseen_columns, ", "));
  fmt::print("{} rows in {:.2f} s ({:.4g} rows/s), posteriors in {}\n", summary.rows, summary.seconds, static_cast<double>(summary.rows) / summary.seconds, request.out.string());
}

}  // namespace

void add_bayes_posterior(CLI::App& bayes) {
  CLI::App* command = bayes.add_subcommand("posterior", "the exact posterior of one variable for every row of a table, whatever cells are missing");
  command->footer("Examples:\n  footfall bayes posterior network.bif cases.csv --target Revenue --out posterior.parquet\n"
                  "  footfall bayes posterior network.bif cases.parquet --target Revenue --log-evidence --out posterior.csv\n"
                  "An empty cell is not observed. Without --out a table on the terminal.");
  auto request = std::make_shared<PosteriorRequest>();
  command->add_option("network", request->network, "the network: .bif, .xmlbif, .net or .uai")->required();
  command->add_option("cases", request->cases, "tables with a column for each observed variable: .parquet or .csv")->required();
  command->add_option("--target", request->target, "the variable whose posterior is wanted; its own column is not read")->required();
  command->add_option("--out", request->out, "a .parquet or .csv file");
  command->add_flag("--log-evidence", request->log_evidence, "also the natural logarithm of P(evidence) of each row");
  command->add_flag("--normalise", request->normalise, "divide each row of the network's probabilities by its sum");
  command->add_flag("--overwrite", request->overwrite, "replace a file that is there");
  command->callback([request, common = add_common_flags(*command)] {
    auto printer = std::make_shared<Printer>();
    request->show = [printer](const Table& table) { printer->print(table); };
    const PosteriorSummary summary = posterior(*request, run_options(*common));
    if (!common->quiet && !request->out.empty()) print_summary(summary, *request);
  });
}

}  // namespace footfall
