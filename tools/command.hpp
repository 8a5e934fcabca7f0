#pragma once

#include <CLI/CLI.hpp>

namespace footfall {

/// Each adds its command to the program; the command runs when it was parsed.
void add_simulate(CLI::App& program);
void add_fit(CLI::App& program);
void add_score(CLI::App& program);
void add_prepare(CLI::App& program);
void add_merge(CLI::App& program);
void add_report(CLI::App& program);
void add_evaluate(CLI::App& program);
void add_bench(CLI::App& program);
void add_bayes(CLI::App& program);
void add_info(CLI::App& program);

}  // namespace footfall
