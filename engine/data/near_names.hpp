#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace footfall {

/// Candidates that a person may have meant by `name`: case and a few letters aside (Damerau-Levenshtein), nearest first, at most three.
[[nodiscard]] std::vector<std::string> near_names(std::string_view name, const std::vector<std::string>& candidates);

/// "did you mean \"price\"?", "did you mean \"price\" or \"prices\"?", or "the columns are: a, b, c" (cut after twelve) when nothing is
/// near. `plural` names the things: "columns", "keys".
[[nodiscard]] std::string suggest_names(std::string_view name, const std::vector<std::string>& candidates,
                                        std::string_view plural = "columns");

}  // namespace footfall
