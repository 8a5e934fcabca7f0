#include "host/simulate/draws.hpp"

#include <cmath>
#include <numbers>

namespace footfall {

double SubjectDraws::uniform() {
  if (used_ == 4) {
    const PhiloxWords counter = {{next_block_++, static_cast<std::uint32_t>(subject_), static_cast<std::uint32_t>(owner_),
                                  static_cast<std::uint32_t>(owner_ >> 32)}};
    words_ = philox(counter, seed_);
    used_ = 0;
  }
  const double value = unit_double(words_.word[used_], words_.word[used_ + 1]);
  used_ += 2;
  return value;
}

double SubjectDraws::exponential() { return -std::log(1.0 - uniform()); }

/// Box and Muller 1958; the second number of the pair is let go, so that a draw has no memory.
double SubjectDraws::normal() {
  const double radius = std::sqrt(2.0 * exponential());
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

/// Marsaglia and Tsang 2000, "A simple method for generating gamma variables"; shapes below 1 by G(a) = G(a + 1) U^(1/a) (their section 6).
double SubjectDraws::gamma(double shape) {
  if (shape < 1.0) {
    const double larger = gamma(shape + 1.0);
    return larger * std::pow(1.0 - uniform(), 1.0 / shape);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = normal();
    const double root = 1.0 + c * x;
    const double u = 1.0 - uniform();
    if (root <= 0.0) continue;
    const double v = root * root * root;
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double SubjectDraws::beta(double a, double b) {
  const double x = gamma(a);
  return x / (x + gamma(b));
}

std::int64_t SubjectDraws::below(std::int64_t n) { return static_cast<std::int64_t>(uniform() * static_cast<double>(n)); }

std::int64_t SubjectDraws::geometric(double mean) { return static_cast<std::int64_t>(exponential() / std::log1p(1.0 / mean)); }

}  // namespace footfall
