// The closed forms of the posterior against integrals over lambda, p and theta that follow from the process itself.
#include "host/simulate/session_process.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace footfall {
namespace {

struct Case {
  const char* name;
  SessionProcess process;
  SessionHistory history;
  double horizon;
};

// Shapes of at least 1.5, so that the integrands vanish at the ends.
const std::vector<Case> cases = {
    {"one session long ago", {2.4, 60.0, 2.0, 9.0, 4.0, 6.0}, {1, 0.0, 300.0, 0}, 30.0},
    {"one session yesterday with a purchase", {1.8, 60.0, 1.6, 6.0, 2.5, 7.5}, {1, 0.0, 1.0, 1}, 30.0},
    {"many sessions, recent", {1.5, 30.0, 2.0, 8.0, 3.0, 7.0}, {12, 180.0, 185.0, 5}, 30.0},
    {"many sessions, then silence", {1.5, 30.0, 2.0, 8.0, 3.0, 7.0}, {12, 90.0, 185.0, 0}, 30.0},
    {"a busy customer, far ahead", {2.0, 5.0, 2.0, 30.0, 2.0, 12.0}, {20, 38.0, 40.0, 1}, 90.0},
};

/// `steps` places in [0, end], weighted by an unnormalized density given by its logarithm: midpoints u of equal cells of [0, 1], moved by
/// x = u^3 (10 - 15 u + 6 u^2), whose derivative 30 u^2 (1 - u)^2 flattens both ends.
struct Grid {
  std::vector<double> at, weight;

  template <class LogDensity>
  Grid(int steps, double end, const LogDensity& log_density) {
    for (int i = 0; i < steps; ++i) {
      const double u = (i + 0.5) / steps;
      const double x = end * u * u * u * (10.0 - u * (15.0 - 6.0 * u));
      at.push_back(x);
      weight.push_back(std::exp(log_density(x)) * end * 30.0 * u * u * (1.0 - u) * (1.0 - u) / steps);
    }
  }
};

struct Integrals {
  double likelihood = 0.0, alive = 0.0, purchase = 0.0, silence = 0.0;
};

/// Everything by the midpoint rule, from the likelihood of a history under (lambda, p, theta):
///   alive  lambda^x (1 - p)^n exp(-lambda T),  left  lambda^x p (1 - p)^(n - 1) exp(-lambda t),  theta^k (1 - theta)^(n - k)
/// and, for somebody alive, P(purchase within H) = theta / s (1 - exp(-lambda s H)), s = theta + p (1 - theta): the process runs until a
/// purchase (rate lambda theta) or a leave without one (rate lambda p (1 - theta)).
Integrals integrate(const Case& c, int steps) {
  const SessionProcess& s = c.process;
  const SessionHistory& h = c.history;
  const double n = static_cast<double>(h.sessions), x = n - 1.0, k = static_cast<double>(h.purchases);
  const double log_rate_constant = s.rate_shape * std::log(s.rate_scale) - std::lgamma(s.rate_shape);
  const auto log_beta = [](double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); };
  // The mean of lambda times 12 and more leaves a tail below 1e-9 for the shapes here.
  const double end = 14.0 * (s.rate_shape + x) / (s.rate_scale + h.last) + 40.0 / (s.rate_scale + h.last);
  const Grid lambda(steps, end,
                    [&](double l) { return log_rate_constant + (s.rate_shape - 1.0) * std::log(l) - s.rate_scale * l + x * std::log(l); });
  const Grid leave(steps, 1.0, [&](double p) {
    return (s.leave_a - 1.0) * std::log(p) + (s.leave_b - 1.0 + n - 1.0) * std::log1p(-p) - log_beta(s.leave_a, s.leave_b);
  });
  const Grid buy(steps, 1.0, [&](double t) {
    return (s.buy_a - 1.0 + k) * std::log(t) + (s.buy_b - 1.0 + n - k) * std::log1p(-t) - log_beta(s.buy_a, s.buy_b);
  });
  Integrals sum;
  double buy_sum = 0.0;
  for (const double w : buy.weight) buy_sum += w;
  for (std::size_t i = 0; i < lambda.at.size(); ++i) {
    const double l = lambda.at[i];
    const double here = std::exp(-l * h.observed), gone = std::exp(-l * h.last);
    for (std::size_t j = 0; j < leave.at.size(); ++j) {
      const double p = leave.at[j];
      const double w = lambda.weight[i] * leave.weight[j];
      const double alive = w * (1.0 - p) * here;
      sum.likelihood += (alive + w * p * gone) * buy_sum;
      sum.alive += alive * buy_sum;
      sum.silence += (w * p * gone + alive * std::exp(-l * c.horizon)) * buy_sum;
      if (alive < 1e-18 * sum.likelihood) continue;
      double purchase = 0.0;
      for (std::size_t m = 0; m < buy.at.size(); ++m) {
        const double t = buy.at[m], stop = t + p * (1.0 - t);
        purchase += buy.weight[m] * t / stop * -std::expm1(-l * stop * c.horizon);
      }
      sum.purchase += alive * purchase;
    }
  }
  sum.alive /= sum.likelihood;
  sum.purchase /= sum.likelihood;
  sum.silence /= sum.likelihood;
  return sum;
}

/// After the move an integrand of beta shape a starts as u^(3 a - 1), so the rule's error falls at least as 1 / steps^4.5 for the shapes
/// here: halving the step removes more than nine tenths of it, and what is left is below the last change. 1e-8 covers the cut tail of
/// lambda.
void expect_integral(double closed, double coarse, double fine, const std::string& what) {
  EXPECT_NEAR(closed, fine, std::abs(fine - coarse) + 1e-8) << what << ": coarse " << coarse << ", fine " << fine;
  EXPECT_LT(std::abs(fine - coarse), 1e-5) << what << ": the integral says too little";
}

TEST(SessionProcess, ClosedFormsAreTheIntegrals) {
  for (const Case& c : cases) {
    const Integrals coarse = integrate(c, 90), fine = integrate(c, 180);
    expect_integral(alive_probability(c.process, c.history), coarse.alive, fine.alive, std::string(c.name) + ", alive");
    expect_integral(purchase_probability(c.process, c.history, c.horizon), coarse.purchase, fine.purchase,
                    std::string(c.name) + ", purchase");
    expect_integral(silence_probability(c.process, c.history, c.horizon), coarse.silence, fine.silence, std::string(c.name) + ", silence");
  }
}

/// The likelihood is the integral; the test looks at its logarithm because it may be tiny.
TEST(SessionProcess, LikelihoodIsTheIntegral) {
  for (const Case& c : cases) {
    const double coarse = std::log(integrate(c, 90).likelihood), fine = std::log(integrate(c, 180).likelihood);
    expect_integral(log_likelihood(c.process, c.history), coarse, fine, c.name);
  }
}

TEST(SessionProcess, NoHorizonHoldsNothing) {
  for (const Case& c : cases) {
    EXPECT_EQ(purchase_probability(c.process, c.history, 0.0), 0.0) << c.name;
    EXPECT_DOUBLE_EQ(silence_probability(c.process, c.history, 0.0), 1.0) << c.name;
  }
}

/// A purchase needs a session, and given time enough one comes to everybody who is alive: silence falls to 1 - P(alive).
TEST(SessionProcess, BoundsHoldAndAreReached) {
  for (const Case& c : cases) {
    double purchase = 0.0, silence = 1.0;
    for (const double horizon : {1.0, 10.0, 100.0, 1000.0}) {
      const double buys = purchase_probability(c.process, c.history, horizon), silent = silence_probability(c.process, c.history, horizon);
      EXPECT_GT(buys, purchase) << c.name;
      EXPECT_LT(silent, silence) << c.name;
      EXPECT_LE(buys, 1.0 - silent) << c.name;
      purchase = buys;
      silence = silent;
    }
    // E exp(-lambda H) <= (scale / H)^shape with shape >= 1.5: below 1e-9 for H = 1e9.
    EXPECT_NEAR(silence_probability(c.process, c.history, 1e9), 1.0 - alive_probability(c.process, c.history), 1e-8) << c.name;
  }
}

/// When every session holds a purchase (theta near 1), to buy is to come.
TEST(SessionProcess, SureBuyersBuyWhenTheyCome) {
  for (Case c : cases) {
    c.process.buy_a = 1e12;
    c.process.buy_b = 1.0;
    c.history.purchases = c.history.sessions;
    // 1 - theta is about 1e-12 and is met at most a few dozen times in a horizon.
    EXPECT_NEAR(purchase_probability(c.process, c.history, c.horizon), 1.0 - silence_probability(c.process, c.history, c.horizon), 1e-10)
        << c.name;
  }
}

}  // namespace
}  // namespace footfall
