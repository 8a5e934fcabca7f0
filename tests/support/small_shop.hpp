#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace footfall::test {

/// A shop of a few hundred customers, made up for tests of whole jobs: small, with missing cells, customers without events and customers
/// without a row, and no two events at the same second.
struct SmallShop {
  struct Event {
    std::int64_t customer = 0;
    std::int64_t time = 0;  ///< seconds since 1970, within 120 days from 2025-03-01
    std::string type;       ///< view, cart, purchase
    std::int64_t item = 0;
    std::string price, revenue;  ///< cells; empty: missing
  };
  struct Customer {
    std::int64_t id = 0;
    std::string age, city, plan, member;  ///< member is yes or no; city may be empty
  };
  std::vector<Event> events;  ///< in no order
  std::vector<Customer> customers;

  /// customer_id,time,event,item_id,price,revenue
  [[nodiscard]] std::string events_csv() const;
  /// customer_id,age,city,plan,member
  [[nodiscard]] std::string customers_csv() const;
};

/// About nine events a customer; customers 1 to `customers` have events, the table also has some without.
[[nodiscard]] SmallShop make_small_shop(std::int64_t customers, std::uint64_t seed = 1);

/// "2025-05-20 00:00:01"
[[nodiscard]] std::string second_text(std::int64_t seconds);
/// 2025-05-20, the cutoff of the shop's job: thirty days of events come after it, and forty in all.
inline constexpr std::int64_t shop_cutoff = 1747699200;

/// The parts of a job file over a shop; each may be replaced.
struct ShopJob {
  std::string events = "files = [\"events.csv\"]\n";
  std::string customers = "files = [\"customers.csv\"]\n";
  std::string targets =
      "[[target]]\nname = \"purchase\"\nkind = \"happens\"\nevent = \"purchase\"\nhorizon = \"30d\"\n"
      "[[target]]\nname = \"spend\"\nkind = \"sum\"\nevent = \"purchase\"\nhorizon = \"30d\"\n"
      "[[target]]\nname = \"tariff\"\nkind = \"column\"\ncolumn = \"plan\"\n";
  std::string split = "cutoff = \"2025-05-20\"\n";
  std::string model = "lstm = [8]\nprofile = [8]\nmembers = 2\n";
  std::string train = "epochs = 1\nbatch = 64\n";

  /// Events with customer, time, type, item, amount, one number and one category; customers with age and city, member.
  [[nodiscard]] std::string text() const;
};

/// Line `number` (from 1) of a text, and the text with another line in its place.
[[nodiscard]] std::string line_of(const std::string& text, std::size_t number);
[[nodiscard]] std::string with_line(const std::string& text, std::size_t number, const std::string& line);
/// A CSV with another text in field `field` (from 0) of line `number` (from 1); without quotes.
[[nodiscard]] std::string with_field(const std::string& text, std::size_t number, std::size_t field, const std::string& cell);
/// A text with the first `from` replaced; the text must hold it.
[[nodiscard]] std::string with(const std::string& text, const std::string& from, const std::string& to);

}  // namespace footfall::test
