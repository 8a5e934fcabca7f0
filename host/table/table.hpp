#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace footfall {

enum class ColumnType { integer, number, boolean, text, timestamp };

/// "whole numbers", "numbers", … as an error message says it.
[[nodiscard]] std::string_view describe(ColumnType type);

/// The unit in which a source wrote its times; the values themselves are always microseconds. `none`: the column holds no times.
enum class TimeResolution { none, days, seconds, milliseconds, microseconds, nanoseconds };

/// One unit of a resolution in microseconds (a nanosecond counts as one); 0 for none.
[[nodiscard]] std::int64_t unit_in_microseconds(TimeResolution resolution);

/// One typed column. Which vector is filled follows from the type; the others are empty.
struct Column {
  std::string name;
  ColumnType type = ColumnType::number;
  std::vector<std::int64_t> integers;   ///< integer; boolean as 0 and 1; timestamp as microseconds since 1970, UTC. 0 where missing
  std::vector<double> numbers;          ///< number; finite, NaN where missing
  std::vector<std::int32_t> codes;      ///< text: index into the dictionary; -1 where missing
  std::vector<std::string> dictionary;  ///< text: distinct values in the order of their first appearance, UTF-8
  std::vector<std::uint8_t> valid;      ///< 1 where there is a value, 0 where it is missing; empty: nothing is missing
  TimeResolution resolution = TimeResolution::none;

  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] bool is_valid(std::int64_t row) const { return valid.empty() || valid[static_cast<std::size_t>(row)] != 0; }
  [[nodiscard]] std::int64_t missing() const;

  /// The value of any type but text as a number; NaN where missing. Text is a fault of the caller.
  [[nodiscard]] double number_at(std::int64_t row) const;
  /// The value of a whole column of any type but text, as number_at gives it.
  [[nodiscard]] std::vector<double> as_numbers() const;
  /// The value of a text column, a view into its dictionary; empty where missing. Another type is a fault of the caller.
  [[nodiscard]] std::string_view text_at(std::int64_t row) const;
  /// Any type as a person would write it: whole numbers without a point, times as ISO 8601, true and false; missing is empty.
  [[nodiscard]] std::string show(std::int64_t row) const;
};

/// Where the rows of a table came from. Rows that follow each other in a file share one entry, so that it stays small.
class Origin {
 public:
  enum class Counting { lines, rows };  ///< text files are counted in lines, the header included; Parquet in rows from 1

  void add_file(std::string file, Counting counting);
  /// Says that the next row of the table is number `position` (line or row, from 1) of the file added last.
  void add_row(std::int64_t position);

  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  [[nodiscard]] const std::vector<std::string>& files() const noexcept { return files_; }
  /// "events.csv:18" or "events.parquet row 17".
  [[nodiscard]] std::string place(std::int64_t row) const;
  /// The line or row of the file, from 1.
  [[nodiscard]] std::int64_t position_of(std::int64_t row) const;
  /// Index into files() of the file that the row came from.
  [[nodiscard]] std::int32_t file_of(std::int64_t row) const;

 private:
  struct Run {
    std::int64_t row;
    std::int64_t position;
    std::int32_t file;
  };
  [[nodiscard]] const Run& run_of(std::int64_t row) const;

  std::vector<std::string> files_;
  std::vector<Counting> counting_;
  std::vector<Run> runs_;
  std::int64_t rows_ = 0;
  std::int64_t next_position_ = std::numeric_limits<std::int64_t>::min();
};

struct Table {
  std::vector<Column> columns;
  std::int64_t rows = 0;
  Origin origin;               ///< empty for a table that was not read from files
  std::int64_t rows_read = 0;  ///< rows of the files, before the filter `where`

  [[nodiscard]] const Column* find(std::string_view name) const;
  /// The column, or Error{bad_input} that names the nearest ones.
  [[nodiscard]] const Column& at(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  /// "events.csv:18", or "row 17" (from 1) where the origin is unknown.
  [[nodiscard]] std::string place(std::int64_t row) const;
};

}  // namespace footfall
