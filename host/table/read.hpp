#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/table/table.hpp"

namespace footfall {

/// What a column is read as, whatever the file calls it.
enum class ColumnKind {
  automatic,  ///< Parquet: its own type; text files: integer, number, boolean (true/false in any case), else text, seen over all files
  number,     ///< type number; anything else in a cell is an error with its place
  integer,    ///< type integer; whole numbers written as floats (17850.0) are read, anything else is an error with its place
  text,       ///< type text, cells as written
  id,         ///< type integer where every cell is a whole number (17850.0 is one), else text
  time,       ///< type timestamp; or integer where the cells are step numbers. See read.hpp's text on times
};

/// How text files are written. Quotes ("a, ""b""") are understood, blanks around names and cells are trimmed, blank lines skipped.
struct TextOptions {
  std::vector<std::string> header;                       ///< names, only for files without a header line
  char delimiter = 0;                                    ///< 0: tab for .tsv, else comma
  std::vector<std::string> missing_tokens = {"", "NA"};  ///< exactly these cells are missing (in Parquet's text columns too)
};

/// Times (ColumnKind::time). Parquet's timestamps and dates; text as ISO 8601 (2011-09-10, 2011-09-10T08:26, 2011-09-10 08:26:00.5+02:00);
/// text of a `time_format` of strptime; whole numbers: by the largest magnitude m of the column, steps where m < 1e8, else seconds
/// (m < 1e11), milliseconds (m < 1e14), microseconds (m < 1e17) or nanoseconds since 1970. No zone means UTC.
struct ReadRequest {
  std::vector<std::string> files;  ///< in order; each Parquet (.parquet, .pq or by its first bytes) or text (also .gz and .zst)
  TextOptions text;
  std::vector<std::string> columns;                 ///< names wanted, in this order; empty: all
  std::map<std::string, ColumnKind> kinds;          ///< columns that are not here are automatic
  std::map<std::string, std::string> time_formats;  ///< column of kind time -> its strptime format
  std::string where;  ///< expression (expression.hpp) that says which rows are kept; applied before every other check
  std::vector<std::pair<std::string, std::string>> derived;  ///< further numeric columns: name, expression. They come after `columns`
  bool allow_no_rows = false;                                ///< otherwise an error when nothing is left to read
};

/// Replaces patterns (* ? [abc], in any part of the path) by the files that match them, sorted inside a pattern; patterns keep their order.
/// Relative ones are taken from `base`. Error{bad_input} when a file is missing or a pattern matches nothing. A file named twice is taken
/// once.
[[nodiscard]] std::vector<std::string> expand_files(const std::vector<std::string>& patterns, const std::filesystem::path& base);

/// Column names of a file, in its order.
[[nodiscard]] std::vector<std::string> column_names(const std::string& file, const TextOptions& text = {});

/// What is known of a file before it is read: its bytes and, of a Parquet file, its rows (else -1).
struct FileSize {
  std::int64_t bytes = 0, rows = -1;
};
[[nodiscard]] std::vector<FileSize> file_sizes(const std::vector<std::string>& files, const TextOptions& text);

/// Reads everything into memory. Errors name the file and the line or row, the cause and the remedy.
[[nodiscard]] Table read_table(const ReadRequest& request);

struct TextMemories;

/// A part of the files that can be read by itself: row groups of a Parquet file that follow each other, or a whole text file.
struct ReadTask {
  std::size_t file = 0;                         ///< index into the request's files
  std::int32_t first_group = 0, end_group = 0;  ///< equal: the whole file
  std::int64_t rows = -1;                       ///< of the file, before the filter; -1: only reading tells
};

/// Reads the same rows in chunks of at most `chunk_rows`, in order, over all files. Types are those of the whole set of files: text files
/// whose columns are automatic, id or time are therefore read twice. Text dictionaries are the chunk's own.
class TableReader {
 public:
  explicit TableReader(ReadRequest request, std::int64_t chunk_rows = 131072);
  ~TableReader();
  TableReader(TableReader&&) noexcept;
  TableReader& operator=(TableReader&&) noexcept;

  /// The next chunk (never empty), or nothing at the end.
  [[nodiscard]] std::optional<Table> next();
  /// Name, type and resolution of every column that next() will give, without rows.
  [[nodiscard]] const Table& schema() const;
  /// All rows cut into tasks, in the order of (list of files, row): groups of a Parquet file are put together up to `rows` rows.
  [[nodiscard]] std::vector<ReadTask> tasks(std::int64_t rows) const;
  /// A reader of one task with the types of the whole set; it holds nothing of this one. May be called from several threads. It has no
  /// complaint about files without rows.
  /// The columns of text that `memories` names have their codes from there, and leave their own dictionaries empty.
  [[nodiscard]] TableReader part(const ReadTask& task, std::int64_t chunk_rows, TextMemories* memories = nullptr) const;
  /// The complaint about files that together hold no row, or none that the filter keeps; nothing when `rows_kept` > 0.
  void check_rows(std::int64_t rows_kept, std::int64_t rows_read) const;
  /// Rows of the files so far, before the filter.
  [[nodiscard]] std::int64_t rows_read() const;
  /// The number of bytes of all files, and how many of them are behind us: for progress.
  [[nodiscard]] std::int64_t bytes_total() const;
  [[nodiscard]] std::int64_t bytes_done() const;

 private:
  struct State;
  explicit TableReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace footfall
