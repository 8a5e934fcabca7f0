#include "host/simulate/shop.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace footfall {
namespace {

/// How often a cell of the customer table is empty, whatever it would hold.
constexpr std::array<double, profile_cells> missing_share = {0.06, 0.08, 0.15, 0.04, 0.03};

constexpr std::array<double, 6> age_edges = {18, 25, 35, 50, 65, 80};
constexpr std::array<double, 5> income_edges = {9'000, 22'000, 38'000, 62'000, 140'000};

double days(std::int64_t seconds) { return static_cast<double>(seconds) / static_cast<double>(ShopCalendar::day); }

/// Where events that start at or before the end of a session may lie: none crosses the cutoff or the end of the horizon, or reaches into
/// the next session.
std::int64_t latest_event(std::int64_t start, std::int64_t next_start) {
  std::int64_t latest = next_start;
  for (const std::int64_t wall : {ShopCalendar::cutoff, ShopCalendar::horizon_end})
    if (start < wall) latest = std::min(latest, wall - 1);
  return std::max(latest, start);
}

}  // namespace

const std::vector<std::string>& shop_event_names() {
  static const std::vector<std::string> names = {"session_start", "page_view", "search", "favourite", "cart", "purchase"};
  return names;
}

const std::vector<SessionProcess>& Shop::processes() {
  static const std::vector<SessionProcess> by_class = {
      {2.4, 60.0, 0.8, 15.2, 4.0, 6.0},  // loyal: a session in 25 days, 5 % leave after one, 40 % hold a purchase
      {1.8, 60.0, 1.0, 9.0, 2.5, 7.5},   // regular: one in 33 days, 10 % leave, a quarter
      {1.5, 60.0, 1.2, 6.8, 3.0, 7.0},   // bargain: one in 40 days, 15 % leave, 30 %
      {1.2, 40.0, 1.5, 4.5, 1.5, 8.5},   // passing: one in 33 days, a quarter leaves, 15 %
  };
  return by_class;
}

Shop::Shop(std::uint64_t seed) : seed_(seed), catalogue_(seed) {}

SimulatedCustomer Shop::simulate(std::int64_t id) const {
  SimulatedCustomer customer;
  customer.id = id;
  draw_profile(customer);
  draw_sessions(customer);
  draw_events(customer);
  return customer;
}

void Shop::draw_profile(SimulatedCustomer& customer) const {
  SubjectDraws draws(seed_, DrawSubject::profile, static_cast<std::uint64_t>(customer.id));
  customer.profile = profiles_.draw(draws);
  customer.seen = customer.profile.cells;
  for (std::size_t c = 0; c < profile_cells; ++c)
    if (draws.chance(missing_share[c])) customer.seen[c] = -1;
  const auto age = static_cast<std::size_t>(customer.profile.cells[static_cast<std::size_t>(ProfileCell::age)]);
  customer.age = std::floor(age_edges[age] + (age_edges[age + 1] - age_edges[age]) * draws.uniform());
  const auto income = static_cast<std::size_t>(customer.profile.cells[static_cast<std::size_t>(ProfileCell::income)]);
  const double ratio = income_edges[income + 1] / income_edges[income];
  customer.income = 100.0 * std::floor(income_edges[income] * std::pow(ratio, draws.uniform()) / 100.0);
}

void Shop::draw_sessions(SimulatedCustomer& customer) const {
  const SessionProcess& process = processes()[static_cast<std::size_t>(customer.profile.profile_class)];
  SubjectDraws latent(seed_, DrawSubject::latent, static_cast<std::uint64_t>(customer.id));
  customer.lambda = latent.gamma(process.rate_shape) / process.rate_scale;
  customer.leave = latent.beta(process.leave_a, process.leave_b);
  customer.buy = latent.beta(process.buy_a, process.buy_b);
  SubjectDraws draws(seed_, DrawSubject::sessions, static_cast<std::uint64_t>(customer.id));
  const double opened = days(ShopCalendar::cutoff - ShopCalendar::opening);
  const double closes = days(ShopCalendar::closing - ShopCalendar::opening);
  double time = opened * draws.uniform();
  while (time < closes) {
    const auto start = ShopCalendar::opening + static_cast<std::int64_t>(time * static_cast<double>(ShopCalendar::day));
    customer.sessions.push_back({start, draws.chance(customer.buy)});
    if (draws.chance(customer.leave)) {
      customer.alive = start >= ShopCalendar::cutoff;
      return;
    }
    time += draws.exponential() / customer.lambda;
  }
}

/// What a session holds beside its time and its purchase is drawn without a look at class, profile or the latent rates, so it tells nothing
/// more of them and the truth stays exact.
void Shop::draw_events(SimulatedCustomer& customer) const {
  SubjectDraws draws(seed_, DrawSubject::contents, static_cast<std::uint64_t>(customer.id));
  const auto favourite = static_cast<std::int32_t>(draws.below(static_cast<std::int64_t>(Catalogue::category_names().size())));
  for (std::size_t s = 0; s < customer.sessions.size(); ++s) {
    const SimulatedSession& session = customer.sessions[s];
    const std::int64_t latest =
        latest_event(session.start, s + 1 < customer.sessions.size() ? customer.sessions[s + 1].start : ShopCalendar::closing);
    std::int64_t time = session.start;
    std::int32_t item = -1;
    const auto add = [&](ShopEvent type, std::int32_t of_item, std::int64_t quantity = 0) {
      customer.events.push_back({std::min(time, latest), type, of_item, quantity});
      time += 5 + static_cast<std::int64_t>(40.0 * draws.exponential());
    };
    add(ShopEvent::session_start, -1);
    for (std::int64_t looks = 1 + draws.geometric(1.2); looks > 0; --looks) {
      if (draws.chance(0.2)) add(ShopEvent::search, -1);
      item = catalogue_.draw_item(favourite, draws);
      add(ShopEvent::page_view, item);
      if (draws.chance(0.1)) add(ShopEvent::favourite, item);
    }
    if (session.purchase || draws.chance(0.15)) add(ShopEvent::cart, item);
    if (session.purchase) add(ShopEvent::purchase, item, 1 + draws.geometric(0.3));
  }
}

SessionHistory history_at_cutoff(const std::vector<SimulatedSession>& sessions) {
  SessionHistory history{0, 0.0, days(ShopCalendar::cutoff - sessions.front().start), 0};
  for (const SimulatedSession& session : sessions) {
    if (session.start >= ShopCalendar::cutoff) break;
    ++history.sessions;
    history.last = days(session.start - sessions.front().start);
    history.purchases += session.purchase ? 1 : 0;
  }
  return history;
}

/// The class is not known: its answers are mixed by its posterior, which is P(class | cells seen) x P(history | class).
ShopTruth Shop::truth(const SimulatedCustomer& customer) const {
  const SessionHistory history = history_at_cutoff(customer.sessions);
  const double* prior = profiles_.class_given(customer.seen);
  const auto classes = processes().size();
  std::vector<double> weight(classes);
  for (std::size_t k = 0; k < classes; ++k) weight[k] = std::log(prior[k]) + log_likelihood(processes()[k], history);
  const double largest = *std::max_element(weight.begin(), weight.end());
  ShopTruth truth;
  double sum = 0.0;
  for (std::size_t k = 0; k < classes; ++k) {
    const double share = std::exp(weight[k] - largest);
    sum += share;
    truth.purchase += share * purchase_probability(processes()[k], history, ShopCalendar::horizon_days);
    truth.silence += share * silence_probability(processes()[k], history, ShopCalendar::horizon_days);
  }
  truth.purchase /= sum;
  truth.silence /= sum;
  return truth;
}

}  // namespace footfall
