#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/table/read.hpp"
#include "host/table/table.hpp"

namespace footfall {

/// How a file holds a column, before anybody decides what it is read as.
enum class RawForm {
  cells,  ///< text files: a cell may be anything
  text,   ///< the file says that it is text
  integer,
  number,
  boolean,
  timestamp,
  nothing,      ///< Parquet's null type: every cell is missing
  unsupported,  ///< lists, structs and the like
};

[[nodiscard]] std::string_view describe(RawForm form);

/// A column of a few thousand rows as a file gives it. Views stay good until the reader's next call.
struct RawColumn {
  RawForm form = RawForm::cells;
  TimeResolution resolution = TimeResolution::none;
  std::vector<std::string_view> cells;  ///< cells and text
  std::vector<std::int64_t> integers;   ///< integer, boolean, timestamp (microseconds)
  std::vector<double> numbers;          ///< number; missing where valid is 0 (NaN counts as missing)
  std::vector<std::uint8_t> valid;      ///< one entry a row, always

  void clear();
};

struct RawChunk {
  std::int64_t rows = 0;
  std::vector<RawColumn> columns;       ///< the selected ones, in the order of the selection
  std::vector<std::int64_t> positions;  ///< line or row (from 1) of every row
};

/// One file, read from its beginning in small chunks.
class FileReader {
 public:
  virtual ~FileReader() = default;
  [[nodiscard]] virtual const std::vector<std::string>& names() const = 0;
  /// How the file holds each column.
  [[nodiscard]] virtual const std::vector<RawForm>& forms() const = 0;
  /// Of a column of form timestamp.
  [[nodiscard]] virtual TimeResolution resolution(std::size_t /*column*/) const { return TimeResolution::none; }
  [[nodiscard]] virtual Origin::Counting counting() const = 0;
  /// Rows of each part of the file that can be read without those before it (row groups); empty: only the whole file can be.
  [[nodiscard]] virtual std::vector<std::int64_t> groups() const { return {}; }
  /// Reads the groups [first, end) alone. To be called before select(), and only where there are groups.
  virtual void limit_to(std::int32_t first, std::int32_t end);
  /// Columns that next() shall give, by their index in names(). To be called once, before next().
  virtual void select(const std::vector<std::size_t>& columns) = 0;
  /// False at the end; never gives a chunk without rows.
  [[nodiscard]] virtual bool next(RawChunk& chunk) = 0;
  [[nodiscard]] virtual std::int64_t bytes_done() const = 0;
  /// A remark for the error about a missing column, such as that the delimiter may be another; empty if there is none.
  [[nodiscard]] virtual std::string doubt() const { return {}; }
};

/// Opens a Parquet or a text file. Error{bad_input} when it is missing, empty, a folder, or neither.
[[nodiscard]] std::unique_ptr<FileReader> open_file(const std::string& file, const TextOptions& options);
[[nodiscard]] std::unique_ptr<FileReader> open_text_file(const std::string& file, const TextOptions& options);
[[nodiscard]] std::unique_ptr<FileReader> open_parquet_file(const std::string& file, const TextOptions& options);

}  // namespace footfall
