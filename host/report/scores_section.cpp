#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/report/number_text.hpp"
#include "host/report/sections.hpp"
#include "host/report/svg_chart.hpp"
#include "host/report/words.hpp"

namespace footfall {
namespace {

constexpr std::int64_t bins = 40;
constexpr double shown_share = 0.995;  // of the scores: a few very large amounts would press all others into one bar
constexpr double skewed = 20.0;        // times the median that the end must lie away for a logarithmic scale

/// The scale of the histogram: linear, or log10(1 + |value| / unit) to both sides of 0 for amounts that are many small ones and few large.
struct HistogramScale {
  double low = 0.0, high = 1.0, unit = 0.0;  ///< unit 0: linear

  [[nodiscard]] double place(double value) const {
    return unit > 0.0 ? std::copysign(std::log10(1.0 + std::abs(value) / unit), value) : value;
  }
  [[nodiscard]] double value(double place) const {
    return unit > 0.0 ? std::copysign(unit * (std::pow(10.0, std::abs(place)) - 1.0), place) : place;
  }
};

HistogramScale probability_scale(const std::vector<double>& sorted) {
  const double high = ticks_for(0.0, std::max(sorted.back(), 0.01), {{}, Unit::percent, 0.0, {}, {}}, 5).high;
  return {0.0, std::min(1.0, high), 0.0};
}

HistogramScale number_scale(const std::vector<double>& sorted) {
  const auto at = [&](double share) {
    return sorted[static_cast<std::size_t>(std::llround(static_cast<double>(sorted.size() - 1) * share))];
  };
  HistogramScale scale{std::min(0.0, at(1.0 - shown_share)), at(shown_share), 0.0};
  const double middle = std::abs(at(0.5));
  if (middle > 0.0 && std::max(sorted.back(), -sorted.front()) > skewed * middle)
    return {std::min(0.0, sorted.front()), std::max(0.0, sorted.back()), std::pow(10.0, std::floor(std::log10(middle)))};
  if (scale.low < 0.0) scale.low = ticks_for(scale.low, std::max(scale.high, 0.0), {}, 5).low;
  if (!(scale.high > scale.low)) scale.high = scale.low + 1.0;
  scale.high = ticks_for(scale.low, scale.high, {{}, Unit::number, scale.low, {}, {}}, 5).high;
  return scale;
}

/// 0, one unit, ten units … of a logarithmic scale to both sides, without those that would touch the 0.
std::vector<std::pair<double, std::string>> powers(const HistogramScale& scale) {
  std::vector<std::pair<double, std::string>> marks = {{0.0, "0"}};
  const double close = 0.08 * (scale.place(scale.high) - scale.place(scale.low));
  for (double value = scale.unit; value <= std::max(scale.high, -scale.low); value *= 10.0)
    for (const double signed_value : {value, -value})
      if (signed_value >= scale.low && signed_value <= scale.high && scale.place(value) > close)
        marks.emplace_back(scale.place(signed_value), tick_text(signed_value, value, Unit::number));
  std::sort(marks.begin(), marks.end());
  return marks;
}

std::string distribution(const SavedModel& model, std::size_t target, const TargetScores& scores, const std::string& unit) {
  const bool probability = model.architecture.heads[target].kind != HeadKind::number;
  std::vector<double> sorted = scores.value;
  std::sort(sorted.begin(), sorted.end());
  const HistogramScale scale = probability ? probability_scale(sorted) : number_scale(sorted);
  Histogram chart{"Distribution of the scores",
                  {unit, probability ? Unit::percent : Unit::number, {}, {}, {}},
                  {"customers", Unit::count, {}, {}, {}},
                  {},
                  std::vector<std::int64_t>(bins),
                  {},
                  {}};
  const double from = scale.place(scale.low), to = scale.place(scale.high);
  for (std::int64_t b = 0; b <= bins; ++b) chart.edges.push_back(from + (to - from) * static_cast<double>(b) / static_cast<double>(bins));
  std::int64_t above = 0, below = 0;
  for (const double v : sorted) {
    above += v > scale.high ? 1 : 0;
    below += v < scale.low ? 1 : 0;
    if (v > scale.high || v < scale.low) continue;
    const auto bin = static_cast<std::int64_t>((scale.place(v) - from) / (to - from) * static_cast<double>(bins));
    ++chart.counts[static_cast<std::size_t>(std::clamp<std::int64_t>(bin, 0, bins - 1))];
  }
  for (const double bound : model.targets[target].deciles) chart.marks.push_back(scale.place(bound));
  if (scale.unit > 0.0) chart.x.marks = powers(scale);
  chart.says = [scale, probability](double place) { return value_text(scale.value(place), probability ? Unit::percent : Unit::number); };
  std::string reading = "How many customers have which score. Dashed lines cut the customers of the fit into tenths.";
  if (scale.unit > 0.0) reading += " The scale is logarithmic: each mark is ten times the one before.";
  if (above > 0) reading += fmt::format(" {} beyond the right end.", counted(above, "customer lies", "customers lie"));
  if (below > 0) reading += fmt::format(" {} beyond the left end.", counted(below, "customer lies", "customers lie"));
  return figure_html(chart, reading);
}

std::string tenths(const SavedModel& model, std::size_t target, const TargetScores& scores) {
  const HeadSpec& head = model.architecture.heads[target];
  const Unit unit = head.kind == HeadKind::number ? Unit::number : Unit::percent;
  const std::vector<double>& bounds = model.targets[target].deciles;
  HtmlTable table;
  table.caption =
      "Tenths as the fit cut them (1: highest). A tenth need not hold a tenth of the customers scored: the customers may have changed "
      "since.";
  table.head = {"Tenth", "Scores", "Customers", "Share", "Mean score"};
  if (head.kind == HeadKind::binary) table.head.emplace_back("Expected positives");
  if (head.kind == HeadKind::number) table.head.emplace_back("Expected total");
  std::vector<double> sums(10);
  std::vector<std::int64_t> counts(10);
  for (std::size_t i = 0; i < scores.value.size(); ++i) {
    const auto tenth = static_cast<std::size_t>(scores.decile[i] - 1);
    sums[tenth] += scores.value[i];
    ++counts[tenth];
  }
  const double all = std::max<double>(static_cast<double>(scores.value.size()), 1.0);
  for (std::size_t t = 0; t < 10; ++t) {
    std::string range;
    if (t < bounds.size()) range = "\u2265\u00a0" + value_text(bounds[t], unit);
    if (t == bounds.size() && !bounds.empty()) range = "&lt;\u00a0" + value_text(bounds.back(), unit);
    std::vector<std::string> row = {std::to_string(t + 1), range, count_text(counts[t]), percent_text(static_cast<double>(counts[t]) / all),
                                    counts[t] > 0 ? value_text(sums[t] / static_cast<double>(counts[t]), unit) : "\u2013"};
    if (head.kind == HeadKind::binary) row.push_back(count_text(std::llround(sums[t])));
    if (head.kind == HeadKind::number) row.push_back(figure_text(sums[t]));
    table.rows.push_back(std::move(row));
  }
  return html(table);
}

std::string likeliest_figure(const HeadSpec& head, const TargetScores& scores) {
  BarChart chart{"Likeliest class", "class", {"customers", Unit::count, {}, {}, {}}, {}, {}};
  BarSeries series{"customers", "model", {}};
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < head.classes.size(); ++k) order.push_back(k);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores.likeliest[a] > scores.likeliest[b]; });
  order.resize(std::min<std::size_t>(order.size(), 10));
  for (const std::size_t k : order) {
    chart.groups.push_back(head.classes[k]);
    series.values.push_back(static_cast<double>(scores.likeliest[k]));
  }
  chart.series = {std::move(series)};
  std::string reading = "How many customers are likeliest to be of each class.";
  if (order.size() < head.classes.size())
    reading += fmt::format(" Shown are the {} most frequent of {}.", order.size(), head.classes.size());
  return figure_html(chart.title, "", svg(chart), reading);
}

std::string expectation(const FitRecord& record, std::size_t target, const TargetScores& scores) {
  const HeadSpec& head = record.model.architecture.heads[target];
  double sum = 0.0;
  for (const double v : scores.value) sum += v;
  const auto n = static_cast<double>(std::max<std::size_t>(scores.value.size(), 1));
  if (head.kind == HeadKind::binary)
    return fmt::format("<p>Expected are {} {} ({} of those scored): the sum of all probabilities.</p>\n", count_text(std::llround(sum)),
                       words_of(record, target).positives, percent_text(sum / n));
  if (head.kind == HeadKind::number)
    return fmt::format("<p>The predictions sum to {}, on average {} a customer.</p>\n", figure_text(sum), figure_text(sum / n));
  return {};
}

}  // namespace

Chapter scores_section(const FitRecord& record, const ScoreRecord& scores) {
  std::string body = fmt::format("<p>{} {} scored, in {}.</p>\n", counted(scores.customers, "customer", "customers"),
                                 scores.customers == 1 ? "was" : "were", in_quotes(scores.name));
  for (std::size_t t = 0; t < scores.targets.size(); ++t) {
    const HeadSpec& head = record.model.architecture.heads[t];
    const std::string unit = head.kind == HeadKind::binary   ? "probability"
                             : head.kind == HeadKind::number ? words_of(record, t).unit
                                                             : "probability of the likeliest class";
    body += "<h3>" + escape(head.name) + "</h3>\n" + expectation(record, t, scores.targets[t]);
    std::string charts = distribution(record.model, t, scores.targets[t], unit);
    if (head.kind == HeadKind::classes) charts = likeliest_figure(head, scores.targets[t]) + charts;
    body += "<div class=\"charts beside\">\n" + charts + "<div>" + tenths(record.model, t, scores.targets[t]) + "</div></div>\n";
  }
  return {"scores", "Scores of all customers", body};
}

}  // namespace footfall
