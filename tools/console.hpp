#pragma once

#include <string>

#include "host/jobs/run.hpp"

namespace footfall {

/// Writes sentences and progress to standard error: a bar with rate and time left on a terminal, plain lines otherwise, objects a line as JSON.
[[nodiscard]] Observer console_observer(bool quiet, bool json);

/// The last word of a command that failed, to standard error; {"error": message} as JSON.
void print_error(const std::string& message, bool json);

}  // namespace footfall
