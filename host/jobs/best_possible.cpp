#include "host/jobs/best_possible.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "engine/metrics/figures.hpp"
#include "host/table/read.hpp"

namespace footfall {
namespace {

constexpr const char* truth_target = "purchase";
constexpr std::int64_t truth_horizon = 30 * microseconds_per_day;

/// The target that true_probability speaks of, -1 where the job has none.
std::int64_t purchase_target(const Job& job) {
  for (std::size_t h = 0; h < job.targets.size(); ++h) {
    const TargetSpec& target = job.targets[h];
    if (target.name == truth_target && target.kind == TargetKind::happens && target.event == truth_target && !target.horizon.steps &&
        target.horizon.amount == truth_horizon)
      return static_cast<std::int64_t>(h);
  }
  return -1;
}

bool holds_truth(const std::string& file, const std::string& customer) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return false;
  const std::vector<std::string> names = column_names(file);
  const auto has = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  return has(customer) && has("true_probability") && has("cutoff");
}

std::optional<std::string> truth_file(const Job& job) {
  std::vector<std::filesystem::path> folders = {std::filesystem::path(job.source).parent_path()};
  if (!job.events->table.files.empty())
    folders.push_back(std::filesystem::path(job.events->table.files.front()).parent_path().parent_path());
  for (const std::filesystem::path& folder : folders)
    if (const std::string file = (folder / "truth.parquet").string(); holds_truth(file, job.events->customer)) return file;
  return std::nullopt;
}

/// Probabilities by customer; empty where they are of another moment.
std::unordered_map<std::int64_t, double> read_truth(const std::string& file, const std::string& customer, std::int64_t cutoff) {
  ReadRequest request;
  request.files = {file};
  request.columns = {customer, "true_probability", "cutoff"};
  request.kinds = {{customer, ColumnKind::integer}, {"true_probability", ColumnKind::number}, {"cutoff", ColumnKind::time}};
  const Table table = read_table(request);
  std::unordered_map<std::int64_t, double> truth;
  truth.reserve(static_cast<std::size_t>(table.rows));
  for (std::size_t row = 0; row < static_cast<std::size_t>(table.rows); ++row) {
    if (table.columns[2].integers[row] != cutoff) return {};
    truth.emplace(table.columns[0].integers[row], table.columns[1].numbers[row]);
  }
  return truth;
}

}  // namespace

std::optional<double> best_auroc(const Job& job, const CustomerIds& ids, const Prepared& prepared, const std::vector<TestedFold>& folds) {
  if (!job.events || ids.text || folds.empty()) return std::nullopt;
  const std::int64_t target = purchase_target(job);
  const std::optional<std::string> file = target < 0 ? std::nullopt : truth_file(job);
  if (!file) return std::nullopt;
  const std::unordered_map<std::int64_t, double> truth = read_truth(*file, job.events->customer, prepared.cutoff);
  const std::vector<float>& labels = prepared.labels[static_cast<std::size_t>(target)];
  double sum = 0.0;
  for (const TestedFold& fold : folds) {
    std::vector<double> probability, label;
    for (const std::int64_t row : fold.predictions.rows) {
      const auto example = static_cast<std::size_t>(row);
      if (std::isnan(labels[example])) continue;
      const auto found = truth.find(ids.numbers[static_cast<std::size_t>(prepared.table.keys[example].customer)]);
      if (found == truth.end() || prepared.table.keys[example].cutoff != prepared.cutoff) return std::nullopt;
      probability.push_back(found->second);
      label.push_back(labels[example]);
    }
    sum += auroc(probability, label);
  }
  return sum / static_cast<double>(folds.size());
}

void add_best_auroc(nlohmann::ordered_json& figures, const Job& job, const CustomerIds& ids, const Prepared& prepared,
                    const std::vector<TestedFold>& folds) {
  if (const std::optional<double> best = best_auroc(job, ids, prepared, folds)) figures[truth_target]["best_auroc"] = *best;
}

}  // namespace footfall
