#include "host/report/svg_frame.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/report/html.hpp"

namespace footfall {
namespace {

constexpr double letter = 7.2;  // width of a digit at the largest size of the labels (on paper), in the coordinates of a chart

double round_step(double raw, bool whole) {
  const double size = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0, 10.0}) {
    const double step = factor * size;
    if (step < raw * (1.0 - 1e-9)) continue;
    if (!whole) return step;
    if (step >= 1.0 && step == std::round(step)) return step;
  }
  return 1.0;
}

/// Letters, not bytes.
double text_width(const std::string& text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return letter * static_cast<double>(letters);
}

}  // namespace

Ticks ticks_for(double low, double high, const Axis& axis, int wanted) {
  low = axis.from.value_or(low);
  high = axis.to.value_or(high);
  if (!(high > low)) {
    const double around = std::max(std::abs(low) * 0.1, axis.unit == Unit::count ? 1.0 : 1e-6);
    if (!axis.from) low -= around;
    high = std::max(low, high) + around;
  }
  Ticks ticks;
  ticks.step = round_step((high - low) / wanted, axis.unit == Unit::count);
  ticks.low = axis.from ? low : ticks.step * std::floor(low / ticks.step + 1e-9);
  ticks.high = axis.to ? high : ticks.step * std::ceil(high / ticks.step - 1e-9);
  for (double k = std::ceil(ticks.low / ticks.step - 1e-9); k * ticks.step <= ticks.high + 1e-9 * ticks.step; k += 1.0)
    ticks.at.push_back(k * ticks.step);
  return ticks;
}

Frame::Frame(Axis x, Axis y, double x_low, double x_high, double y_low, double y_high, bool numbered_x)
    : x_(std::move(x)),
      y_(std::move(y)),
      x_ticks_(ticks_for(x_low, x_high, x_, 5)),
      y_ticks_(ticks_for(y_low, y_high, y_, 5)),
      numbered_x_(numbered_x) {
  double widest = 0.0;
  for (const auto& mark : marks_of(y_, y_ticks_)) widest = std::max(widest, text_width(mark.second));
  left_ = 30.0 + widest;
  const auto along = marks_of(x_, x_ticks_);
  const double last = numbered_x && !along.empty() ? text_width(along.back().second) / 2.0 : 0.0;
  right_ = width - std::max(10.0, last + 2.0);
}

std::vector<std::pair<double, std::string>> Frame::marks_of(const Axis& axis, const Ticks& ticks) {
  if (!axis.marks.empty()) return axis.marks;
  std::vector<std::pair<double, std::string>> marks;
  for (const double at : ticks.at) marks.emplace_back(at, tick_text(at, ticks.step, axis.unit));
  return marks;
}

std::string Frame::grid() const {
  std::string out;
  for (const auto& mark : marks_of(y_, y_ticks_))
    out += fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{2:.1f}\" x2=\"{1:.1f}\" y2=\"{2:.1f}\"/>", left_, right_, y(mark.first));
  if (numbered_x_)
    for (const auto& mark : marks_of(x_, x_ticks_))
      out +=
          fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>", x(mark.first), top_, bottom_);
  return out;
}

std::string Frame::axes() const {
  std::string out;
  for (const auto& [at, text] : marks_of(y_, y_ticks_))
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", left_ - 6.0, y(at) + 4.0, text);
  if (numbered_x_)
    for (const auto& [at, text] : marks_of(x_, x_ticks_))
      out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", x(at), bottom_ + 17.0, text);
  out += fmt::format("<line class=\"axis\" x1=\"{0:.1f}\" y1=\"{2:.1f}\" x2=\"{1:.1f}\" y2=\"{2:.1f}\"/>", left_, right_, bottom_);
  out += fmt::format("<line class=\"axis\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>", left_, top_, bottom_);
  out += fmt::format("<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", (left_ + right_) / 2.0,
                     height - 8.0, escape(x_.label));
  out += fmt::format("<text class=\"label\" transform=\"translate(13 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                     (top_ + bottom_) / 2.0, escape(y_.label));
  return out;
}

std::string Frame::svg(const std::string& description, const std::string& drawn) const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">{}{}{}</svg>\n", width,
      height, escape(description), grid(), drawn, axes());
}

}  // namespace footfall
