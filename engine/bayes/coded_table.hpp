#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/bayes/network.hpp"
#include "kernels/bayes/codes.hpp"

namespace footfall {

/// A table of discrete variables in memory: the state of variable c in row r is codes[c * rows + r]; 0xFF: missing, 0xFE: no state of it.
struct CodedTable {
  std::vector<Variable> variables;
  std::vector<std::uint8_t> codes;
  std::int64_t rows = 0;

  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(variables.size()); }
  [[nodiscard]] std::span<const std::uint8_t> column(std::int32_t c) const {
    return {codes.data() + static_cast<std::size_t>(c) * static_cast<std::size_t>(rows), static_cast<std::size_t>(rows)};
  }
  [[nodiscard]] CodeColumns view() const {
    return {View<const std::uint8_t>(codes.data(), static_cast<std::int64_t>(codes.size()), Place::host), rows, static_cast<std::int64_t>(variables.size())};
  }
  [[nodiscard]] std::vector<std::int32_t> states() const {
    std::vector<std::int32_t> out;
    for (const Variable& variable : variables) out.push_back(variable.size());
    return out;
  }
};

}  // namespace footfall
