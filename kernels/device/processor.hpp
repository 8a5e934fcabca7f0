#pragma once

#include <string>

namespace footfall {

/// The version of oneDNN that the program runs with.
[[nodiscard]] std::string onednn_version();

/// The instruction set that vectorised loops use on this processor: "AVX3" (AVX-512), "AVX2", ...
[[nodiscard]] std::string vector_instructions();

}  // namespace footfall
