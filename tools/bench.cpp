#include <cstdio>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "host/bench/bench.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"
#include "tools/command.hpp"
#include "tools/common_flags.hpp"

namespace footfall {
namespace {

constexpr const char* row = "{:<26} {:>10} {:<10} {:>10} {:>7} {:>7}  {}\n";

void print_head() { fmt::print(fmt::runtime(row), "name", "rate", "unit", "limit", "share", "spread", "the limit is the rate of"); }

void print_figure(const BenchFigure& figure) {
  fmt::print(fmt::runtime(row), figure.name, fmt::format("{:.4g}", figure.rate), figure.unit, fmt::format("{:.4g}", figure.limit),
             fmt::format("{:.0f} %", 100.0 * figure.share()), fmt::format("{:.0f} %", 100.0 * figure.spread), figure.limit_of);
  for (const auto& [name, value] : figure.more) fmt::print("{:<26} {:>10.4g} {}\n", "", value, name);
  if (figure.copy > 0.0) fmt::print("{:<26} kernels {:.3f} ms, copies {:.3f} ms, wall {:.3f} ms\n", "", 1e3 * figure.kernel, 1e3 * figure.copy, 1e3 * figure.wall);
  std::fflush(stdout);
}

void add_sizes(CLI::App& command, BenchSizes& sizes) {
  const auto size = [&](const char* flag, std::int64_t& value, const char* text) { command.add_option(flag, value, text)->check(CLI::PositiveNumber)->capture_default_str(); };
  size("--rows", sizes.rows, "standardize: rows of the table");
  size("--columns", sizes.columns, "standardize: its columns");
  command.add_option("--missing", sizes.missing, "standardize: share of its cells that are missing")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_flag("--in-place", sizes.in_place, "standardize: write over the table instead of into another one");
  size("--time", sizes.time, "lstm: steps of a sequence");
  size("--features", sizes.features, "lstm: features of a step");
  command.add_option("--hidden", sizes.hidden, "lstm: hidden sizes")->delimiter(',')->check(CLI::PositiveNumber)->capture_default_str();
  command.add_option("--train-batches", sizes.train_batches, "lstm: batches of training")->delimiter(',')->check(CLI::PositiveNumber)->capture_default_str();
  command.add_option("--score-batches", sizes.score_batches, "lstm: batches of scoring")->delimiter(',')->check(CLI::PositiveNumber)->capture_default_str();
  size("--ragged-batch", sizes.ragged_batch, "lstm: batch of training on sequences of unequal length");
  size("--sequences", sizes.lstm_sequences, "lstm: sequences that are scored");
  size("--product", sizes.product, "lstm: extent of the square matrix product (default: 2048, on CUDA 8192)");
  size("--cases", sizes.cases, "posterior: rows");
  size("--customers", sizes.customers, "pipeline: customers of the simulated shop");
  size("--repeats", sizes.repeats, "of each figure and its limit, in turns");
}

}  // namespace

void add_bench(CLI::App& program) {
  CLI::App* command = program.add_subcommand("bench", "throughput beside what the machine could do at most, measured in the same run");
  command->footer("Examples:\n  footfall bench all\n  footfall bench lstm --train-batches 32,256 --json lstm.jsonl\n"
                  "Each rate is the median of several runs, taken in turns with its limit; spread is the distance of the quartiles over it.");
  auto request = std::make_shared<BenchRequest>();
  auto json = std::make_shared<std::filesystem::path>();
  std::vector<std::string> subjects = bench_subjects();
  subjects.emplace_back("all");
  command->add_option("subject", request->subject, "what to measure")->required()->check(CLI::IsMember(subjects));
  command->add_option("--json", *json, "also write the figures here, one object a line");
  command->add_option("--network", request->network, "posterior: this network instead of one of its own");
  command->add_option("--target", request->target, "posterior: its variable (default: purchase)");
  command->add_option("--only", request->only, "figures whose names begin so, as lstm/train");
  command->add_option("--dump", request->dump, "a folder that gets what was worked on and what came out, a safetensors file a figure")->check(CLI::ExistingDirectory);
  command->add_option("--scratch", request->scratch, "pipeline: folder for its files (default: the system's for temporary files)");
  add_sizes(*command, request->sizes);
  command->callback([request, json, common = add_common_flags(*command)] {
    if (common->seed) request->seed = *common->seed;
    const RunOptions options = run_options(*common);
    std::optional<AtomicFile> file;   // a place that cannot be written to is found before the minute is spent
    if (!json->empty()) file.emplace(*json);
    if (!common->quiet) print_head();
    const auto figures = bench(*request, options, [&](const BenchFigure& figure) {
      if (!common->quiet) print_figure(figure);
    });
    if (!file) return;
    for (const BenchFigure& figure : figures) file->write(bench_json(figure, options) + "\n");
    file->commit();
  });
}

}  // namespace footfall
