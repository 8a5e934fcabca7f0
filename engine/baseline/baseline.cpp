#include "engine/baseline/baseline.hpp"

#include <algorithm>
#include <cmath>

namespace footfall {
namespace {

double signed_log(double y) { return std::copysign(std::log1p(std::abs(y)), y); }
double signed_exp(double y) { return std::copysign(std::expm1(std::abs(y)), y); }

struct Line {
  double intercept = 0.0, slope = 0.0;
};

struct Points {
  std::vector<double> x, y;
};

Points known_points(std::span<const float> labels, std::span<const float> recency, std::span<const std::int64_t> rows, bool logarithm) {
  Points points;
  for (const std::int64_t row : rows) {
    const auto i = static_cast<std::size_t>(row);
    if (std::isnan(labels[i]) || std::isnan(recency[i])) continue;
    points.x.push_back(std::log1p(recency[i]));
    points.y.push_back(logarithm ? signed_log(labels[i]) : labels[i]);
  }
  return points;
}

/// Solves the 2 x 2 normal equations of a weighted least-squares step.
Line solve(double w, double wx, double wxx, double wy, double wxy) {
  const double determinant = w * wxx - wx * wx;
  if (determinant <= 1e-12 * std::max(1.0, w * wxx)) return {w > 0.0 ? wy / w : 0.0, 0.0};
  return {(wxx * wy - wx * wxy) / determinant, (w * wxy - wx * wy) / determinant};
}

Line least_squares(const Points& points) {
  double w = 0.0, wx = 0.0, wxx = 0.0, wy = 0.0, wxy = 0.0;
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    w += 1.0;
    wx += points.x[i];
    wxx += points.x[i] * points.x[i];
    wy += points.y[i];
    wxy += points.x[i] * points.y[i];
  }
  return solve(w, wx, wxx, wy, wxy);
}

/// Newton's method on the likelihood, with a touch of ridge so that separable data ends too.
Line logistic(const Points& points) {
  constexpr double ridge = 1e-3;
  Line line;
  for (int step = 0; step < 50; ++step) {
    double w = ridge, wx = 0.0, wxx = ridge, g = -ridge * line.intercept, gx = -ridge * line.slope;
    for (std::size_t i = 0; i < points.x.size(); ++i) {
      const double p = 1.0 / (1.0 + std::exp(-(line.intercept + line.slope * points.x[i])));
      const double weight = p * (1.0 - p);
      w += weight;
      wx += weight * points.x[i];
      wxx += weight * points.x[i] * points.x[i];
      g += points.y[i] - p;
      gx += (points.y[i] - p) * points.x[i];
    }
    const Line change = solve(w, wx, wxx, g, gx);
    line.intercept += change.intercept;
    line.slope += change.slope;
    if (std::abs(change.intercept) + std::abs(change.slope) < 1e-10) break;
  }
  return line;
}

}  // namespace

Outcome constant_baseline(const HeadSpec& head, std::span<const float> labels, std::span<const std::int64_t> training, std::int64_t asked) {
  std::vector<double> shares(std::max<std::size_t>(head.classes.size(), 1));
  double n = 0.0;
  for (const std::int64_t row : training) {
    const float y = labels[static_cast<std::size_t>(row)];
    if (std::isnan(y)) continue;
    n += 1.0;
    if (head.kind == HeadKind::classes) {
      shares[static_cast<std::size_t>(y)] += 1.0;
    } else {
      shares[0] += y;
    }
  }
  for (double& share : shares) share = n > 0.0 ? share / n : 0.0;
  Outcome out;
  const auto likeliest = std::max_element(shares.begin(), shares.end());
  out.prediction.assign(static_cast<std::size_t>(asked), *likeliest);
  if (head.kind != HeadKind::classes) return out;
  out.likeliest.assign(static_cast<std::size_t>(asked), static_cast<std::int32_t>(likeliest - shares.begin()));
  for (std::int64_t i = 0; i < asked; ++i) out.probabilities.insert(out.probabilities.end(), shares.begin(), shares.end());
  return out;
}

Outcome recency_baseline(const HeadSpec& head, std::span<const float> labels, std::span<const float> recency, std::span<const std::int64_t> training,
                         std::span<const std::int64_t> asked) {
  if (head.kind == HeadKind::classes) return {};
  const bool number = head.kind == HeadKind::number;
  Outcome out = constant_baseline(head, labels, training, static_cast<std::int64_t>(asked.size()));
  const Points points = known_points(labels, recency, training, number);
  const Line line = number ? least_squares(points) : logistic(points);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const float days = recency[static_cast<std::size_t>(asked[i])];
    if (std::isnan(days)) continue;
    const double value = line.intercept + line.slope * std::log1p(days);
    out.prediction[i] = number ? signed_exp(value) : 1.0 / (1.0 + std::exp(-value));
  }
  return out;
}

Architecture linear_architecture(const Architecture& model, std::int64_t profile_width) {
  Architecture linear;
  linear.profile_width = profile_width;
  linear.heads = model.heads;
  for (HeadSpec& head : linear.heads) {
    head.inverse_temperature = 1.0;
    head.weights.clear();
  }
  return linear;
}

}  // namespace footfall
