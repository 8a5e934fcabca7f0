#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/metrics/curves.hpp"
#include "host/report/svg_frame.hpp"

namespace footfall {

/// A line of a chart. `tone` is a class of the style sheet: model, logistic, recency, constant, second, reference; "faint" may follow.
struct LineSeries {
  std::string name;  ///< in the legend; empty: not there
  std::string tone = "model";
  Curve points;
  bool markers = false;
  std::vector<Interval> bars;  ///< of each point, where its value is not exact
};

struct LineChart {
  std::string title;
  Axis x, y;
  std::vector<LineSeries> series;  ///< the first is drawn on top of the others
};

/// Groups of bars side by side, one group a name.
struct BarSeries {
  std::string name;
  std::string tone = "model";
  std::vector<double> values;
};

struct BarChart {
  std::string title, x_label;
  Axis y;
  std::vector<std::string> groups;
  std::vector<BarSeries> series;
};

/// Bars over ranges of numbers, and marks that cut the range.
struct Histogram {
  std::string title;
  Axis x, y;
  std::vector<double> edges;  ///< one more than the counts
  std::vector<std::int64_t> counts;
  std::vector<double> marks;
  std::function<std::string(double)> says;  ///< the value at a place of the x axis, for the bars' own titles
};

/// The svg element of a chart.
[[nodiscard]] std::string svg(const LineChart& chart);
[[nodiscard]] std::string svg(const BarChart& chart);
[[nodiscard]] std::string svg(const Histogram& chart);

/// What each tone stands for, as a list with a sample; in the order of the series, without those that have no name.
[[nodiscard]] std::string legend(const LineChart& chart);
[[nodiscard]] std::string legend(const BarChart& chart);

/// The whole figure. `reading` is HTML: one or two sentences on how to read it.
[[nodiscard]] std::string figure_html(const LineChart& chart, const std::string& reading);
[[nodiscard]] std::string figure_html(const BarChart& chart, const std::string& reading);
[[nodiscard]] std::string figure_html(const Histogram& chart, const std::string& reading);

}  // namespace footfall
