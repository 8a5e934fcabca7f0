#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "host/report/figure_table.hpp"
#include "host/report/svg_chart.hpp"
#include "host/report/target_section.hpp"
#include "host/report/words.hpp"

namespace footfall {
namespace {

constexpr std::size_t most_bars = 10;  // classes whose names find room below a chart

/// Counts [classes, classes], rows true, columns predicted.
using Matrix = std::vector<std::vector<std::int64_t>>;

Matrix confusion_of(const FitRecord& record, const std::string& target) {
  const char* part = record.metrics.contains("test") ? "test" : "train";
  if (!record.metrics.contains(part) || !record.metrics.at(part).contains(target) ||
      !record.metrics.at(part).at(target).contains("confusion"))
    return {};
  return record.metrics.at(part).at(target).at("confusion").get<Matrix>();
}

Matrix confusion_of(const std::vector<double>& label, const std::vector<double>& prediction, std::size_t classes) {
  Matrix matrix(classes, std::vector<std::int64_t>(classes));
  for (std::size_t i = 0; i < label.size(); ++i) {
    const auto is = static_cast<std::size_t>(label[i]), said = static_cast<std::size_t>(prediction[i]);
    if (is < classes && said < classes) ++matrix[is][said];
  }
  return matrix;
}

std::int64_t total(const std::vector<std::int64_t>& row) { return std::accumulate(row.begin(), row.end(), std::int64_t{0}); }

std::string confusion_table(const Matrix& matrix, const std::vector<std::string>& classes) {
  std::string out =
      "<div class=\"scroll\"><table class=\"confusion\"><caption>Rows: what customers are. Columns: what the model says. The stronger the "
      "colour, the larger the share of the row.</caption><thead><tr><th></th>";
  for (const std::string& name : classes) out += "<th scope=\"col\">" + escape(name) + "</th>";
  out += "<th scope=\"col\">right</th></tr></thead><tbody>\n";
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const auto all = static_cast<double>(std::max<std::int64_t>(total(matrix[k]), 1));
    out += "<tr><th scope=\"row\">" + escape(classes[k]) + "</th>";
    for (const std::int64_t n : matrix[k])
      out += fmt::format("<td class=\"heat\" style=\"--share:{:.3f}\">{}<br/><small>{}</small></td>", 0.6 * static_cast<double>(n) / all,
                         count_text(n), percent_text(static_cast<double>(n) / all));
    out += "<td>" + percent_text(static_cast<double>(matrix[k][k]) / all) + "</td></tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

/// The classes with the most customers, in the order of the model.
std::vector<std::size_t> largest(const Matrix& matrix) {
  std::vector<std::size_t> order(matrix.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return total(matrix[a]) > total(matrix[b]); });
  order.resize(std::min(order.size(), most_bars));
  std::sort(order.begin(), order.end());
  return order;
}

std::vector<double> found(const Matrix& matrix, const std::vector<std::size_t>& classes) {
  std::vector<double> shares;
  for (const std::size_t k : classes) {
    const auto all = static_cast<double>(total(matrix[k]));
    shares.push_back(all > 0.0 ? static_cast<double>(matrix[k][k]) / all : std::nan(""));
  }
  return shares;
}

std::string found_figure(const Matrix& matrix, const TestedTarget& tested, const std::vector<std::string>& classes) {
  const std::vector<std::size_t> shown = largest(matrix);
  BarChart chart{"Found, by class", "class", {"share of its customers named rightly", Unit::percent, 0.0, 1.0, {}}, {}, {}};
  for (const std::size_t k : shown) chart.groups.push_back(classes[k]);
  chart.series.push_back({"Model", "model", found(matrix, shown)});
  for (const auto& [name, prediction] : tested.baselines)
    chart.series.push_back(
        {baseline_title(name, HeadKind::classes), name, found(confusion_of(tested.label, prediction, classes.size()), shown)});
  std::string reading = "Of the customers of each class, how many are named rightly. The constant names the commonest class for all.";
  if (shown.size() < classes.size())
    reading += fmt::format(" Shown are the {} classes with the most customers, of {}.", shown.size(), classes.size());
  return figure_html(chart, reading);
}

std::string sizes_figure(const Matrix& matrix, const std::vector<std::string>& classes) {
  const std::vector<std::size_t> shown = largest(matrix);
  BarChart chart{"Named and actual, by class", "class", {"customers", Unit::count, {}, {}, {}}, {}, {}};
  BarSeries named{"named by the model", "model", {}}, actual{"actual", "second", {}};
  for (const std::size_t k : shown) {
    chart.groups.push_back(classes[k]);
    double said = 0.0;
    for (const std::vector<std::int64_t>& row : matrix) said += static_cast<double>(row[k]);
    named.values.push_back(said);
    actual.values.push_back(static_cast<double>(total(matrix[k])));
  }
  chart.series = {std::move(named), std::move(actual)};
  return figure_html(chart, "How many customers the model names for a class, and how many are of it.");
}

}  // namespace

std::string class_tiles(const FitRecord& record, std::size_t target) {
  const std::string& name = record.model.architecture.heads[target].name;
  const char* part = record.metrics.contains("test") ? "test" : "train";
  const Matrix matrix = confusion_of(record, name);
  std::int64_t all = 0, most = 0;
  std::size_t commonest = 0;
  for (std::size_t k = 0; k < matrix.size(); ++k) {
    const std::int64_t n = total(matrix[k]);
    all += n;
    if (n > most) {
      most = n;
      commonest = k;
    }
  }
  std::vector<Tile> tiles = {
      {"How often it is right (accuracy)", percent_text(metric(record, part, name, "accuracy")),
       "of the customers are given the right class.", beside(record, target, "accuracy")},
      {"Every class counted alike", figure_text(metric(record, part, name, "macro_f1")),
       "Macro F1: precision and recall in one, averaged over the classes. 1 is perfect.", beside(record, target, "macro_f1")},
      {"How honest its probabilities are", figure_text(metric(record, part, name, "log_loss")),
       "Log loss in nats: 0 is certain and right; lower is better.", beside(record, target, "log_loss")}};
  if (all > 0)
    tiles.push_back({"The commonest class", percent_text(static_cast<double>(most) / static_cast<double>(all)),
                     in_quotes(record.model.architecture.heads[target].classes[commonest]) +
                         fmt::format(": {} of {} customers.", count_text(most), count_text(all)),
                     ""});
  return html(tiles);
}

std::string class_charts(const FitRecord& record, std::size_t target) {
  const HeadSpec& head = record.model.architecture.heads[target];
  const Matrix matrix = confusion_of(record, head.name);
  if (record.tested.empty() || record.tested[target].label.empty() || matrix.size() != head.classes.size()) return {};
  return "<h3>Which classes are taken for which</h3>\n" + confusion_table(matrix, head.classes) + "<div class=\"charts\">\n" +
         found_figure(matrix, record.tested[target], head.classes) + sizes_figure(matrix, head.classes) + "</div>\n";
}

}  // namespace footfall
