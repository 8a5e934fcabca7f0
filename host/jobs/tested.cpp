#include "host/jobs/tested.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "host/table/write.hpp"

namespace footfall {
namespace {

/// Predictions and labels of a target where the label is known.
struct Known {
  std::vector<double> prediction, label;

  void append(const Known& more) {
    prediction.insert(prediction.end(), more.prediction.begin(), more.prediction.end());
    label.insert(label.end(), more.label.begin(), more.label.end());
  }
};

Known known_of(const HeadSpec& head, const Outcome& outcome, const std::vector<std::int64_t>& rows, const std::vector<float>& labels) {
  Known out;
  const auto classes = static_cast<std::size_t>(head.outputs());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const float label = labels[static_cast<std::size_t>(rows[i])];
    if (std::isnan(label)) continue;
    out.label.push_back(label);
    if (head.kind != HeadKind::classes) {
      out.prediction.push_back(outcome.prediction[i]);
      continue;
    }
    const auto from = outcome.probabilities.begin() + static_cast<std::ptrdiff_t>(i * classes);
    out.prediction.insert(out.prediction.end(), from, from + static_cast<std::ptrdiff_t>(classes));
  }
  return out;
}

Figures figures_of(const HeadSpec& head, const Known& known) {
  if (head.kind == HeadKind::binary) return binary_figures(known.prediction, known.label);
  if (head.kind == HeadKind::number) return number_figures(known.prediction, known.label);
  return class_figures(known.prediction, known.label, head.outputs());
}

/// `outcome_of_fold(fold, target)` is null where there is none.
template <class OutcomeOfFold>
std::vector<JudgedTarget> judge_with(const std::vector<HeadSpec>& heads, const std::vector<std::vector<float>>& labels, const std::vector<TestedFold>& folds,
                                     const OutcomeOfFold& outcome_of_fold) {
  std::vector<JudgedTarget> out;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    std::vector<Figures> figures;
    Known pooled;
    for (const TestedFold& fold : folds) {
      const Outcome* outcome = outcome_of_fold(fold, h);
      if (outcome == nullptr || outcome->prediction.empty()) continue;
      const Known known = known_of(heads[h], *outcome, fold.predictions.rows, labels[h]);
      figures.push_back(figures_of(heads[h], known));
      pooled.append(known);
    }
    if (figures.empty()) continue;
    JudgedTarget judged{heads[h].name, over_folds(figures), {}};
    if (heads[h].kind == HeadKind::binary)
      for (auto& [name, value] : judged.figures.mean)
        if (name == "calibration_error") value = calibration_error(pooled.prediction, pooled.label);
    std::erase_if(judged.figures.deviation, [](const auto& entry) { return entry.first == "calibration_error"; });
    if (heads[h].kind == HeadKind::classes) judged.confusion = confusion(pooled.prediction, pooled.label, heads[h].outputs());
    out.push_back(std::move(judged));
  }
  return out;
}

}  // namespace

std::vector<JudgedTarget> judge(const std::vector<HeadSpec>& heads, const std::vector<std::vector<float>>& labels, const std::vector<TestedFold>& folds) {
  return judge_with(heads, labels, folds, [](const TestedFold& fold, std::size_t h) { return &fold.predictions.outcomes[h]; });
}

std::vector<JudgedTarget> judge_baseline(const std::string& baseline, const std::vector<HeadSpec>& heads, const std::vector<std::vector<float>>& labels,
                                         const std::vector<TestedFold>& folds) {
  return judge_with(heads, labels, folds, [&](const TestedFold& fold, std::size_t h) -> const Outcome* {
    for (const auto& [name, outcomes] : fold.baselines)
      if (name == baseline) return &outcomes[h];
    return nullptr;
  });
}

nlohmann::ordered_json figures_json(const std::vector<JudgedTarget>& targets) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const JudgedTarget& target : targets) {
    nlohmann::ordered_json& here = out[target.name];
    for (const auto& [name, value] : target.figures.mean) {
      if (name == "n" || name == "positives") {
        here[name] = static_cast<std::int64_t>(value);
      } else {
        here[name] = value;
      }
    }
    if (!target.confusion.empty()) {
      const auto classes = static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(target.confusion.size()))));
      for (std::size_t k = 0; k < classes; ++k)
        here["confusion"].push_back(std::vector<std::int64_t>(target.confusion.begin() + static_cast<std::ptrdiff_t>(k * classes),
                                                              target.confusion.begin() + static_cast<std::ptrdiff_t>((k + 1) * classes)));
    }
    if (target.figures.deviation.empty()) continue;
    for (const auto& [name, value] : target.figures.deviation) here["standard_deviation"][name] = value;
  }
  return out;
}

namespace {

std::vector<std::string> baseline_names(const std::vector<TestedFold>& folds) {
  std::vector<std::string> names;
  for (const TestedFold& fold : folds)
    for (const auto& baseline : fold.baselines)
      if (std::find(names.begin(), names.end(), baseline.first) == names.end()) names.push_back(baseline.first);
  return names;
}

/// A baseline's predictions of a target for the rows of a fold whose label is known; missing where it has none.
Column baseline_column(const std::string& name, const HeadSpec& head, std::size_t h, const TestedFold& fold, const Prepared& prepared) {
  Column column;
  column.name = name;
  const Outcome* outcome = nullptr;
  for (const auto& [key, outcomes] : fold.baselines)
    if (key == name) outcome = &outcomes[h];
  for (std::size_t i = 0; i < fold.predictions.rows.size(); ++i) {
    if (std::isnan(prepared.labels[h][static_cast<std::size_t>(fold.predictions.rows[i])])) continue;
    const bool known = outcome != nullptr && !outcome->prediction.empty();
    column.valid.push_back(known ? 1 : 0);
    column.numbers.push_back(!known ? std::nan("") : head.kind == HeadKind::classes ? outcome->likeliest[i] : outcome->prediction[i]);
  }
  return column;
}

}  // namespace

void write_test_predictions(const std::filesystem::path& file, const CustomerIds& ids, const std::vector<HeadSpec>& heads, const Prepared& prepared,
                            const std::vector<TestedFold>& folds) {
  const bool has_classes = std::any_of(heads.begin(), heads.end(), [](const HeadSpec& h) { return h.kind == HeadKind::classes; });
  std::vector<OutputColumn> columns = {{"customer", ids.text ? ColumnType::text : ColumnType::integer}, {"fold", ColumnType::integer},
                                       {"target", ColumnType::text},                                    {"label", ColumnType::number},
                                       {"prediction", ColumnType::number}};
  if (has_classes) columns.push_back({"probability", ColumnType::number});
  const std::vector<std::string> baselines = baseline_names(folds);
  for (const std::string& name : baselines) columns.push_back({name, ColumnType::number});
  TableWriter writer(file.string(), columns);
  for (const TestedFold& fold : folds)
    for (std::size_t h = 0; h < heads.size(); ++h) {
      const Outcome& outcome = fold.predictions.outcomes[h];
      Table table;
      Column customer, number, target, label, prediction, probability;
      customer.name = "customer";
      customer.type = ids.text ? ColumnType::text : ColumnType::integer;
      number.name = "fold";
      number.type = ColumnType::integer;
      target.name = "target";
      target.type = ColumnType::text;
      target.dictionary = {heads[h].name};
      label.name = "label";
      prediction.name = "prediction";
      probability.name = "probability";
      for (std::size_t i = 0; i < fold.predictions.rows.size(); ++i) {
        const auto row = static_cast<std::size_t>(fold.predictions.rows[i]);
        const float y = prepared.labels[h][row];
        if (std::isnan(y)) continue;
        const auto who = static_cast<std::size_t>(prepared.table.keys[row].customer);
        if (ids.text) {
          customer.codes.push_back(static_cast<std::int32_t>(customer.dictionary.size()));
          customer.dictionary.push_back(ids.names[who]);
        } else {
          customer.integers.push_back(ids.numbers[who]);
        }
        number.integers.push_back(fold.fold);
        target.codes.push_back(0);
        label.numbers.push_back(y);
        const bool is_class = heads[h].kind == HeadKind::classes;
        prediction.numbers.push_back(is_class ? outcome.likeliest[i] : outcome.prediction[i]);
        if (has_classes)
          probability.numbers.push_back(is_class ? outcome.probabilities[i * heads[h].classes.size() + static_cast<std::size_t>(y)] : outcome.prediction[i]);
      }
      table.rows = static_cast<std::int64_t>(label.numbers.size());
      table.columns = {customer, number, target, label, prediction};
      if (has_classes) table.columns.push_back(probability);
      for (const std::string& name : baselines) table.columns.push_back(baseline_column(name, heads[h], h, fold, prepared));
      writer.write(table);
    }
  writer.finish();
}

}  // namespace footfall
