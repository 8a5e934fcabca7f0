#include "engine/bayes/calibrated_loss.hpp"

#include <algorithm>
#include <cmath>

namespace footfall {
namespace {

constexpr double ridge = 1e-6;
constexpr double most_shift = 20.0, least_stretch = 0.02, most_stretch = 5.0;

/// Gradient and Hessian of the summed loss in (shift, stretch), and the loss itself.
struct Slopes {
  explicit Slopes(std::size_t size) : gradient(size), hessian(size * size) {}

  std::vector<double> gradient, hessian;
  double loss = 0.0;
};

void add_row(const float* z, std::uint8_t label, const Calibration& at, std::vector<double>& p, Slopes& out) {
  const std::size_t others = at.shift.size(), size = others + 1;
  double largest = 0.0, sum = 0.0;
  for (std::size_t c = 0; c < others; ++c) {
    p[c] = at.shift[c] + at.stretch * static_cast<double>(z[c]);
    largest = std::max(largest, p[c]);
  }
  const double right = label == 0 ? 0.0 : p[label - 1U];
  for (std::size_t c = 0; c < others; ++c) sum += p[c] = std::exp(p[c] - largest);
  sum += std::exp(-largest);
  out.loss += largest + std::log(sum) - right;
  double mean = 0.0, square = 0.0, error_z = 0.0;
  for (std::size_t c = 0; c < others; ++c) {
    p[c] /= sum;
    const double x = static_cast<double>(z[c]);
    mean += p[c] * x;
    square += p[c] * x * x;
    const double error = p[c] - (label == c + 1 ? 1.0 : 0.0);
    out.gradient[c] += error;
    error_z += error * x;
  }
  out.gradient[others] += error_z;
  for (std::size_t c = 0; c < others; ++c) {
    for (std::size_t d = c; d < others; ++d) out.hessian[c * size + d] += p[c] * ((c == d ? 1.0 : 0.0) - p[d]);
    out.hessian[c * size + others] += p[c] * (static_cast<double>(z[c]) - mean);
  }
  out.hessian[others * size + others] += square - mean * mean;
}

Slopes slopes_at(std::span<const float> z, std::span<const std::uint8_t> labels, const Calibration& at) {
  const std::size_t others = at.shift.size();
  Slopes out(others + 1);
  std::vector<double> p(others);
  for (std::size_t i = 0; i < labels.size(); ++i) add_row(z.data() + i * others, labels[i], at, p, out);
  return out;
}

/// The loss of one logit, log1p for the sum: half of the time of the general way.
double loss_at(std::span<const float> z, std::span<const std::uint8_t> labels, const Calibration& at) {
  if (at.shift.size() > 1) return slopes_at(z, labels, at).loss;
  double sum = 0.0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double logit = at.shift[0] + at.stretch * static_cast<double>(z[i]), wrong = labels[i] != 0 ? -logit : logit;
    sum += std::max(wrong, 0.0) + std::log1p(std::exp(-std::fabs(wrong)));
  }
  return sum;
}

/// Solves H x = g for the upper triangle of a positive definite H, by Cholesky.
std::vector<double> solved(std::vector<double> h, std::vector<double> g) {
  const std::size_t n = g.size();
  for (std::size_t i = 0; i < n; ++i) {
    h[i * n + i] += ridge;
    for (std::size_t k = 0; k < i; ++k) h[i * n + i] -= h[k * n + i] * h[k * n + i];
    h[i * n + i] = std::sqrt(std::max(h[i * n + i], ridge));
    for (std::size_t j = i + 1; j < n; ++j) {
      for (std::size_t k = 0; k < i; ++k) h[i * n + j] -= h[k * n + i] * h[k * n + j];
      h[i * n + j] /= h[i * n + i];
    }
    for (std::size_t k = 0; k < i; ++k) g[i] -= h[k * n + i] * g[k];
    g[i] /= h[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) g[i] -= h[i * n + k] * g[k];
    g[i] /= h[i * n + i];
  }
  return g;
}

}  // namespace

double calibrated_loss(std::span<const float> z, std::span<const std::uint8_t> labels, std::int32_t classes, Calibration& calibration, int steps) {
  calibration.shift.resize(static_cast<std::size_t>(classes) - 1, 0.0);
  for (int step = 0; step < steps; ++step) {
    const Slopes slopes = slopes_at(z, labels, calibration);
    const std::vector<double> move = solved(slopes.hessian, slopes.gradient);
    for (std::size_t c = 0; c < calibration.shift.size(); ++c) calibration.shift[c] = std::clamp(calibration.shift[c] - move[c], -most_shift, most_shift);
    calibration.stretch = std::clamp(calibration.stretch - move.back(), least_stretch, most_stretch);
  }
  return loss_at(z, labels, calibration) / static_cast<double>(std::max<std::size_t>(labels.size(), 1));
}

}  // namespace footfall
