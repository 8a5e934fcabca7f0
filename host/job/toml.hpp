#pragma once

#include <stdexcept>

namespace footfall {

/// The parser of toml++ (3.3) met a text that it did not foresee: such a text is no TOML.
struct TomlFault : std::runtime_error {
  TomlFault() : std::runtime_error("it is malformed") {}
};

constexpr void toml_assert(bool holds) {
  if (!holds) throw TomlFault();
}

}  // namespace footfall

// Some malformed texts run into an assertion of the parser, which would end the program in a debug build and be skipped in a release build.
// Here every build throws instead.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) ::footfall::toml_assert(static_cast<bool>(expression))
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")
