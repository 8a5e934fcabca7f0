#include <cmath>

#include <fmt/format.h>

#include "engine/metrics/curves.hpp"
#include "host/report/figure_table.hpp"
#include "host/report/svg_chart.hpp"
#include "host/report/target_section.hpp"
#include "host/report/words.hpp"

namespace footfall {
namespace {

constexpr double finest = 1.0 / 300.0;  // of an axis

double sum_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double v : values) sum += v;
  return sum;
}

std::string decile_figure(const TestedTarget& tested, const std::string& unit) {
  std::vector<CalibrationBin> bins = calibration_bins(tested.prediction, tested.label);
  BarChart chart{"Predicted and actual, by tenths of the prediction",
                 "tenths of the customers by prediction (1: highest)",
                 {"mean " + unit, Unit::number, {}, {}, {}},
                 {},
                 {}};
  BarSeries predicted{"predicted", "model", {}}, actual{"actual", "second", {}};
  for (std::size_t b = bins.size(); b-- > 0;) {
    chart.groups.push_back(std::to_string(bins.size() - b));
    predicted.values.push_back(bins[b].predicted);
    actual.values.push_back(bins[b].actual);
  }
  chart.series = {std::move(predicted), std::move(actual)};
  return figure_html(chart,
                     "Customers sorted by their prediction and cut into tenths. Where the two bars are of one height, the amount is right; "
                     "where bars fall from left to right, the order is.");
}

std::string gain_figure(const TestedTarget& tested, const std::string& unit) {
  LineChart chart{"Gain",
                  {"customers taken, highest predictions first", Unit::percent, 0.0, 1.0, {}},
                  {"share of the total", Unit::percent, 0.0, {}, {}},
                  {}};
  const Curve model = gain_curve(tested.prediction, tested.label);
  if (model.empty()) return {};
  chart.series.push_back({"Model", "model", thinned(model, finest), false, {}});
  for (const auto& [name, prediction] : tested.baselines)
    chart.series.push_back(
        {baseline_title(name, HeadKind::number), name, thinned(gain_curve(prediction, tested.label), finest), false, {}});
  chart.series.push_back({"Best possible", "reference", thinned(gain_curve(tested.label, tested.label), finest), false, {}});
  return figure_html(chart, fmt::format("Take the customers in the order of their predictions: the first 10\u00a0% bring {} of the total "
                                        "({}), the first 20\u00a0% {}, the first 50\u00a0% {}.",
                                        percent_text(value_at(model, 0.1)), escape(unit), percent_text(value_at(model, 0.2)),
                                        percent_text(value_at(model, 0.5))));
}

std::string gains_beside(const TestedTarget& tested) {
  std::string out;
  for (const auto& [name, prediction] : tested.baselines)
    out += (out.empty() ? "" : " \u00b7 ") + baseline_title(name, HeadKind::number) + "\u00a0" +
           percent_text(value_at(gain_curve(prediction, tested.label), 0.1));
  return out;
}

}  // namespace

std::string number_tiles(const FitRecord& record, std::size_t target) {
  const std::string& name = record.model.architecture.heads[target].name;
  const char* part = record.metrics.contains("test") ? "test" : "train";
  std::vector<Tile> tiles = {
      {"How well it orders", figure_text(metric(record, part, name, "spearman")),
       "Rank correlation of prediction and truth: 0 is no relation, 1 the same order.", beside(record, target, "spearman")},
      {"How far off", figure_text(metric(record, part, name, "mae")),
       "Mean absolute error: how far a prediction is from the truth on average.", beside(record, target, "mae")}};
  if (!record.tested.empty() && !record.tested[target].label.empty()) {
    const TestedTarget& tested = record.tested[target];
    const Curve gain = gain_curve(tested.prediction, tested.label);
    if (!gain.empty())
      tiles.insert(tiles.begin() + 1,
                   {"The top tenth", percent_text(value_at(gain, 0.1)),
                    "of the total comes from the tenth of the customers with the highest predictions.", gains_beside(tested)});
    const double predicted = sum_of(tested.prediction), actual = sum_of(tested.label);
    tiles.push_back(
        {"The total", actual > 0.0 ? percent_text(predicted / actual) : "\u2013",
         fmt::format(
             "of the actual total was predicted: {} of {}. Far from 100\u00a0%, trust the order of the predictions more than their sum.",
             figure_text(predicted), figure_text(actual)),
         ""});
  }
  return html(tiles);
}

std::string number_charts(const FitRecord& record, std::size_t target) {
  if (record.tested.empty() || record.tested[target].label.empty()) return {};
  const std::string unit = words_of(record, target).unit;
  return "<div class=\"charts\">\n" + decile_figure(record.tested[target], unit) + gain_figure(record.tested[target], unit) + "</div>\n";
}

}  // namespace footfall
