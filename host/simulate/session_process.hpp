#pragma once

#include <cstdint>

namespace footfall {

/// How the customers of one class come, leave and buy; docs/simulation.md has the mathematics.
///
/// Sessions of a customer who is still there follow each other at a rate lambda ~ Gamma(rate_shape, rate_scale) a day; after each session
/// the customer leaves for good with probability p ~ Beta(leave_a, leave_b); a session holds a purchase with probability
/// theta ~ Beta(buy_a, buy_b).
struct SessionProcess {
  double rate_shape = 1.0, rate_scale = 1.0;  ///< the mean rate is shape / scale
  double leave_a = 1.0, leave_b = 1.0;
  double buy_a = 1.0, buy_b = 1.0;
};

/// All that a history tells of lambda, p and theta: a sufficient statistic. Times in days since the first session.
struct SessionHistory {
  std::int64_t sessions = 1;   ///< the first one included, so >= 1
  double last = 0.0;           ///< time of the newest session
  double observed = 0.0;       ///< time of the moment we stand at, >= last
  std::int64_t purchases = 0;  ///< sessions that held one, <= sessions
};

/// The logarithm of the probability (density) of a history, but for a term that is the same under every process.
[[nodiscard]] double log_likelihood(const SessionProcess& process, const SessionHistory& history);

/// That the customer has not left yet.
[[nodiscard]] double alive_probability(const SessionProcess& process, const SessionHistory& history);

/// That the next `horizon` days hold a session with a purchase.
[[nodiscard]] double purchase_probability(const SessionProcess& process, const SessionHistory& history, double horizon);

/// That the next `horizon` days hold no session.
[[nodiscard]] double silence_probability(const SessionProcess& process, const SessionHistory& history, double horizon);

}  // namespace footfall
