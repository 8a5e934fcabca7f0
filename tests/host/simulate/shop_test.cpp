// Simulated customers: the truth told about them against what they then did, and what their files may show.
#include "host/simulate/shop.hpp"

#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace footfall {
namespace {

constexpr std::uint64_t seed = 11;
constexpr std::int64_t customers = 200'000;

struct Observed {
  bool bought = false, silent = true;
};

/// From the events alone, as a label would be cut.
Observed in_horizon(const SimulatedCustomer& customer) {
  Observed seen;
  for (const SimulatedEvent& event : customer.events) {
    if (event.time < ShopCalendar::cutoff || event.time >= ShopCalendar::horizon_end) continue;
    seen.silent = false;
    seen.bought = seen.bought || event.type == ShopEvent::purchase;
  }
  return seen;
}

/// Customers of a group: how many did something, how many were expected to, and the variance of that number.
struct Tally {
  double happened = 0.0, expected = 0.0, variance = 0.0;

  void add(bool did, double probability) {
    happened += did ? 1.0 : 0.0;
    expected += probability;
    variance += probability * (1.0 - probability);
  }
};

/// Given the truth, what a group does is a sum of independent Bernoulli draws. 4.5 standard errors are passed with probability 7e-6; some
/// 200 groups are looked at, those of variance 25 and more, where the normal limit is good. The seed is fixed, so the outcome is too.
void expect_told(const std::map<std::string, Tally>& groups, const char* what) {
  int looked = 0;
  for (const auto& [name, tally] : groups) {
    if (tally.variance < 25.0) continue;
    ++looked;
    EXPECT_NEAR(tally.happened, tally.expected, 4.5 * std::sqrt(tally.variance)) << what << " of " << name;
  }
  EXPECT_GE(looked, 60) << what;
}

std::string in_steps(double value, double step) { return std::to_string(static_cast<int>(value / step)); }

/// The names of all groups that a customer belongs to: by the truth itself, and by everything that a model could see, alone and in pairs.
std::vector<std::string> groups_of(const SimulatedCustomer& customer, double probability) {
  const SessionHistory h = history_at_cutoff(customer.sessions);
  std::vector<std::string> names = {"all", "probability " + in_steps(probability, 0.05)};
  const std::string sessions = "sessions " + std::to_string(std::min<std::int64_t>(h.sessions, 12));
  const std::string recency = "silent for " + in_steps(std::sqrt(h.observed - h.last), 2.0);
  const std::string purchases = "purchases " + std::to_string(std::min<std::int64_t>(h.purchases, 4));
  names.insert(names.end(), {sessions, recency, purchases, "known for " + in_steps(h.observed, 40.0), sessions + ", " + recency,
                             purchases + ", " + recency});
  for (std::size_t c = 0; c < profile_cells; ++c) names.push_back("cell " + std::to_string(c) + " is " + std::to_string(customer.seen[c]));
  std::int64_t before = 0, carts = 0;
  for (const SimulatedEvent& event : customer.events)
    if (event.time < ShopCalendar::cutoff) {
      ++before;
      carts += event.type == ShopEvent::cart ? 1 : 0;
    }
  names.push_back("events a session " + in_steps(static_cast<double>(before) / static_cast<double>(h.sessions), 1.0));
  names.push_back("carts without a purchase " + std::to_string(std::min<std::int64_t>(carts - h.purchases, 4)));
  return names;
}

/// One pass over many customers for all that is asked of them.
class SimulatedBase : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const Shop shop(seed);
    for (std::int64_t id = 1; id <= customers; ++id) {
      const SimulatedCustomer customer = shop.simulate(id);
      const ShopTruth truth = shop.truth(customer);
      const Observed seen = in_horizon(customer);
      for (const std::string& name : groups_of(customer, truth.purchase)) purchase[name].add(seen.bought, truth.purchase);
      for (const std::string& name : groups_of(customer, truth.silence)) silence[name].add(seen.silent, truth.silence);
      add_class(shop, customer);
    }
  }

  static void TearDownTestSuite() {
    purchase.clear();
    silence.clear();
    classes.clear();
  }

  /// Customers of the same pattern of cells that are seen: how often each class.
  static void add_class(const Shop& shop, const SimulatedCustomer& customer) {
    std::string pattern = "cells";
    for (const std::int32_t cell : customer.seen) pattern += " " + std::to_string(cell);
    const double* given = shop.profiles().class_given(customer.seen);
    for (std::int32_t k = 0; k < ProfileNetwork::classes(); ++k)
      classes[pattern + " class " + std::to_string(k)].add(customer.profile.profile_class == k, given[k]);
  }

  static inline std::map<std::string, Tally> purchase, silence, classes;
};

TEST_F(SimulatedBase, PurchasesHappenAsOftenAsTheTruthSays) { expect_told(purchase, "purchases"); }

TEST_F(SimulatedBase, SilenceHappensAsOftenAsTheTruthSays) { expect_told(silence, "silence"); }

/// Some 600 groups of cells and class, so one more half of a standard error than above.
TEST_F(SimulatedBase, ClassesAreAsLikelyAsTheirCellsSay) {
  int with_missing = 0;
  for (const auto& [name, tally] : classes) {
    if (tally.variance < 25.0) continue;
    with_missing += name.find("-1") != std::string::npos ? 1 : 0;
    EXPECT_NEAR(tally.happened, tally.expected, 5.0 * std::sqrt(tally.variance)) << name;
  }
  EXPECT_GE(with_missing, 50);
}

TEST(Shop, EventsStayOnTheirSidesOfTheCutoff) {
  const Shop shop(seed);
  for (std::int64_t id = 1; id <= 20'000; ++id) {
    const SimulatedCustomer customer = shop.simulate(id);
    ASSERT_FALSE(customer.sessions.empty());
    ASSERT_LT(customer.sessions.front().start, ShopCalendar::cutoff);
    std::size_t session = 0, purchases = 0;
    std::int64_t last = 0;
    for (const SimulatedEvent& event : customer.events) {
      ASSERT_GE(event.time, last) << "customer " << id;
      last = event.time;
      if (event.type == ShopEvent::session_start) {
        ASSERT_EQ(event.time, customer.sessions[session].start) << "customer " << id;
        ++session;
        purchases = 0;
      }
      ASSERT_GE(session, 1U);
      const SimulatedSession& of = customer.sessions[session - 1];
      ASSERT_EQ(event.time < ShopCalendar::cutoff, of.start < ShopCalendar::cutoff) << "customer " << id;
      ASSERT_EQ(event.time < ShopCalendar::horizon_end, of.start < ShopCalendar::horizon_end) << "customer " << id;
      if (event.type == ShopEvent::purchase) {
        ASSERT_TRUE(of.purchase) << "customer " << id;
        ASSERT_EQ(++purchases, 1U) << "customer " << id;
        ASSERT_GE(event.item, 0);
        ASSERT_GE(event.quantity, 1);
      }
    }
    ASSERT_EQ(session, customer.sessions.size()) << "customer " << id;
  }
}

/// Calibration alone would let through a truth that knows too much: it must not move with anything that the files hide.
TEST(Shop, TheTruthLooksAtNothingHidden) {
  const Shop shop(seed);
  int hidden = 0;
  for (std::int64_t id = 1; id <= 2'000; ++id) {
    const SimulatedCustomer customer = shop.simulate(id);
    const ShopTruth told = shop.truth(customer);
    SimulatedCustomer bare;
    bare.seen = customer.seen;
    bare.profile.profile_class = (customer.profile.profile_class + 1) % ProfileNetwork::classes();
    bare.alive = !customer.alive;
    for (const SimulatedSession& session : customer.sessions)
      if (session.start < ShopCalendar::cutoff) bare.sessions.push_back(session);
    hidden += bare.sessions.size() < customer.sessions.size() ? 1 : 0;
    const ShopTruth again = shop.truth(bare);
    ASSERT_EQ(told.purchase, again.purchase) << "customer " << id;
    ASSERT_EQ(told.silence, again.silence) << "customer " << id;
  }
  EXPECT_GT(hidden, 300);
}

/// The state is latent, but not free: who left has no session after the cutoff.
TEST(Shop, WhoLeftDoesNotComeBack) {
  const Shop shop(seed);
  int left = 0;
  for (std::int64_t id = 1; id <= 5'000; ++id) {
    const SimulatedCustomer customer = shop.simulate(id);
    if (customer.alive) continue;
    ++left;
    ASSERT_LT(customer.sessions.back().start, ShopCalendar::cutoff) << "customer " << id;
  }
  EXPECT_GT(left, 1000);
}

TEST(Shop, AnotherSeedIsAnotherShop) {
  const SimulatedCustomer a = Shop(1).simulate(7), b = Shop(2).simulate(7), again = Shop(1).simulate(7);
  EXPECT_NE(a.lambda, b.lambda);
  EXPECT_EQ(a.lambda, again.lambda);
  EXPECT_EQ(a.events.size(), again.events.size());
}

}  // namespace
}  // namespace footfall
