#pragma once

#include <memory>

#include "kernels/bayes/bayes.hpp"

namespace footfall {

class Team;

/// Counting and posteriors on the CPU. The team must outlive it and what it made.
[[nodiscard]] std::unique_ptr<Bayes> make_cpu_bayes(Team& team);

/// The parts behind it.
[[nodiscard]] std::unique_ptr<Counter> make_cpu_counter(Team& team, const std::vector<std::int32_t>& states, const ColumnSets& sets);
[[nodiscard]] std::unique_ptr<Posterior> make_cpu_posterior(Team& team, const PosteriorPlan& general, const PosteriorPlan* complete);

}  // namespace footfall
