#include "tests/engine/bayes/sample_file.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace footfall::test {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) {
    std::erase_if(cell, [](char c) { return c == '"' || c == '\r'; });
    cells.push_back(cell);
  }
  return cells;
}

}  // namespace

std::optional<std::filesystem::path> bayesnets() {
  const char* data = std::getenv("FOOTFALL_DATA");
  if (data == nullptr || !std::filesystem::is_directory(std::filesystem::path(data) / "bayesnets")) return std::nullopt;
  return std::filesystem::path(data) / "bayesnets";
}

CodedTable read_sample(const std::filesystem::path& csv) {
  std::ifstream in(csv);
  std::string line;
  std::getline(in, line);
  CodedTable table;
  std::vector<std::vector<std::string>> columns;
  for (const std::string& name : cells_of(line)) {
    table.variables.push_back({name, {}});
    columns.emplace_back();
  }
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = cells_of(line);
    for (std::size_t c = 0; c < columns.size(); ++c) columns[c].push_back(cells.at(c));
  }
  table.rows = static_cast<std::int64_t>(columns.front().size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::vector<std::string>& states = table.variables[c].states;
    states = columns[c];
    std::sort(states.begin(), states.end());
    states.erase(std::unique(states.begin(), states.end()), states.end());
    for (const std::string& cell : columns[c]) table.codes.push_back(static_cast<std::uint8_t>(std::lower_bound(states.begin(), states.end(), cell) - states.begin()));
  }
  return table;
}

Structure structure_of(const CodedTable& table, const std::string& model) {
  const auto index = [&](const std::string& name) {
    for (std::int32_t v = 0; v < table.size(); ++v)
      if (table.variables[static_cast<std::size_t>(v)].name == name) return v;
    throw std::runtime_error("no variable " + name);
  };
  Structure out(table.variables.size());
  std::istringstream in(model);
  for (std::string family; std::getline(in, family, ']');) {
    family.erase(0, family.find('[') + 1);
    if (family.empty()) continue;
    const std::size_t bar = family.find('|');
    std::vector<std::int32_t>& parents = out[static_cast<std::size_t>(index(family.substr(0, bar)))];
    if (bar == std::string::npos) continue;
    std::istringstream names(family.substr(bar + 1));
    for (std::string name; std::getline(names, name, ':');) parents.push_back(index(name));
    std::sort(parents.begin(), parents.end());
  }
  return out;
}

std::string true_structure(const std::filesystem::path& folder, const std::string& name) {
  std::ifstream in(folder / "structures.txt");
  for (std::string line; std::getline(in, line);)
    if (line.rfind(name + "\t", 0) == 0) return line.substr(name.size() + 1);
  throw std::runtime_error("structures.txt lacks " + name);
}

CodedTable table_of_columns(const std::vector<std::vector<std::uint8_t>>& columns, const std::vector<std::int32_t>& states) {
  CodedTable table;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    table.variables.push_back({"v" + std::to_string(c), {}});
    for (std::int32_t s = 0; s < states[c]; ++s) table.variables.back().states.push_back(std::to_string(s));
    table.codes.insert(table.codes.end(), columns[c].begin(), columns[c].end());
  }
  table.rows = static_cast<std::int64_t>(columns.front().size());
  return table;
}

}  // namespace footfall::test
