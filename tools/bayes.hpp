#pragma once

#include <CLI/CLI.hpp>

namespace footfall {

/// Each adds a command below `footfall bayes`, as the functions of command.hpp do below `footfall`. A new one: a file tools/bayes_NAME.cpp, a line
/// here and one in bayes.cpp.
void add_bayes_convert(CLI::App& bayes);
void add_bayes_learn(CLI::App& bayes);
void add_bayes_marginals(CLI::App& bayes);
void add_bayes_posterior(CLI::App& bayes);
void add_bayes_sample(CLI::App& bayes);

}  // namespace footfall
