#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace footfall::test {

/// A scores file as text cells, by columns; numbers of a Parquet file are printed so that they read back as the same number.
struct ScoreFile {
  std::vector<std::string> columns;
  std::map<std::string, std::vector<std::string>> cells;

  [[nodiscard]] std::size_t rows() const { return columns.empty() ? 0 : cells.at(columns.front()).size(); }
  [[nodiscard]] const std::vector<std::string>& text(const std::string& column) const { return cells.at(column); }
  [[nodiscard]] std::vector<double> numbers(const std::string& column) const;
  void append(const ScoreFile& more);
};

/// Reads a CSV file without quotes by plain splitting.
[[nodiscard]] ScoreFile read_csv(const std::filesystem::path& file);
[[nodiscard]] ScoreFile read_parquet(const std::filesystem::path& file);
/// The Parquet files of a folder, one after another in the order of their names.
[[nodiscard]] ScoreFile read_shards(const std::filesystem::path& folder);

}  // namespace footfall::test
