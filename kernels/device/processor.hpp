#pragma once

#include <string>

namespace footfall {

/// The version of oneDNN that the program runs with.
[[nodiscard]] std::string onednn_version();

/// The instruction set that vectorised loops use on this processor: "AVX3" (AVX-512), "AVX2", ...
[[nodiscard]] std::string vector_instructions();

/// Makes oneDNN generate the code of its matrix products now. It does so on first use, and crashes where a limit on memory refuses it the room.
void generate_products();

}  // namespace footfall
