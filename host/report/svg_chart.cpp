#include "host/report/svg_chart.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "host/report/html.hpp"

namespace footfall {
namespace {

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();

  void take(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  [[nodiscard]] Range or_unit() const { return low <= high ? *this : Range{0.0, 1.0}; }
};

/// A chart of lines has no ground at zero unless its axis says so; bars always stand on it.
Frame frame_of(const LineChart& chart) {
  Range x, y;
  for (const LineSeries& series : chart.series) {
    for (const CurvePoint& p : series.points) {
      x.take(p.x);
      y.take(p.y);
    }
    for (const Interval& bar : series.bars) {
      y.take(bar.low);
      y.take(bar.high);
    }
  }
  x = x.or_unit();
  y = y.or_unit();
  return {chart.x, chart.y, x.low, x.high, y.low, y.high};
}

std::string line_path(const LineSeries& series, const Frame& frame) {
  std::string path;
  for (const CurvePoint& p : series.points) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", frame.x(p.x), frame.y(p.y));
  return fmt::format("<path class=\"line {}\" d=\"{}\"/>", series.tone, path);
}

std::string markers(const LineSeries& series, const Frame& frame) {
  std::string out;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const CurvePoint& p = series.points[i];
    if (i < series.bars.size())
      out += fmt::format("<line class=\"error {}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", series.tone, frame.x(p.x),
                         frame.y(series.bars[i].low), frame.x(p.x), frame.y(series.bars[i].high));
    out += fmt::format("<circle class=\"dot {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"><title>{}: {} at {}</title></circle>", series.tone,
                       frame.x(p.x), frame.y(p.y), escape(series.name), value_text(p.y, frame.y_axis().unit),
                       value_text(p.x, frame.x_axis().unit));
  }
  return out;
}

std::string bar(double left, double right, double top, double bottom, const std::string& tone, const std::string& says) {
  return fmt::format("<rect class=\"bar {}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{}</title></rect>", tone,
                     left, std::min(top, bottom), std::max(right - left, 0.5), std::abs(bottom - top), says);
}

/// A name that fits into a width, in letters; the whole one is told by the bar's own title.
std::string shortened(const std::string& name, double width) {
  const auto most = static_cast<std::size_t>(std::max(3.0, width / 6.4));
  std::size_t letters = 0, at = 0;
  for (; at < name.size(); ++at) {
    if ((static_cast<unsigned char>(name[at]) & 0xC0U) == 0x80U) continue;
    if (letters++ == most) break;
  }
  if (at == name.size()) return name;
  std::size_t cut = at;
  do --cut;
  while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xC0U) == 0x80U);
  return name.substr(0, cut) + "\u2026";
}

std::string legend_list(const std::vector<std::pair<std::string, std::string>>& samples, bool boxes) {
  std::string out;
  for (const auto& [name, tone] : samples) {
    if (name.empty()) continue;
    const std::string sample = boxes ? fmt::format("<rect class=\"bar {}\" x=\"4\" y=\"0\" width=\"18\" height=\"12\"/>", tone)
                                     : fmt::format("<path class=\"line {}\" d=\"M0 6 L26 6\"/>", tone);
    out += fmt::format("<li><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 26 12\" aria-hidden=\"true\">{}</svg>{}</li>", sample,
                       escape(name));
  }
  return out.empty() ? out : "<ul class=\"legend\">" + out + "</ul>";
}

std::string description(const std::string& title, const Axis& x, const Axis& y) { return title + ": " + y.label + " by " + x.label; }

}  // namespace

std::string svg(const LineChart& chart) {
  const Frame frame = frame_of(chart);
  std::string drawn;
  for (auto at = chart.series.rbegin(); at != chart.series.rend(); ++at) {
    const LineSeries& series = *at;
    if (series.points.size() > 1) drawn += line_path(series, frame);
    if (series.markers || series.points.size() == 1) drawn += markers(series, frame);
  }
  return frame.svg(description(chart.title, chart.x, chart.y), drawn);
}

std::string svg(const BarChart& chart) {
  Range y{0.0, 0.0};
  for (const BarSeries& series : chart.series)
    for (const double value : series.values) y.take(value);
  const auto groups = static_cast<double>(chart.groups.size()), bars = static_cast<double>(chart.series.size());
  const Axis x{chart.x_label, Unit::number, 0.0, std::max(groups, 1.0), {}};
  const Frame frame(x, chart.y, 0.0, groups, y.low, y.high, false);
  const double slot = frame.x(1.0) - frame.x(0.0), wide = 0.8 * slot / std::max(bars, 1.0);
  std::string drawn;
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    const double begin = frame.x(static_cast<double>(g)) + 0.1 * slot;
    for (std::size_t s = 0; s < chart.series.size(); ++s) {
      const double value = chart.series[s].values[g];
      if (!std::isfinite(value)) continue;
      const double from = begin + wide * static_cast<double>(s);
      drawn += bar(from, from + 0.94 * wide, frame.y(value), frame.y(0.0), chart.series[s].tone,
                   fmt::format("{}, {}: {}", escape(chart.groups[g]), escape(chart.series[s].name), value_text(value, chart.y.unit)));
    }
    drawn += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", begin + 0.4 * slot, frame.bottom() + 17.0,
                         escape(shortened(chart.groups[g], slot)));
  }
  return frame.svg(description(chart.title, x, chart.y), drawn);
}

std::string svg(const Histogram& chart) {
  Range y{0.0, 0.0};
  for (const std::int64_t count : chart.counts) y.take(static_cast<double>(count));
  Axis x = chart.x;
  if (!x.from) x.from = chart.edges.front();
  if (!x.to) x.to = chart.edges.back();
  const Frame frame(x, chart.y, *x.from, *x.to, 0.0, y.high);
  std::string drawn;
  for (std::size_t i = 0; i < chart.counts.size(); ++i)
    drawn +=
        bar(frame.x(chart.edges[i]) + 0.5, frame.x(chart.edges[i + 1]) - 0.5, frame.y(static_cast<double>(chart.counts[i])), frame.y(0.0),
            "model", fmt::format("{} to {}: {}", chart.says(chart.edges[i]), chart.says(chart.edges[i + 1]), count_text(chart.counts[i])));
  for (const double at : chart.marks)
    if (at > *x.from && at < *x.to)
      drawn += fmt::format("<line class=\"mark\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>", frame.x(at), frame.top(),
                           frame.bottom());
  return frame.svg(description(chart.title, x, chart.y), drawn);
}

std::string legend(const LineChart& chart) {
  std::vector<std::pair<std::string, std::string>> samples;
  for (const LineSeries& series : chart.series) samples.emplace_back(series.name, series.tone);
  return legend_list(samples, false);
}

std::string legend(const BarChart& chart) {
  std::vector<std::pair<std::string, std::string>> samples;
  for (const BarSeries& series : chart.series) samples.emplace_back(series.name, series.tone);
  return legend_list(samples, true);
}

std::string figure_html(const LineChart& chart, const std::string& reading) {
  return figure_html(chart.title, legend(chart), svg(chart), reading);
}
std::string figure_html(const BarChart& chart, const std::string& reading) {
  return figure_html(chart.title, legend(chart), svg(chart), reading);
}
std::string figure_html(const Histogram& chart, const std::string& reading) {
  std::vector<std::pair<std::string, std::string>> samples;
  if (!chart.marks.empty()) samples = {{"boundaries of the tenths", "mark"}};
  return figure_html(chart.title, legend_list(samples, false), svg(chart), reading);
}

}  // namespace footfall
