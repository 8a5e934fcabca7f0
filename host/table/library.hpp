#pragma once

#include <string>

namespace footfall {

/// The version of Arrow that the program runs with.
[[nodiscard]] std::string arrow_version();

}  // namespace footfall
