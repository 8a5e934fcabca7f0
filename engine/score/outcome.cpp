#include "engine/score/outcome.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace footfall {
namespace {

constexpr double smallest = 1e-7;

double logit(double p) {
  const double q = std::clamp(p, smallest, 1.0 - smallest);
  return std::log(q) - std::log1p(-q);
}

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

/// Mean loss of the sharpened probabilities. Members are averaged before, so this is a temperature on the average's logits.
double loss_at(double t, const Outcome& outcome, std::span<const float> labels) {
  double sum = 0.0;
  const auto classes = outcome.likeliest.empty() ? std::size_t{0} : outcome.probabilities.size() / outcome.likeliest.size();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (std::isnan(labels[i])) continue;
    if (classes == 0) {
      const double z = t * logit(outcome.prediction[i]);
      sum += softplus(labels[i] > 0.5F ? -z : z);
      continue;
    }
    double all = 0.0;
    for (std::size_t k = 0; k < classes; ++k) all += std::pow(std::max(outcome.probabilities[i * classes + k], smallest), t);
    sum -= t * std::log(std::max(outcome.probabilities[i * classes + static_cast<std::size_t>(labels[i])], smallest)) - std::log(all);
  }
  return sum;
}

double minimum_between(double low, double high, const std::function<double(double)>& value) {
  const double golden = (std::sqrt(5.0) - 1.0) / 2.0;
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double at_a = value(a), at_b = value(b);
  for (int i = 0; i < 50; ++i) {
    if (at_a < at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - golden * (high - low);
      at_a = value(a);
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + golden * (high - low);
      at_b = value(b);
    }
  }
  return (low + high) / 2.0;
}

double sharpened(double p, double t) { return 1.0 / (1.0 + std::exp(-t * logit(p))); }

}  // namespace

Outcome outcome_of(const HeadSpec& head, std::span<const float> outputs, std::int64_t columns, std::int64_t first) {
  Outcome out;
  const auto width = static_cast<std::size_t>(columns), at = static_cast<std::size_t>(first), n = outputs.size() / width;
  const double t = head.inverse_temperature;
  for (std::size_t i = 0; i < n; ++i) {
    const float* row = outputs.data() + i * width + at;
    if (head.kind == HeadKind::binary) {
      out.prediction.push_back(t == 1.0 ? row[0] : sharpened(row[0], t));
    } else if (head.kind == HeadKind::number) {
      const double value = head.center + head.spread * row[0];
      out.prediction.push_back(head.smear * std::copysign(std::expm1(std::abs(value)), value));
    } else {
      double all = 0.0;
      std::vector<double> p;
      for (std::int64_t k = 0; k < head.outputs(); ++k) all += p.emplace_back(t == 1.0 ? row[k] : std::pow(std::max<double>(row[k], smallest), t));
      for (double& x : p) x /= all;
      const auto best = std::max_element(p.begin(), p.end());
      out.likeliest.push_back(static_cast<std::int32_t>(best - p.begin()));
      out.prediction.push_back(*best);
      out.probabilities.insert(out.probabilities.end(), p.begin(), p.end());
    }
  }
  return out;
}

std::vector<double> decile_boundaries(std::span<const double> predictions) {
  std::vector<double> sorted(predictions.begin(), predictions.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  std::vector<double> boundaries;
  for (std::size_t k = 1; k < 10; ++k) boundaries.push_back(sorted.empty() ? 0.0 : sorted[std::max<std::size_t>(sorted.size() * k / 10, 1) - 1]);
  return boundaries;
}

std::int32_t decile_of(std::span<const double> boundaries, double prediction) {
  std::int32_t decile = 1;
  for (const double boundary : boundaries) decile += prediction < boundary ? 1 : 0;
  return decile;
}

double fit_smear(const Outcome& outcome, std::span<const float> labels) {
  double predicted = 0.0, there = 0.0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (std::isnan(labels[i])) continue;
    predicted += outcome.prediction[i];
    there += labels[i];
  }
  return predicted * there > 0.0 ? std::clamp(there / predicted, 0.25, 4.0) : 1.0;
}

double fit_inverse_temperature(const Outcome& outcome, std::span<const float> labels) {
  const bool known = std::any_of(labels.begin(), labels.end(), [](float y) { return !std::isnan(y); });
  if (!known) return 1.0;
  return minimum_between(0.2, 5.0, [&](double t) { return loss_at(t, outcome, labels); });
}

}  // namespace footfall
