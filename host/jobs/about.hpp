#pragma once

#include <string>
#include <utility>
#include <vector>

namespace footfall {

/// Names and versions of the libraries that the program runs with, and the instruction sets its loops can use here.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> linked_libraries();

}  // namespace footfall
