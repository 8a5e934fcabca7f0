#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/table/table.hpp"

namespace footfall {

enum class Compression { zstd, snappy, none };

/// A column as a file shall have it.
struct OutputColumn {
  std::string name;
  ColumnType type = ColumnType::number;
  TimeResolution resolution = TimeResolution::none;  ///< timestamps: unit in the file; days are written as dates
  bool float32 = false;                              ///< numbers: as 4-byte floats
  bool ascending = false;                            ///< integers: Parquet keeps differences, no dictionary
};

struct WriteOptions {
  Compression compression = Compression::zstd;  ///< Parquet only
  std::int64_t row_group = 131072;              ///< rows of a Parquet row group: fixed, so the bytes do not depend on how chunks were cut
  std::string missing = "";                     ///< CSV: how a missing cell is written
};

/// Writes typed columns to a Parquet file, or to CSV when the name ends in .csv (.tsv: tabs; .csv.gz and .csv.zst compressed).
///
/// The file grows beside its name (`.NAME.partial-…`) and gets its name in finish(); a writer that fails or is destroyed before leaves
/// nothing. The same rows give the same bytes, however they were cut into chunks.
/// Errors: Error{failed} that names file and remedy when the disk is full; Error{bad_input} when the folder is missing or not writable.
class TableWriter {
 public:
  TableWriter(std::string file, std::vector<OutputColumn> columns, WriteOptions options = {});
  ~TableWriter();
  TableWriter(TableWriter&&) noexcept;
  TableWriter& operator=(TableWriter&&) noexcept;

  /// Appends all rows of a chunk, which has the columns of the writer by name and type (integers are taken for numbers).
  void write(const Table& chunk);
  /// Makes the file whole and gives it its name. Nothing may be written afterwards.
  void finish();
  [[nodiscard]] std::int64_t rows() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes a table as a whole, columns as they are.
void write_table(const std::string& file, const Table& table, const WriteOptions& options = {});

/// The columns of a table as a writer takes them.
[[nodiscard]] std::vector<OutputColumn> output_columns(const Table& table);

}  // namespace footfall
