#include "host/report/record.hpp"

#include <cmath>
#include <cstdlib>
#include <sstream>

#include "host/table/atomic_file.hpp"
#include "host/table/cell.hpp"
#include "host/table/read.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr const char* remedy = "fit the model again";

nlohmann::ordered_json read_metrics(const std::filesystem::path& file) {
  try {
    return nlohmann::ordered_json::parse(read_file(file));
  } catch (const nlohmann::json::exception& problem) {
    throw bad_input(file.string() + " is damaged: " + problem.what(), remedy);
  }
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  if (!line.empty() && line.back() == ',') cells.emplace_back();
  return cells;
}

/// The columns are known by their places, for the names of targets may hold anything: fit, epoch, learning_rate, seconds, then two a
/// target.
std::vector<HistoryLine> read_history(const std::filesystem::path& file, std::size_t targets) {
  std::vector<HistoryLine> history;
  std::istringstream in(read_file(file));
  std::string line;
  std::getline(in, line);
  for (std::int64_t number = 2; std::getline(in, line); ++number) {
    const std::vector<std::string> cells = cells_of(line);
    const auto wrong = [&] { return bad_input(file.string() + ":" + std::to_string(number) + ": this is no line of a history", remedy); };
    if (cells.size() != 4 + 2 * targets) throw wrong();
    const auto value = [&](std::size_t i) {
      if (cells[i].empty()) return std::nan("");
      const std::optional<double> read = parse_number(cells[i]);
      if (!read) throw wrong();
      return *read;
    };
    HistoryLine entry{cells[0], std::llround(value(1)), value(3), {}, {}};
    for (std::size_t t = 0; t < targets; ++t) {
      entry.training.push_back(value(4 + 2 * t));
      entry.validation.push_back(value(5 + 2 * t));
    }
    history.push_back(std::move(entry));
  }
  return history;
}

std::vector<double> rows_of(const std::vector<double>& values, const std::vector<std::size_t>& rows) {
  std::vector<double> out;
  out.reserve(rows.size());
  for (const std::size_t row : rows) out.push_back(values[row]);
  return out;
}

bool all_known(const std::vector<double>& values) {
  for (const double v : values)
    if (std::isnan(v)) return false;
  return !values.empty();
}

std::vector<TestedTarget> read_tested(const std::filesystem::path& file, const std::vector<HeadSpec>& heads) {
  ReadRequest request;
  request.files = {file.string()};
  request.text.missing_tokens = {};
  request.allow_no_rows = true;
  request.kinds = {{"target", ColumnKind::text}};
  const Table table = read_table(request);
  const Column& target = table.at("target");
  const std::vector<double> label = table.at("label").as_numbers(), prediction = table.at("prediction").as_numbers();
  std::vector<std::vector<std::size_t>> rows(heads.size());
  for (std::int64_t r = 0; r < table.rows; ++r)
    for (std::size_t h = 0; h < heads.size(); ++h)
      if (target.text_at(r) == heads[h].name) rows[h].push_back(static_cast<std::size_t>(r));
  std::vector<TestedTarget> out;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    TestedTarget tested{rows_of(label, rows[h]), rows_of(prediction, rows[h]), {}};
    for (const char* name : {"logistic", "recency", "constant"}) {
      const Column* column = table.find(name);
      if (column == nullptr) continue;
      std::vector<double> values = rows_of(column->as_numbers(), rows[h]);
      if (all_known(values)) tested.baselines.emplace_back(name, std::move(values));
    }
    out.push_back(std::move(tested));
  }
  return out;
}

}  // namespace

FitRecord read_record(const std::filesystem::path& folder) {
  FitRecord record;
  record.model = load_model(folder);
  const std::filesystem::path clean = (folder / "").lexically_normal().parent_path();
  record.folder = clean.filename().string();
  if (record.folder.empty() || record.folder == "." || record.folder == "..")
    record.folder = std::filesystem::absolute(clean).lexically_normal().filename().string();
  record.metrics = read_metrics(folder / "metrics.json");
  const std::vector<HeadSpec>& heads = record.model.architecture.heads;
  if (std::filesystem::exists(folder / "test_predictions.parquet")) record.tested = read_tested(folder / "test_predictions.parquet", heads);
  record.history = read_history(folder / "history.csv", heads.size());
  return record;
}

}  // namespace footfall
