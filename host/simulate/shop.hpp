#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/simulate/catalogue.hpp"
#include "host/simulate/profile_network.hpp"
#include "host/simulate/session_process.hpp"

namespace footfall {

/// The calendar of every simulated shop, in seconds since 1970.
struct ShopCalendar {
  static constexpr std::int64_t day = 86'400;
  static constexpr std::int64_t opening = 1'717'200'000;       ///< 2024-06-01: the first customers come
  static constexpr std::int64_t cutoff = opening + 365 * day;  ///< 2025-06-01: the last ones do, and the truth is told
  static constexpr std::int64_t horizon_days = 30;
  static constexpr std::int64_t horizon_end = cutoff + horizon_days * day;
  static constexpr std::int64_t closing = horizon_end + 5 * day;  ///< events go on to here, so that the horizon is seen to its end
};

enum class ShopEvent : std::int32_t { session_start, page_view, search, favourite, cart, purchase };
[[nodiscard]] const std::vector<std::string>& shop_event_names();

struct SimulatedEvent {
  std::int64_t time = 0;  ///< seconds since 1970
  ShopEvent type = ShopEvent::session_start;
  std::int32_t item = -1;     ///< -1: of no item
  std::int64_t quantity = 0;  ///< purchases only
};

struct SimulatedSession {
  std::int64_t start = 0;  ///< seconds since 1970
  bool purchase = false;
};

/// One customer from the first session to the closing of the shop.
struct SimulatedCustomer {
  std::int64_t id = 0;
  ProfileNetwork::Profile profile;
  ProfileStates seen{};                    ///< the cells that the customer table shows; -1: missing
  double age = 0.0;                        ///< years, of the age band
  double income = 0.0;                     ///< a year, of the income band
  double lambda = 0.0;                     ///< sessions a day
  double leave = 0.0;                      ///< chance of leaving after a session
  double buy = 0.0;                        ///< chance of a purchase in a session
  bool alive = true;                       ///< not left before the cutoff
  std::vector<SimulatedSession> sessions;  ///< in order of time, at least one before the cutoff
  std::vector<SimulatedEvent> events;      ///< in order of time, session by session; none outside its session's side of the cutoff
};

/// What the best model could say of a customer at the cutoff, from all that the files show.
struct ShopTruth {
  double purchase = 0.0;  ///< P(a purchase in the horizon)
  double silence = 0.0;   ///< P(no event in the horizon)
};

/// A shop with a known truth: customers of a profile, their sessions and events. A customer is a function of (seed, id) alone.
class Shop {
 public:
  explicit Shop(std::uint64_t seed);

  [[nodiscard]] SimulatedCustomer simulate(std::int64_t id) const;
  [[nodiscard]] ShopTruth truth(const SimulatedCustomer& customer) const;

  [[nodiscard]] const ProfileNetwork& profiles() const { return profiles_; }
  [[nodiscard]] const Catalogue& catalogue() const { return catalogue_; }
  [[nodiscard]] static const std::vector<SessionProcess>& processes();  ///< by class

 private:
  void draw_profile(SimulatedCustomer& customer) const;
  void draw_sessions(SimulatedCustomer& customer) const;
  void draw_events(SimulatedCustomer& customer) const;

  std::uint64_t seed_;
  ProfileNetwork profiles_;
  Catalogue catalogue_;
};

/// The history that the sessions before the cutoff are.
[[nodiscard]] SessionHistory history_at_cutoff(const std::vector<SimulatedSession>& sessions);

}  // namespace footfall
