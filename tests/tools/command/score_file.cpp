#include "tests/tools/command/score_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include "host/table/read.hpp"

namespace footfall::test {
namespace {

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char letter : line) {
    if (letter == ',') {
      cells.emplace_back();
    } else {
      cells.back() += letter;
    }
  }
  return cells;
}

std::string cell_text(const Column& column, std::int64_t row) {
  if (column.type != ColumnType::number) return column.show(row);
  const double value = column.number_at(row);
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

}  // namespace

std::vector<double> ScoreFile::numbers(const std::string& column) const {
  std::vector<double> out;
  for (const std::string& cell : cells.at(column)) out.push_back(cell.empty() ? std::nan("") : std::strtod(cell.c_str(), nullptr));
  return out;
}

void ScoreFile::append(const ScoreFile& more) {
  if (columns.empty()) columns = more.columns;
  for (const auto& [name, values] : more.cells) cells[name].insert(cells[name].end(), values.begin(), values.end());
}

ScoreFile read_csv(const std::filesystem::path& file) {
  std::ifstream in(file);
  ScoreFile out;
  std::string line;
  std::getline(in, line);
  out.columns = split(line);
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = split(line);
    for (std::size_t c = 0; c < out.columns.size(); ++c) out.cells[out.columns[c]].push_back(cells.at(c));
  }
  return out;
}

ScoreFile read_parquet(const std::filesystem::path& file) {
  ReadRequest request;
  request.files = {file.string()};
  const Table table = read_table(request);
  ScoreFile out;
  out.columns = table.names();
  for (const Column& column : table.columns)
    for (std::int64_t row = 0; row < table.rows; ++row) out.cells[column.name].push_back(cell_text(column, row));
  return out;
}

ScoreFile read_shards(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".parquet") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ScoreFile out;
  for (const std::filesystem::path& file : files) out.append(read_parquet(file));
  return out;
}

}  // namespace footfall::test
