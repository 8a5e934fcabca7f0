#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/report/number_text.hpp"

namespace footfall {

/// One axis of a chart.
struct Axis {
  std::string label;  ///< what it shows, with its unit
  Unit unit = Unit::number;
  std::optional<double> from, to;                     ///< where it begins and ends; left out: round numbers around the data
  std::vector<std::pair<double, std::string>> marks;  ///< where it is marked and with what; left out: at round numbers
};

/// Round numbers at which an axis is marked, about `wanted` of them, and the ends of the axis.
struct Ticks {
  std::vector<double> at;
  double step = 1.0, low = 0.0, high = 1.0;
};
[[nodiscard]] Ticks ticks_for(double low, double high, const Axis& axis, int wanted);

/// The plane of a chart: its axes, grid and labels, and the way from values to its coordinates.
class Frame {
 public:
  static constexpr double width = 440.0, height = 292.0;

  /// Values lie between these ends, unless an axis says otherwise. Without `numbered_x` the x axis gets no numbers (its bars have names).
  Frame(Axis x, Axis y, double x_low, double x_high, double y_low, double y_high, bool numbered_x = true);

  [[nodiscard]] double x(double value) const { return left_ + (value - x_ticks_.low) / (x_ticks_.high - x_ticks_.low) * (right_ - left_); }
  [[nodiscard]] double y(double value) const {
    return bottom_ - (value - y_ticks_.low) / (y_ticks_.high - y_ticks_.low) * (bottom_ - top_);
  }
  [[nodiscard]] double left() const { return left_; }
  [[nodiscard]] double right() const { return right_; }
  [[nodiscard]] double top() const { return top_; }
  [[nodiscard]] double bottom() const { return bottom_; }
  [[nodiscard]] const Axis& x_axis() const { return x_; }
  [[nodiscard]] const Axis& y_axis() const { return y_; }

  /// The whole svg element around what was drawn. `description` is text.
  [[nodiscard]] std::string svg(const std::string& description, const std::string& drawn) const;

 private:
  /// Where an axis is marked, with the text there.
  [[nodiscard]] static std::vector<std::pair<double, std::string>> marks_of(const Axis& axis, const Ticks& ticks);
  [[nodiscard]] std::string grid() const;
  [[nodiscard]] std::string axes() const;

  Axis x_, y_;
  Ticks x_ticks_, y_ticks_;
  bool numbered_x_;
  double left_, right_, top_ = 12.0, bottom_ = height - 46.0;
};

}  // namespace footfall
