#include "engine/metrics/curves.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace footfall {
namespace {

std::vector<std::size_t> descending(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  return order;
}

/// Calls `point(taken, sum)` after each group of equal predictions, highest first: how many there are so far, and the sum of their labels.
template <class Point>
void sweep(std::span<const double> prediction, std::span<const double> label, const Point& point) {
  const std::vector<std::size_t> order = descending(prediction);
  double sum = 0.0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && prediction[order[end]] == prediction[order[begin]]) sum += label[order[end++]];
    point(static_cast<double>(end), sum);
    begin = end;
  }
}

double sum_of(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

Curve roc_curve(std::span<const double> prediction, std::span<const double> label) {
  const double positives = sum_of(label), negatives = static_cast<double>(label.size()) - positives;
  if (positives <= 0.0 || negatives <= 0.0) return {};
  Curve curve = {{0.0, 0.0}};
  sweep(prediction, label, [&](double taken, double hits) { curve.push_back({(taken - hits) / negatives, hits / positives}); });
  return curve;
}

Curve precision_recall_curve(std::span<const double> prediction, std::span<const double> label) {
  const double positives = sum_of(label);
  if (positives <= 0.0) return {};
  Curve curve;
  sweep(prediction, label, [&](double taken, double hits) {
    if (curve.empty()) curve.push_back({0.0, hits / taken});
    curve.push_back({hits / positives, hits / taken});
  });
  return curve;
}

Curve gain_curve(std::span<const double> prediction, std::span<const double> label) {
  const double total = sum_of(label);
  if (total <= 0.0) return {};
  Curve curve = {{0.0, 0.0}};
  sweep(prediction, label, [&](double taken, double sum) { curve.push_back({taken / static_cast<double>(label.size()), sum / total}); });
  return curve;
}

Curve lift_curve(std::span<const double> prediction, std::span<const double> label, std::int64_t steps) {
  const Curve gain = gain_curve(prediction, label);
  Curve curve;
  if (gain.empty()) return curve;
  const auto n = static_cast<double>(label.size());
  for (std::int64_t k = 1; k <= steps; ++k) {
    const double x = static_cast<double>(k) / static_cast<double>(steps);
    if (x * n >= 1.0) curve.push_back({x, value_at(gain, x) / x});
  }
  return curve;
}

double value_at(const Curve& curve, double x) {
  if (curve.empty()) return 0.0;
  const auto next = std::lower_bound(curve.begin(), curve.end(), x, [](const CurvePoint& p, double at) { return p.x < at; });
  if (next == curve.begin()) return curve.front().y;
  if (next == curve.end()) return curve.back().y;
  const CurvePoint& before = *(next - 1);
  return before.y + (next->y - before.y) * (x - before.x) / (next->x - before.x);
}

double area_under(const Curve& curve) {
  double area = 0.0;
  for (std::size_t i = 1; i < curve.size(); ++i) area += (curve[i].x - curve[i - 1].x) * (curve[i].y + curve[i - 1].y) / 2.0;
  return area;
}

std::vector<CalibrationBin> calibration_bins(std::span<const double> prediction, std::span<const double> label, std::int64_t bins) {
  std::vector<std::size_t> order(prediction.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return prediction[a] < prediction[b]; });
  const std::size_t n = order.size(), many = static_cast<std::size_t>(bins);
  std::vector<CalibrationBin> out;
  for (std::size_t b = 0; b < many; ++b) {
    CalibrationBin bin;
    for (std::size_t i = n * b / many; i < n * (b + 1) / many; ++i) {
      ++bin.n;
      bin.predicted += prediction[order[i]];
      bin.actual += label[order[i]];
    }
    if (bin.n == 0) continue;
    bin.predicted /= static_cast<double>(bin.n);
    bin.actual /= static_cast<double>(bin.n);
    out.push_back(bin);
  }
  return out;
}

Interval wilson_interval(double share, std::int64_t n) {
  if (n <= 0) return {};
  constexpr double z = 1.959963984540054;  // the 97.5 % point of the normal distribution
  const auto count = static_cast<double>(n);
  const double center = (share + z * z / (2.0 * count)) / (1.0 + z * z / count);
  const double half = z * std::sqrt(share * (1.0 - share) / count + z * z / (4.0 * count * count)) / (1.0 + z * z / count);
  return {std::max(0.0, center - half), std::min(1.0, center + half)};
}

Curve thinned(const Curve& curve, double step) {
  Curve out;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const bool end = i == 0 || i + 1 == curve.size();
    if (end || std::abs(curve[i].x - out.back().x) >= step || std::abs(curve[i].y - out.back().y) >= step) out.push_back(curve[i]);
  }
  return out;
}

}  // namespace footfall
