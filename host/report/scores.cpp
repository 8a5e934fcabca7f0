#include "host/report/scores.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/score/outcome.hpp"
#include "host/table/read.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr const char* remedy = "score again with this model: footfall score MODEL --out FILE";

std::vector<std::string> files_of(const std::filesystem::path& scores) {
  if (!std::filesystem::exists(scores))
    throw bad_input("there are no scores at " + scores.string(), "make them: footfall score MODEL --out FILE");
  if (!std::filesystem::is_directory(scores)) return {scores.string()};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(scores))
    if (entry.path().extension() == ".parquet") files.push_back(entry.path().string());
  if (files.empty())
    throw bad_input("the folder " + scores.string() + " holds no .parquet file", "name the file or folder that footfall score wrote");
  std::sort(files.begin(), files.end());
  return files;
}

/// The columns of a target, in the order in which they are read.
std::vector<std::string> columns_of(const HeadSpec& head) {
  std::vector<std::string> columns = {head.name, head.name + "_decile"};
  for (const std::string& name : head.classes) columns.push_back(head.name + "_" + name);
  return columns;
}

ReadRequest request_of(const std::filesystem::path& scores, const SavedModel& model) {
  ReadRequest request;
  request.files = files_of(scores);
  request.text.missing_tokens = {};
  const std::vector<std::string> there = column_names(request.files.front(), request.text);
  for (const HeadSpec& head : model.architecture.heads)
    for (const std::string& name : columns_of(head)) {
      if (std::find(there.begin(), there.end(), name) == there.end())
        throw bad_input(request.files.front() + " has no column \"" + name + "\", so it holds no scores of this model", remedy);
      request.columns.push_back(name);
      request.kinds[name] = ColumnKind::number;
    }
  for (const HeadSpec& head : model.architecture.heads)
    if (head.kind == HeadKind::classes) request.kinds[head.name] = ColumnKind::text;
  return request;
}

/// Text files hold rounded digits, so a score beside a boundary may lie on either side.
bool suits(const std::vector<double>& boundaries, double value, std::int32_t decile) {
  const double close = 1e-7 * std::max(1.0, std::abs(value));
  return decile >= decile_of(boundaries, value + close) && decile <= decile_of(boundaries, value - close);
}

void append(const Table& table, const HeadSpec& head, const std::vector<double>& boundaries, TargetScores& out) {
  const std::vector<std::string> names = columns_of(head);
  const bool is_class = head.kind == HeadKind::classes;
  std::vector<std::vector<double>> values;
  if (!is_class) values.push_back(table.at(names[0]).as_numbers());
  for (std::size_t k = 2; k < names.size(); ++k) values.push_back(table.at(names[k]).as_numbers());
  const std::vector<double> decile = table.at(names[1]).as_numbers();
  for (std::size_t r = 0; r < decile.size(); ++r) {
    std::size_t best = 0;
    for (std::size_t k = 1; k < values.size(); ++k)
      if (values[k][r] > values[best][r]) best = k;
    const double value = values[best][r];
    if (!(decile[r] >= 1.0 && decile[r] <= 10.0) || !suits(boundaries, value, static_cast<std::int32_t>(decile[r])))
      throw bad_input(fmt::format("{}: {} {} is not in tenth {} of this model, so these are scores of another one",
                                  table.place(static_cast<std::int64_t>(r)), head.name, value, decile[r]),
                      remedy);
    out.value.push_back(value);
    out.decile.push_back(static_cast<std::int32_t>(decile[r]));
    if (is_class) ++out.likeliest[best];
  }
}

}  // namespace

ScoreRecord read_scores(const std::filesystem::path& scores, const SavedModel& model) {
  ScoreRecord record;
  TableReader reader(request_of(scores, model));
  record.name = (scores / "").lexically_normal().parent_path().filename().string();
  const std::vector<HeadSpec>& heads = model.architecture.heads;
  record.targets.resize(heads.size());
  for (std::size_t h = 0; h < heads.size(); ++h) record.targets[h].likeliest.assign(heads[h].classes.size(), 0);
  while (const std::optional<Table> table = reader.next()) {
    record.customers += table->rows;
    for (std::size_t h = 0; h < heads.size(); ++h) append(*table, heads[h], model.targets[h].deciles, record.targets[h]);
  }
  return record;
}

}  // namespace footfall
