#include "tests/support/small_shop.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <set>
#include <stdexcept>
#include <utility>

#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

constexpr std::int64_t first_second = 1740787200;  // 2025-03-01
constexpr std::int64_t day = 86400;
constexpr double days = 120.0;

double share(Numbers& numbers) { return (numbers.next() + 1.0) / 2.0; }

std::string cents(std::int64_t value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%lld.%02lld", static_cast<long long>(value / 100), static_cast<long long>(value % 100));
  return text.data();
}

void add_events(SmallShop& shop, std::int64_t customer, Numbers& numbers, std::set<std::int64_t>& taken) {
  constexpr std::array<const char*, 4> types = {"view", "view", "cart", "purchase"};
  const double pause = 2.0 + 20.0 * share(numbers);  // mean days between events: what tells customers apart
  double at = 30.0 * share(numbers);
  do {
    std::int64_t time = first_second + static_cast<std::int64_t>(at * static_cast<double>(day));
    while (!taken.insert(time).second) ++time;
    const std::string type = types[static_cast<std::size_t>(numbers.below(4))];
    const std::string price = cents(100 + numbers.below(5000));
    shop.events.push_back({customer, time, type, numbers.below(30), share(numbers) < 0.1 ? "" : price, type == "purchase" ? price : ""});
    at -= pause * std::log(1.0 - share(numbers));
  } while (at < days && share(numbers) > 0.04);
}

}  // namespace

std::string second_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return text.data();
}

std::string SmallShop::events_csv() const {
  std::string text = "customer_id,time,event,item_id,price,revenue\n";
  for (const Event& e : events)
    text += std::to_string(e.customer) + "," + second_text(e.time) + "," + e.type + "," + std::to_string(e.item) + "," + e.price + "," +
            e.revenue + "\n";
  return text;
}

std::string SmallShop::customers_csv() const {
  std::string text = "customer_id,age,city,plan,member\n";
  for (const Customer& c : customers) text += std::to_string(c.id) + "," + c.age + "," + c.city + "," + c.plan + "," + c.member + "\n";
  return text;
}

SmallShop make_small_shop(std::int64_t customers, std::uint64_t seed) {
  constexpr std::array<const char*, 4> cities = {"Lyon", "Oslo", "Rome", ""};
  constexpr std::array<const char*, 3> plans = {"basic", "family", "plus"};
  Numbers numbers(seed);
  SmallShop shop;
  std::set<std::int64_t> taken;
  for (std::int64_t c = 1; c <= customers; ++c) add_events(shop, c, numbers, taken);
  for (std::size_t i = shop.events.size(); i > 1; --i)
    std::swap(shop.events[i - 1], shop.events[static_cast<std::size_t>(numbers.below(static_cast<std::int64_t>(i)))]);
  for (std::int64_t c = 1; c <= customers + customers / 10; ++c) {
    if (c % 17 == 0) continue;  // no row in the table
    const std::string age = share(numbers) < 0.1 ? "" : std::to_string(18 + numbers.below(60));
    shop.customers.push_back({c, age, cities[static_cast<std::size_t>(numbers.below(4))], plans[static_cast<std::size_t>(numbers.below(3))],
                              share(numbers) < 0.5 ? "yes" : "no"});
  }
  return shop;
}

std::string ShopJob::text() const {
  std::string text;
  if (!events.empty())
    text +=
        "[events]\n" + events +
        "customer = \"customer_id\"\ntime = \"time\"\ntype = \"event\"\nitem = \"item_id\"\namount = \"revenue\"\nnumeric = [\"price\"]\n"
        "categorical = [\"event\"]\nmax_length = 16\n";
  if (!customers.empty())
    text += "[customers]\n" + customers + "customer = \"customer_id\"\nnumeric = [\"age\"]\ncategorical = [\"city\", \"member\"]\n";
  return text + targets + "[split]\n" + split + "[model]\n" + model + "[train]\n" + train;
}

namespace {

/// Where a line begins and how long it is, without its end.
std::pair<std::size_t, std::size_t> place_of_line(const std::string& text, std::size_t number) {
  std::size_t begin = 0;
  for (std::size_t line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) throw std::out_of_range("the text has fewer lines");
    begin = end + 1;
  }
  const std::size_t end = text.find('\n', begin);
  return {begin, (end == std::string::npos ? text.size() : end) - begin};
}

}  // namespace

std::string line_of(const std::string& text, std::size_t number) {
  const auto [begin, length] = place_of_line(text, number);
  return text.substr(begin, length);
}

std::string with_line(const std::string& text, std::size_t number, const std::string& line) {
  const auto [begin, length] = place_of_line(text, number);
  return text.substr(0, begin) + line + text.substr(begin + length);
}

std::string with_field(const std::string& text, std::size_t number, std::size_t field, const std::string& cell) {
  const std::string line = line_of(text, number);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < field; ++i) begin = line.find(',', begin) + 1;
  const std::size_t end = line.find(',', begin);
  return with_line(text, number, line.substr(0, begin) + cell + (end == std::string::npos ? "" : line.substr(end)));
}

std::string with(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::out_of_range("the text does not hold " + from);
  return text.substr(0, at) + to + text.substr(at + from.size());
}

}  // namespace footfall::test
