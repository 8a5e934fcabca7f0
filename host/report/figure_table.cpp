#include "host/report/figure_table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/report/html.hpp"
#include "host/report/number_text.hpp"
#include "host/report/words.hpp"

namespace footfall {
namespace {

enum class Better { higher, lower };

struct FigureName {
  const char* key;
  const char* title;
  const char* meaning;
  Better better;
  Unit unit = Unit::number;
};

constexpr FigureName names[] = {
    {"auroc", "AUROC", "ranking: 0.5 is chance, 1 is perfect", Better::higher},
    {"auprc", "Average precision", "ranking, with weight on the top", Better::higher},
    {"lift_at_10", "Lift of the top tenth", "times as many as in a random tenth", Better::higher},
    {"log_loss", "Log loss", "how far probabilities are off, in nats", Better::lower},
    {"brier", "Brier score", "mean squared error of the probability", Better::lower},
    {"calibration_error", "Calibration error", "mean distance of predicted and actual rates", Better::lower, Unit::percent},
    {"accuracy", "Accuracy", "right, calling everybody above 50 % (or the likeliest class)", Better::higher, Unit::percent},
    {"precision", "Precision at 50 %", "of those called positive, how many are", Better::higher, Unit::percent},
    {"recall", "Recall at 50 %", "of the positives, how many are called so", Better::higher, Unit::percent},
    {"f1", "F1 at 50 %", "precision and recall in one", Better::higher},
    {"macro_f1", "Macro F1", "F1, each class weighing the same", Better::higher},
    {"spearman", "Rank correlation", "Spearman: 0 no relation, 1 the same order", Better::higher},
    {"mae", "Mean absolute error", "how far off on average", Better::lower},
    {"rmse", "Root mean squared error", "the same with weight on large errors", Better::lower},
    {"r2", "R\u00b2", "share of the spread explained; below 0: worse than the mean", Better::higher},
};

/// Index of the best of some values, NaN left out; none when all that are known are equal.
std::ptrdiff_t best_of(const std::vector<double>& values, Better better) {
  std::ptrdiff_t best = -1;
  bool differ = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    if (best < 0) {
      best = static_cast<std::ptrdiff_t>(i);
      continue;
    }
    const double there = values[static_cast<std::size_t>(best)];
    differ = differ || values[i] != there;
    if (better == Better::higher ? values[i] > there : values[i] < there) best = static_cast<std::ptrdiff_t>(i);
  }
  return differ ? best : -1;
}

}  // namespace

std::string html(const std::vector<Tile>& tiles) {
  std::string out = "<div class=\"tiles\">\n";
  for (const Tile& tile : tiles) {
    out += fmt::format("<div class=\"tile\"><p class=\"name\">{}</p><p class=\"big\">{}</p><p>{}</p>", tile.name, tile.big, tile.text);
    if (!tile.beside.empty()) out += "<p class=\"beside\">" + tile.beside + "</p>";
    out += "</div>\n";
  }
  return out + "</div>\n";
}

std::string beside(const FitRecord& record, std::size_t target, const std::string& figure) {
  const HeadSpec& head = record.model.architecture.heads[target];
  const auto* known = std::find_if(std::begin(names), std::end(names), [&](const FigureName& f) { return figure == f.key; });
  std::string out;
  for (const std::string& name : baselines_of(record, head.name)) {
    const double value = baseline_metric(record, head.name, name, figure);
    if (std::isnan(value)) continue;
    out += (out.empty() ? "" : " \u00b7 ") + escape(baseline_title(name, head.kind)) + "\u00a0" +
           value_text(value, known == std::end(names) ? Unit::number : known->unit);
  }
  return out;
}

std::string figure_table(const FitRecord& record, std::size_t target) {
  const HeadSpec& head = record.model.architecture.heads[target];
  const bool tested = record.metrics.contains("test");
  const std::vector<std::string> baselines = tested ? baselines_of(record, head.name) : std::vector<std::string>();
  HtmlTable table;
  table.head = {"Figure", tested ? "Model" : "Model, on the customers it learned from"};
  for (const std::string& name : baselines) table.head.push_back(escape(baseline_title(name, head.kind)));
  if (tested) table.head.emplace_back("Model, on the customers it learned from");
  for (const FigureName& figure : names) {
    const double model = metric(record, tested ? "test" : "train", head.name, figure.key);
    if (std::isnan(model)) continue;
    std::vector<double> values = {model};
    for (const std::string& name : baselines) values.push_back(baseline_metric(record, head.name, name, figure.key));
    const std::ptrdiff_t best = best_of(values, figure.better);
    std::vector<std::string> row = {fmt::format("{}<br/><small>{}{}</small>", figure.title, figure.meaning,
                                                figure.better == Better::higher ? "; higher is better" : "; lower is better")};
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::string cell = std::isnan(values[i]) ? "\u2013" : value_text(values[i], figure.unit);
      if (static_cast<std::ptrdiff_t>(i) == best) cell = "<b>" + cell + "</b>";
      const double spread = i == 0 ? deviation(record, "test", head.name, figure.key) : std::nan("");
      if (!std::isnan(spread)) cell += "<br/><small>\u00b1\u00a0" + value_text(spread, figure.unit) + "</small>";
      row.push_back(cell);
    }
    if (tested) {
      const double learned = metric(record, "train", head.name, figure.key);
      row.push_back(std::isnan(learned) ? "\u2013" : value_text(learned, figure.unit));
    }
    table.rows.push_back(std::move(row));
  }
  const double possible = metric(record, "test", head.name, "best_auroc");
  if (!std::isnan(possible)) {
    std::vector<std::string> row = {"Best possible AUROC<br/><small>from the simulated shop's own probabilities</small>",
                                    figure_text(possible)};
    row.resize(table.head.size());
    table.rows.push_back(std::move(row));
  }
  return html(table);
}

}  // namespace footfall
