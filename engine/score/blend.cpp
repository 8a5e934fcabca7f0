#include "engine/score/blend.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace footfall {
namespace {

constexpr double least_probability = 1e-7;   ///< as log_loss clips
constexpr int newton_steps = 30;
constexpr double ridge = 1e-9;

/// ln p of each class of a row; a binary outcome has the classes 1 - p and p.
void logarithms(const Outcome& outcome, std::size_t row, std::vector<double>& out) {
  const auto log = [](double p) { return std::log(std::clamp(p, least_probability, 1.0 - least_probability)); };
  if (outcome.probabilities.empty()) {
    out[0] = log(1.0 - outcome.prediction[row]);
    out[1] = log(outcome.prediction[row]);
    return;
  }
  for (std::size_t c = 0; c < out.size(); ++c) out[c] = log(outcome.probabilities[row * out.size() + c]);
}

std::size_t classes_of(const Outcome& outcome) { return outcome.probabilities.empty() ? 2 : outcome.probabilities.size() / outcome.prediction.size(); }

void mix(const std::vector<double>& a, const std::vector<double>& b, const BlendWeights& weights, std::vector<double>& out) {
  double largest = -std::numeric_limits<double>::infinity(), sum = 0.0;
  for (std::size_t c = 0; c < out.size(); ++c) largest = std::max(largest, out[c] = weights.first * a[c] + weights.second * b[c]);
  for (double& x : out) sum += x = std::exp(x - largest);
  for (double& x : out) x /= sum;
}

/// Gradient and Hessian of the summed log loss.
struct Slopes {
  double g0 = 0.0, g1 = 0.0, h00 = 0.0, h01 = 0.0, h11 = 0.0, loss = 0.0;
};

class Fit {
 public:
  Fit(const Outcome& first, const Outcome& second, std::span<const float> labels) : classes_(classes_of(first)) {
    std::vector<double> a(classes_), b(classes_);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (std::isnan(labels[i])) continue;
      logarithms(first, i, a);
      logarithms(second, i, b);
      a_.insert(a_.end(), a.begin(), a.end());
      b_.insert(b_.end(), b.begin(), b.end());
      label_.push_back(static_cast<std::size_t>(labels[i]));
    }
  }

  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(label_.size()); }

  [[nodiscard]] Slopes at(const BlendWeights& weights) const {
    Slopes out;
    std::vector<double> a(classes_), b(classes_), p(classes_);
    for (std::size_t i = 0; i < label_.size(); ++i) {
      std::copy_n(a_.begin() + static_cast<std::ptrdiff_t>(i * classes_), classes_, a.begin());
      std::copy_n(b_.begin() + static_cast<std::ptrdiff_t>(i * classes_), classes_, b.begin());
      mix(a, b, weights, p);
      double ma = 0.0, mb = 0.0, aa = 0.0, ab = 0.0, bb = 0.0;
      for (std::size_t c = 0; c < classes_; ++c) {
        ma += p[c] * a[c];
        mb += p[c] * b[c];
        aa += p[c] * a[c] * a[c];
        ab += p[c] * a[c] * b[c];
        bb += p[c] * b[c] * b[c];
      }
      out.g0 += ma - a[label_[i]];
      out.g1 += mb - b[label_[i]];
      out.h00 += aa - ma * ma;
      out.h01 += ab - ma * mb;
      out.h11 += bb - mb * mb;
      out.loss -= std::log(p[label_[i]]);
    }
    return out;
  }

  /// The best weights, one of them held at zero where it is not free.
  [[nodiscard]] BlendWeights best(bool first_free, bool second_free) const {
    BlendWeights weights{first_free ? 0.5 : 0.0, second_free ? 0.5 : 0.0};
    for (int step = 0; step < newton_steps; ++step) {
      const Slopes s = at(weights);
      const double h00 = s.h00 + ridge, h11 = s.h11 + ridge;
      double d0 = first_free ? s.g0 / h00 : 0.0, d1 = second_free ? s.g1 / h11 : 0.0;
      if (first_free && second_free) {
        const double determinant = h00 * h11 - s.h01 * s.h01;
        d0 = (h11 * s.g0 - s.h01 * s.g1) / determinant;
        d1 = (h00 * s.g1 - s.h01 * s.g0) / determinant;
      }
      // Halved until the loss falls: far from the least loss a full step may go beyond it.
      double share = 1.0;
      for (int half = 0; half < 20 && at({weights.first - share * d0, weights.second - share * d1}).loss > s.loss; ++half) share /= 2.0;
      weights.first -= share * d0;
      weights.second -= share * d1;
      if (std::fabs(share * d0) + std::fabs(share * d1) < 1e-10) break;
    }
    return weights;
  }

 private:
  std::size_t classes_;
  std::vector<double> a_, b_;   ///< [rows, classes] logarithms
  std::vector<std::size_t> label_;
};

}  // namespace

BlendWeights fit_blend(const Outcome& first, const Outcome& second, std::span<const float> labels) {
  const Fit fit(first, second, labels);
  if (fit.rows() < least_for_blend) return {};
  const BlendWeights both = fit.best(true, true);
  if (both.first >= 0.0 && both.second >= 0.0) return both;
  // The loss is convex, so the best weights of 0 or more lie on the side that was left.
  BlendWeights one = both.first < 0.0 ? fit.best(false, true) : fit.best(true, false);
  one.first = std::max(one.first, 0.0);
  one.second = std::max(one.second, 0.0);
  return one;
}

Outcome blend(const Outcome& first, const Outcome& second, const BlendWeights& weights) {
  const std::size_t classes = first.prediction.empty() ? 2 : classes_of(first);
  std::vector<double> a(classes), b(classes), p(classes);
  Outcome out;
  for (std::size_t i = 0; i < first.prediction.size(); ++i) {
    logarithms(first, i, a);
    logarithms(second, i, b);
    mix(a, b, weights, p);
    if (first.probabilities.empty()) {
      out.prediction.push_back(p[1]);
      continue;
    }
    const auto best = std::max_element(p.begin(), p.end());
    out.prediction.push_back(*best);
    out.likeliest.push_back(static_cast<std::int32_t>(best - p.begin()));
    out.probabilities.insert(out.probabilities.end(), p.begin(), p.end());
  }
  return out;
}

}  // namespace footfall
