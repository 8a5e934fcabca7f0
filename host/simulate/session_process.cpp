#include "host/simulate/session_process.hpp"

#include <cmath>

namespace footfall {
namespace {

/// std::lgamma writes a global sign; this one is safe in threads.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

double log_beta(double a, double b) { return log_gamma(a) + log_gamma(b) - log_gamma(a + b); }

double repeats(const SessionHistory& h) { return static_cast<double>(h.sessions - 1); }

/// Odds of having left: p (1 - p)^(n-1) exp(-lambda last) against (1 - p)^n exp(-lambda observed), each integrated over p and lambda.
double odds_of_leaving(const SessionProcess& s, const SessionHistory& h) {
  const double n = static_cast<double>(h.sessions);
  return s.leave_a / (s.leave_b + n - 1.0) *
         std::exp((s.rate_shape + repeats(h)) * std::log((s.rate_scale + h.observed) / (s.rate_scale + h.last)));
}

}  // namespace

double log_likelihood(const SessionProcess& s, const SessionHistory& h) {
  const double n = static_cast<double>(h.sessions);
  const double k = static_cast<double>(h.purchases);
  const double shape = s.rate_shape + repeats(h);
  const double rate =
      log_gamma(shape) - log_gamma(s.rate_shape) + s.rate_shape * std::log(s.rate_scale) - shape * std::log(s.rate_scale + h.observed);
  const double stay = log_beta(s.leave_a, s.leave_b + n) - log_beta(s.leave_a, s.leave_b);
  const double buy = log_beta(s.buy_a + k, s.buy_b + n - k) - log_beta(s.buy_a, s.buy_b);
  return rate + stay + buy + std::log1p(odds_of_leaving(s, h));
}

double alive_probability(const SessionProcess& s, const SessionHistory& h) { return 1.0 / (1.0 + odds_of_leaving(s, h)); }

/// Were nobody to leave, the horizon would hold M sessions, negative binomial. The first purchase is in session j when M >= j, the customer
/// stayed after the j - 1 before, and those held none: a sum of products, each factor in closed form and from the one before.
double purchase_probability(const SessionProcess& s, const SessionHistory& h, double horizon) {
  constexpr double negligible = 1e-17;
  const double n = static_cast<double>(h.sessions);
  const double k = static_cast<double>(h.purchases);
  const double shape = s.rate_shape + repeats(h);
  const double scale = s.rate_scale + h.observed;
  const double leave_b = s.leave_b + n;
  const double buy_a = s.buy_a + k;
  const double buy_b = s.buy_b + n - k;
  const double grow = horizon / (scale + horizon);
  double exactly = std::exp(shape * std::log(scale / (scale + horizon)));  // P(M = 0)
  double at_least = 1.0 - exactly;                                         // P(M >= 1)
  double first = buy_a / (buy_a + buy_b);                                  // E theta (1 - theta)^(j - 1)
  double stayed = 1.0;                                                     // E (1 - p)^(j - 1)
  double sum = 0.0;
  for (double j = 1.0; at_least > negligible; j += 1.0) {
    const double term = at_least * stayed * first;
    sum += term;
    if (term < negligible * sum) break;
    exactly *= (shape + j - 1.0) / j * grow;
    at_least -= exactly;
    stayed *= (leave_b + j - 1.0) / (s.leave_a + leave_b + j - 1.0);
    first *= (buy_b + j - 1.0) / (buy_a + buy_b + j);
  }
  return alive_probability(s, h) * sum;
}

double silence_probability(const SessionProcess& s, const SessionHistory& h, double horizon) {
  const double scale = s.rate_scale + h.observed;
  const double none = std::exp((s.rate_shape + repeats(h)) * std::log(scale / (scale + horizon)));
  return 1.0 - alive_probability(s, h) * (1.0 - none);
}

}  // namespace footfall
