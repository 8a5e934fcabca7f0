#pragma once

#include "kernels/bayes/bayes.hpp"

namespace footfall {

/// Refuses plans that do not hang together: a place outside the slots or the values, different targets.
void check_plans(const PosteriorPlan& general, const PosteriorPlan* complete);

/// Refuses tables and outputs that do not fit a plan.
void check_posterior(const PosteriorPlan& plan, const CodeColumns& codes, const PosteriorOutput& out);

}  // namespace footfall
