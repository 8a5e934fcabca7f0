#include "host/simulate/shop_tables.hpp"

#include <cmath>
#include <limits>

namespace footfall {
namespace {

constexpr std::int64_t microseconds = 1'000'000;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

Table empty_table(const std::vector<OutputColumn>& columns) {
  Table table;
  for (const OutputColumn& column : columns) {
    Column& made = table.columns.emplace_back();
    made.name = column.name;
    made.type = column.type;
    made.resolution = column.resolution;
  }
  return table;
}

const std::vector<std::string>& words_of(ProfileCell cell) {
  static const std::vector<std::string> gender = {"female", "male", "other"};
  static const std::vector<std::string> city = {"metropolis", "town", "village"};
  static const std::vector<std::string> channel = {"search", "social", "email", "referral"};
  return cell == ProfileCell::gender ? gender : cell == ProfileCell::city ? city : channel;
}

void push_word(Column& column, std::int32_t code) {
  column.codes.push_back(code);
  column.valid.push_back(code >= 0 ? 1 : 0);
}

void push_whole(Column& column, std::int64_t value, bool there) {
  column.integers.push_back(there ? value : 0);
  column.valid.push_back(there ? 1 : 0);
}

}  // namespace

std::vector<OutputColumn> event_columns() {
  return {{"customer_id", ColumnType::integer}, {"time", ColumnType::timestamp, TimeResolution::seconds},
          {"event", ColumnType::text},          {"item_id", ColumnType::integer},
          {"category", ColumnType::text},       {"price", ColumnType::number},
          {"quantity", ColumnType::integer},    {"revenue", ColumnType::number}};
}

Table event_table(const Catalogue& catalogue, std::span<const SimulatedCustomer> customers) {
  Table table = empty_table(event_columns());
  enum : std::size_t { customer_id, time, event, item_id, category, price, quantity, revenue };
  std::vector<Column>& c = table.columns;
  c[event].dictionary = shop_event_names();
  c[category].dictionary = Catalogue::category_names();
  for (const SimulatedCustomer& customer : customers)
    for (const SimulatedEvent& e : customer.events) {
      const bool of_item = e.item >= 0;
      const double unit = of_item ? catalogue.price_of(e.item) : missing;
      c[customer_id].integers.push_back(customer.id);
      c[time].integers.push_back(e.time * microseconds);
      c[event].codes.push_back(static_cast<std::int32_t>(e.type));
      push_whole(c[item_id], e.item + 1, of_item);
      push_word(c[category], of_item ? catalogue.category_of(e.item) : -1);
      c[price].numbers.push_back(unit);
      push_whole(c[quantity], e.quantity, e.quantity > 0);
      c[revenue].numbers.push_back(e.quantity > 0 ? std::round(100.0 * unit * static_cast<double>(e.quantity)) / 100.0 : missing);
    }
  table.rows = static_cast<std::int64_t>(c[customer_id].integers.size());
  return table;
}

std::vector<OutputColumn> customer_columns() {
  return {{"customer_id", ColumnType::integer}, {"gender", ColumnType::text}, {"age", ColumnType::integer},
          {"income", ColumnType::integer},      {"city", ColumnType::text},   {"channel", ColumnType::text}};
}

Table customer_table(std::span<const SimulatedCustomer> customers) {
  Table table = empty_table(customer_columns());
  enum : std::size_t { customer_id, gender, age, income, city, channel };
  std::vector<Column>& c = table.columns;
  c[gender].dictionary = words_of(ProfileCell::gender);
  c[city].dictionary = words_of(ProfileCell::city);
  c[channel].dictionary = words_of(ProfileCell::channel);
  for (const SimulatedCustomer& customer : customers) {
    const auto seen = [&](ProfileCell cell) { return customer.seen[static_cast<std::size_t>(cell)]; };
    c[customer_id].integers.push_back(customer.id);
    push_word(c[gender], seen(ProfileCell::gender));
    push_whole(c[age], static_cast<std::int64_t>(customer.age), seen(ProfileCell::age) >= 0);
    push_whole(c[income], static_cast<std::int64_t>(customer.income), seen(ProfileCell::income) >= 0);
    push_word(c[city], seen(ProfileCell::city));
    push_word(c[channel], seen(ProfileCell::channel));
  }
  table.rows = static_cast<std::int64_t>(customers.size());
  return table;
}

std::vector<OutputColumn> truth_columns() {
  return {{"customer_id", ColumnType::integer},
          {"true_probability", ColumnType::number},
          {"true_churn", ColumnType::number},
          {"profile_class", ColumnType::text},
          {"lambda", ColumnType::number},
          {"p", ColumnType::number},
          {"theta", ColumnType::number},
          {"alive", ColumnType::boolean},
          {"cutoff", ColumnType::timestamp, TimeResolution::seconds}};
}

Table truth_table(std::span<const SimulatedCustomer> customers, std::span<const ShopTruth> truths) {
  Table table = empty_table(truth_columns());
  enum : std::size_t { customer_id, true_probability, true_churn, profile_class, lambda, p, theta, alive, cutoff };
  std::vector<Column>& c = table.columns;
  c[profile_class].dictionary = ProfileNetwork::class_names();
  for (std::size_t i = 0; i < customers.size(); ++i) {
    const SimulatedCustomer& customer = customers[i];
    c[customer_id].integers.push_back(customer.id);
    c[true_probability].numbers.push_back(truths[i].purchase);
    c[true_churn].numbers.push_back(truths[i].silence);
    c[profile_class].codes.push_back(customer.profile.profile_class);
    c[lambda].numbers.push_back(customer.lambda);
    c[p].numbers.push_back(customer.leave);
    c[theta].numbers.push_back(customer.buy);
    c[alive].integers.push_back(customer.alive ? 1 : 0);
    c[cutoff].integers.push_back(ShopCalendar::cutoff * microseconds);
  }
  table.rows = static_cast<std::int64_t>(customers.size());
  return table;
}

}  // namespace footfall
