#pragma once

#include <string>
#include <vector>

#include "engine/bayes/network.hpp"
#include "host/jobs/learn_network.hpp"

namespace footfall {

/// The variables that the columns of a request's tables are, in the order of the columns: names of states, whole values, or bands.
[[nodiscard]] std::vector<Variable> learn_states(const LearnRequest& request, const std::vector<std::string>& files);

}  // namespace footfall
