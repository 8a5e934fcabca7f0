#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/metrics/curves.hpp"
#include "host/report/figure_table.hpp"
#include "host/report/svg_chart.hpp"
#include "host/report/target_section.hpp"
#include "host/report/words.hpp"

namespace footfall {
namespace {

constexpr double finest = 1.0 / 300.0;  // of an axis: nearer points cannot be told apart

Axis share_axis(std::string label) { return {std::move(label), Unit::percent, 0.0, 1.0, {}}; }

/// The model, then its baselines.
template <class MakeCurve>
std::vector<LineSeries> with_baselines(const TestedTarget& tested, const MakeCurve& curve) {
  std::vector<LineSeries> series;
  series.push_back({"Model", "model", curve(tested.prediction, tested.label), false, {}});
  for (const auto& [name, prediction] : tested.baselines)
    series.push_back({baseline_title(name, HeadKind::binary), name, curve(prediction, tested.label), false, {}});
  return series;
}

LineSeries reference(std::string name, Curve points) { return {std::move(name), "reference", std::move(points), false, {}}; }

/// The constant is chance; where it is unknown, a line of reference takes its place.
void add_chance(LineChart& chart, const TestedTarget& tested, std::string name, Curve points) {
  for (const auto& baseline : tested.baselines)
    if (baseline.first == "constant") return;
  chart.series.push_back(reference(std::move(name), std::move(points)));
}

using Values = const std::vector<double>&;

std::string roc_figure(const TestedTarget& tested, const TargetWords& words) {
  LineChart chart{
      "ROC curve", share_axis("false alarms: share of the others above the threshold"), share_axis("found: share of the positives"), {}};
  chart.series = with_baselines(tested, [](Values p, Values y) { return thinned(roc_curve(p, y), finest); });
  add_chance(chart, tested, "Chance", {{0.0, 0.0}, {1.0, 1.0}});
  return figure_html(chart, fmt::format("Lower the threshold step by step: how many of the {} are found, at the price of how many false "
                                        "alarms? The nearer to the upper left corner, the better; "
                                        "the diagonal is chance. The area below is the AUROC.",
                                        words.positives));
}

std::string precision_recall_figure(const TestedTarget& tested, double rate) {
  LineChart chart{
      "Precision and recall", share_axis("recall: share of the positives found"), share_axis("precision: right among those named"), {}};
  chart.series = with_baselines(tested, [](Values p, Values y) { return thinned(precision_recall_curve(p, y), finest); });
  add_chance(chart, tested, "Chance", {{0.0, rate}, {1.0, rate}});
  return figure_html(chart, fmt::format("Of the customers that are named, how many are right (up), when so many of all are to be found "
                                        "(right)? Whoever names customers at random is right for {}.",
                                        percent_text(rate)));
}

std::string calibration_figure(const TestedTarget& tested) {
  double highest = 0.0;
  LineChart chart{"Calibration",
                  {"predicted probability", Unit::percent, 0.0, {}, {}},
                  {"share that turned out positive", Unit::percent, 0.0, {}, {}},
                  {}};
  const auto line = [&](const std::string& name, const std::string& tone, Values prediction, bool bars) {
    LineSeries series{name, tone, {}, true, {}};
    for (const CalibrationBin& bin : calibration_bins(prediction, tested.label)) {
      series.points.push_back({bin.predicted, bin.actual});
      highest = std::max({highest, bin.predicted, bin.actual});
      if (bars) series.bars.push_back(wilson_interval(bin.actual, bin.n));
    }
    chart.series.push_back(std::move(series));
  };
  line("Model", "model", tested.prediction, true);
  for (const auto& [name, prediction] : tested.baselines)
    if (name != "constant") line(baseline_title(name, HeadKind::binary), name, prediction, false);
  chart.series.push_back(reference("Perfect", {{0.0, 0.0}, {highest, highest}}));
  return figure_html(chart,
                     "Each point is a tenth of the customers, by their prediction. On the diagonal, what was predicted is what happened; "
                     "below it, predictions were too high. Upright strokes: where the "
                     "true share lies with 95\u00a0% confidence.");
}

std::string gain_figure(const TestedTarget& tested, const TargetWords& words, double rate) {
  LineChart chart{"Gain", share_axis("customers contacted, highest scores first"), share_axis("share of the positives reached"), {}};
  chart.series = with_baselines(tested, [](Values p, Values y) { return thinned(gain_curve(p, y), finest); });
  chart.series.push_back(reference("Best possible", {{0.0, 0.0}, {rate, 1.0}, {1.0, 1.0}}));
  const Curve model = gain_curve(tested.prediction, tested.label);
  return figure_html(chart, fmt::format("Contact the customers in the order of their scores: the first 10\u00a0% reach {} of all {}, the "
                                        "first 20\u00a0% {}, the first 50\u00a0% {}.",
                                        percent_text(value_at(model, 0.1)), words.positives, percent_text(value_at(model, 0.2)),
                                        percent_text(value_at(model, 0.5))));
}

std::string lift_figure(const TestedTarget& tested) {
  LineChart chart{"Lift",
                  share_axis("customers contacted, highest scores first"),
                  {"times as many positives as at random", Unit::number, 0.0, {}, {}},
                  {}};
  chart.series = with_baselines(tested, [](Values p, Values y) { return lift_curve(p, y); });
  add_chance(chart, tested, "At random", {{0.0, 1.0}, {1.0, 1.0}});
  return figure_html(chart,
                     "How many times more positives are among the first so many customers than among as many drawn at random. At "
                     "100\u00a0% everybody is contacted, and the lift is 1.");
}

/// Shares of the customers by predicted probability, of the positives and of the others.
std::string separation_figure(const TestedTarget& tested, const TargetWords& words) {
  constexpr std::size_t bins = 20;
  std::vector<std::vector<double>> counts(2, std::vector<double>(bins));
  std::vector<double> all(2);
  for (std::size_t i = 0; i < tested.label.size(); ++i) {
    const std::size_t kind = tested.label[i] > 0.5 ? 1 : 0;
    const auto bin = static_cast<std::size_t>(std::clamp(tested.prediction[i], 0.0, 1.0) * static_cast<double>(bins));
    counts[kind][std::min(bin, bins - 1)] += 1.0;
    all[kind] += 1.0;
  }
  LineChart chart{"How far apart they are",
                  share_axis("predicted probability"),
                  {"share of the customers, in steps of 5\u00a0%", Unit::percent, 0.0, {}, {}},
                  {}};
  for (const std::size_t kind : {std::size_t{1}, std::size_t{0}}) {
    LineSeries series{kind == 1 ? "positives" : "others", kind == 1 ? "model" : "second", {}, false, {}};
    for (std::size_t b = 0; b < bins; ++b)
      for (const std::size_t end : {b, b + 1})
        series.points.push_back({static_cast<double>(end) / static_cast<double>(bins), counts[kind][b] / all[kind]});
    chart.series.push_back(std::move(series));
  }
  return figure_html(chart, fmt::format("Which probabilities the model gave to {} (positives) and to the others. The less the two lines "
                                        "overlap, the better customers are told apart.",
                                        words.positives));
}

}  // namespace

std::string binary_tiles(const FitRecord& record, std::size_t target) {
  const std::string& name = record.model.architecture.heads[target].name;
  const TargetWords words = words_of(record, target);
  const char* part = record.metrics.contains("test") ? "test" : "train";
  const double auroc = metric(record, part, name, "auroc"), lift = metric(record, part, name, "lift_at_10"),
               n = metric(record, part, name, "n"), positives = metric(record, part, name, "positives"),
               error = metric(record, part, name, "calibration_error");
  const double tenth = std::ceil(n / 10.0) / n;
  return html(std::vector<Tile>{
      {"How well it ranks (AUROC)", figure_text(auroc),
       fmt::format("Take one of the {} and one other customer: in {} of such pairs the former has the higher score. 50\u00a0% is chance.",
                   words.positives, percent_text(auroc)),
       beside(record, target, "auroc")},
      {"The top tenth", ratio_text(lift),
       fmt::format("The tenth with the highest scores holds {} of all {}: {} as many as a random tenth.",
                   percent_text(std::min(1.0, lift * tenth)), words.positives, ratio_text(lift)),
       beside(record, target, "lift_at_10")},
      {"How honest its probabilities are", percent_text(error),
       "Mean distance between the predicted probability and the share that turned out positive, over ten groups. 0\u00a0% is perfect.",
       beside(record, target, "calibration_error")},
      {"How common it is", percent_text(positives / n),
       fmt::format("{} of {} customers.", count_text(std::llround(positives)), count_text(std::llround(n))), ""}});
}

std::string binary_charts(const FitRecord& record, std::size_t target) {
  if (record.tested.empty() || record.tested[target].label.empty()) return {};
  const TestedTarget& tested = record.tested[target];
  const TargetWords words = words_of(record, target);
  double positives = 0.0;
  for (const double y : tested.label) positives += y;
  const double rate = positives / static_cast<double>(tested.label.size());
  if (rate <= 0.0 || rate >= 1.0) return "<p>All tested customers are of one kind, so no curve can be drawn.</p>\n";
  return "<div class=\"charts\">\n" + gain_figure(tested, words, rate) + lift_figure(tested) + calibration_figure(tested) +
         roc_figure(tested, words) + precision_recall_figure(tested, rate) + separation_figure(tested, words) + "</div>\n";
}

}  // namespace footfall
