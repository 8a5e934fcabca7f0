#include "host/jobs/learn_states.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "kernels/bayes/codes.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::size_t most_whole_values = 10;   ///< of a column of whole numbers that keeps them as states

bool is_text_file(const std::string& file) { return !file.ends_with(".parquet") && !file.ends_with(".pq"); }

/// What a column was seen to hold.
struct SeenColumn {
  std::string name;
  ColumnType type = ColumnType::text;
  std::map<std::string, std::int64_t> words;   ///< text and truth values
  std::vector<double> numbers;                 ///< [rows], NaN missing
  std::set<double> whole;                      ///< different values of whole numbers, while they are few

  [[nodiscard]] bool is_banded() const { return type == ColumnType::number || (type == ColumnType::integer && whole.size() > most_whole_values); }
};

void see(const Column& column, const std::string& name, SeenColumn& seen, std::int64_t rows) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const bool there = column.is_valid(r);
    if (column.type == ColumnType::number || column.type == ColumnType::integer) {
      const double value = there ? column.number_at(r) : std::numeric_limits<double>::quiet_NaN();
      seen.numbers.push_back(value);
      if (there && column.type == ColumnType::integer && seen.whole.size() <= most_whole_values) seen.whole.insert(value);
      continue;
    }
    if (!there) continue;
    ++seen.words[column.type == ColumnType::text ? std::string(column.text_at(r)) : column.show(r)];
    if (seen.words.size() > static_cast<std::size_t>(most_states))
      throw bad_input(fmt::format("column \"{}\" holds more than {} different values", name, most_states), "leave it out: --ignore " + name);
  }
}

/// A place of each row's state of the target, -1 where it is missing: the classes that entropy bands tell about.
std::vector<std::int32_t> labels_of(const SeenColumn& target, const std::vector<std::string>& files, const LearnRequest& request, const std::vector<std::string>& states) {
  std::vector<std::int32_t> labels;
  if (!target.numbers.empty()) {
    const std::optional<Cuts> cuts = cuts_of(states);
    const std::vector<double> whole(target.whole.begin(), target.whole.end());
    for (const double value : target.numbers)
      labels.push_back(std::isnan(value) ? -1 : cuts ? band_of(*cuts, value) : static_cast<std::int32_t>(std::lower_bound(whole.begin(), whole.end(), value) - whole.begin()));
    return labels;
  }
  ReadRequest again;
  again.files = files;
  again.text = request.text;
  again.columns = {target.name};
  again.kinds[target.name] = target.type == ColumnType::text ? ColumnKind::text : ColumnKind::automatic;
  TableReader reader(std::move(again));
  while (const std::optional<Table> chunk = reader.next()) {
    const Column& column = chunk->columns.front();
    for (std::int64_t r = 0; r < chunk->rows; ++r) {
      const std::string word = !column.is_valid(r) ? std::string() : column.type == ColumnType::text ? std::string(column.text_at(r)) : column.show(r);
      labels.push_back(column.is_valid(r) ? static_cast<std::int32_t>(std::lower_bound(states.begin(), states.end(), word) - states.begin()) : -1);
    }
  }
  return labels;
}

std::vector<std::string> unbanded_states(const SeenColumn& column) {
  std::vector<std::string> states;
  if (column.numbers.empty())
    for (const auto& entry : column.words) states.push_back(entry.first);
  else
    for (const double value : column.whole) states.push_back(fmt::format("{}", value));
  if (states.empty()) throw bad_input(fmt::format("column \"{}\" holds no value", column.name), "leave it out: --ignore " + column.name);
  return states;
}

Cuts cuts_for(const SeenColumn& column, Banding banding, std::int32_t bands, const std::vector<std::int32_t>& labels, std::int32_t classes) {
  if (banding == Banding::entropy) return entropy_cuts(column.numbers, labels, classes);
  return banding == Banding::width ? width_cuts(column.numbers, bands) : quantile_cuts(column.numbers, bands);
}

std::vector<SeenColumn> see_columns(const LearnRequest& request, const std::vector<std::string>& files) {
  std::vector<std::string> names = column_names(files.front(), request.text);
  for (const std::string& name : request.ignore)
    if (std::find(names.begin(), names.end(), name) == names.end()) throw bad_input(fmt::format("--ignore {}: {} has no such column", name, files.front()), suggest_names(name, names));
  std::erase_if(names, [&](const std::string& name) { return std::find(request.ignore.begin(), request.ignore.end(), name) != request.ignore.end(); });
  ReadRequest read;
  read.files = files;
  read.text = request.text;
  read.columns = names;
  const Table schema = TableReader(read).schema();
  for (const Column& column : schema.columns) {
    if (column.type == ColumnType::timestamp) throw bad_input(fmt::format("column \"{}\" holds times", column.name), "leave it out: --ignore " + column.name);
    // Truth values keep the words of the file.
    const bool text = std::all_of(files.begin(), files.end(), is_text_file);
    if (column.type == ColumnType::text || (column.type == ColumnType::boolean && text)) read.kinds[column.name] = ColumnKind::text;
  }
  TableReader reader(std::move(read));
  std::vector<SeenColumn> seen;
  for (const Column& column : reader.schema().columns) seen.push_back({column.name, column.type, {}, {}, {}});
  while (const std::optional<Table> chunk = reader.next())
    for (std::size_t c = 0; c < seen.size(); ++c) see(chunk->columns[c], seen[c].name, seen[c], chunk->rows);
  return seen;
}

}  // namespace

std::vector<Variable> learn_states(const LearnRequest& request, const std::vector<std::string>& files) {
  const std::vector<SeenColumn> columns = see_columns(request, files);
  const Banding banding = request.banding.value_or(request.target.empty() ? Banding::quantile : Banding::entropy);
  if (banding == Banding::entropy && request.target.empty()) throw bad_input("--discretise entropy cuts by what tells about a target, and none is named", "give --target COLUMN");
  std::vector<std::int32_t> labels;
  std::int32_t classes = 0;
  if (!request.target.empty()) {
    const auto target = std::find_if(columns.begin(), columns.end(), [&](const SeenColumn& c) { return c.name == request.target; });
    std::vector<std::string> names;
    for (const SeenColumn& column : columns) names.push_back(column.name);
    if (target == columns.end()) throw bad_input(fmt::format("--target {}: {} has no such column", request.target, files.front()), suggest_names(request.target, names));
    if (banding == Banding::entropy) {
      const std::vector<std::string> states = target->is_banded() ? band_names(quantile_cuts(target->numbers, request.bands)) : unbanded_states(*target);
      labels = labels_of(*target, files, request, states);
      classes = static_cast<std::int32_t>(states.size());
    }
  }
  std::vector<Variable> out;
  for (const SeenColumn& column : columns) {
    const Banding way = column.name == request.target && banding == Banding::entropy ? Banding::quantile : banding;
    out.push_back({column.name, column.is_banded() ? band_names(cuts_for(column, way, request.bands, labels, classes)) : unbanded_states(column)});
  }
  return out;
}

}  // namespace footfall
