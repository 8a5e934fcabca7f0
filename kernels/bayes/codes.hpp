#pragma once

#include <cstdint>

#include "kernels/device/array.hpp"

namespace footfall {

/// A cell that holds nothing: the variable was not observed.
inline constexpr std::uint8_t missing_code = 0xFF;
/// A cell whose value is no state of the variable. It tells nothing, so it is treated as missing; the row's status says so.
inline constexpr std::uint8_t unseen_code = 0xFE;
/// The most states a variable of a table may have: codes 0 ... 253.
inline constexpr std::int32_t most_states = 254;

/// A table of state codes, one byte a cell, column-major: the cell of row r and column c is data[c * stride + r].
struct CodeColumns {
  const std::uint8_t* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 0;   ///< >= rows
  Place place = Place::host;

  CodeColumns() = default;
  /// Dense columns over a run of codes.
  CodeColumns(View<const std::uint8_t> cells, std::int64_t r, std::int64_t c) : data(cells.data), rows(r), columns(c), stride(r), place(cells.place) {
    require(r * c <= cells.size, "a table is larger than the codes below it");
  }
  /// The rows [first, first + count).
  [[nodiscard]] CodeColumns row_range(std::int64_t first, std::int64_t count) const {
    require(first >= 0 && count >= 0 && first + count <= rows, "rows are cut outside a table of codes");
    CodeColumns part = *this;
    part.data += first;
    part.rows = count;
    return part;
  }
};

}  // namespace footfall
