#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/table/read.hpp"
#include "host/table/state_codes.hpp"

namespace footfall {

/// A column that is read as states.
struct CodedColumn {
  std::string name;
  std::vector<std::string> states;
};

/// Reads columns of tables straight into state codes, one byte a cell, column-major: much faster than through a Table, and no dictionary grows.
/// Parquet's text columns are read as the dictionaries they are stored as, so that a text is looked up once a dictionary.
class CodeReader {
 public:
  /// Every file must have every column. Errors name the file and the column. A chunk has 131,072 rows, fewer of tables of more than 64 columns: about 8 MiB.
  CodeReader(std::vector<std::string> files, TextOptions text, std::vector<CodedColumn> columns);
  ~CodeReader();
  CodeReader(CodeReader&&) noexcept;
  CodeReader& operator=(CodeReader&&) noexcept;

  /// Rows that next() gives at most.
  [[nodiscard]] std::int64_t most_rows() const;

  /// Fills the first rows of the columns codes[c * most_rows(), ...) and returns how many; 0 at the end.
  [[nodiscard]] std::int64_t next(std::vector<std::uint8_t>& codes);
  [[nodiscard]] std::int64_t bytes_total() const;
  [[nodiscard]] std::int64_t bytes_done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace footfall
