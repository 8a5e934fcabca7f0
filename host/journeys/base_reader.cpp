#include "host/journeys/base_reader.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "host/journeys/clock.hpp"
#include "host/journeys/customer_order.hpp"
#include "host/journeys/event_lines.hpp"
#include "host/journeys/read_notices.hpp"
#include "host/journeys/requests.hpp"
#include "host/journeys/row_checks.hpp"
#include "host/journeys/store/journeys_store.hpp"
#include "host/table/read.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Both tables must hold ids of one kind, or no customer of one is found in the other.
void check_kinds(const Table& events, const Column& in_events, const Table& customers, const Column& in_customers) {
  if (in_events.type == in_customers.type) return;
  const bool text_in_events = in_events.type == ColumnType::text;
  const Table& table = text_in_events ? events : customers;
  const Column& column = text_in_events ? in_events : in_customers;
  for (std::int64_t row = 0; row < table.rows; ++row) {
    const std::string id = column.show(row);
    if (!id.empty() && id.find_first_not_of("0123456789") == std::string::npos) continue;
    throw bad_input(fmt::format("{}: customer \"{}\" is text, and the customers of {} are whole numbers", table.place(row), id,
                                text_in_events ? "[customers]" : "[events]"),
                    "both must be of one kind; fix the files");
  }
  throw bad_input("the customers of [events] and [customers] are text in one and whole numbers in the other",
                  "both must be of one kind; fix the files");
}

/// The row of the customer table of each customer, -1 without one.
std::vector<std::int64_t> row_of_customer(const CustomerOrder& order, const Table& table) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(order.ids.size()), -1);
  for (std::size_t row = 0; row < order.of_profile.size(); ++row) {
    std::int64_t& known = rows[static_cast<std::size_t>(order.of_profile[row])];
    if (known >= 0)
      throw bad_input(fmt::format("{}: customer \"{}\" is in the table twice, first at {}", table.place(static_cast<std::int64_t>(row)),
                                  order.ids.name(order.of_profile[row]), table.place(known)),
                      "keep one row a customer");
    known = static_cast<std::int64_t>(row);
  }
  return rows;
}

NumberColumn as_column(std::string name, const std::vector<double>& values, const Table& table, const EventLines& lines) {
  NumberColumn out{.name = std::move(name), .values = std::vector<float>(values.begin(), values.end())};
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isinf(out.values[i]))
      throw bad_input(
          table.place(lines.head(static_cast<std::int64_t>(i))) + ": " + out.name + " is too large for the event that begins here",
          "numbers reach to 3.4e38; fix the file");
  return out;
}

void take_merged_numbers(Journeys& journeys, const Table& table, const EventsSpec& spec, const EventLines& lines) {
  const std::vector<std::string> names = event_number_names(spec);
  for (const std::string& name : spec.numeric) {
    const LineSums sums = sum_lines(table.at(name).as_numbers(), lines);
    journeys.numeric.push_back(as_column(names[journeys.numeric.size()], sums.sum, table, lines));
    journeys.numeric.push_back(as_column(names[journeys.numeric.size()], sums.mean, table, lines));
  }
  journeys.numeric.push_back({.name = names.back(), .values = count_lines(lines)});
}

Journeys take_journeys(const Table& table, const EventsSpec& spec, const CustomerOrder& customers) {
  const Column& time = table.at(spec.time);
  EventOrder order = order_events(customers.of_event, customers.ids.size(), time.integers);
  const bool merged = !spec.merge.empty();
  const EventLines lines = merged ? lines_merged(order, table.at(spec.merge)) : lines_alone(std::move(order));
  std::vector<std::int64_t> heads(static_cast<std::size_t>(lines.events()));
  for (std::size_t event = 0; event < heads.size(); ++event) heads[event] = lines.head(static_cast<std::int64_t>(event));

  Journeys out;
  out.clock = clock_of(time);
  out.first = lines.first_event;
  for (const std::int64_t row : heads) out.time.push_back(time.integers[static_cast<std::size_t>(row)]);
  if (!spec.amount.empty()) out.amount = sum_lines(table.at(amount_column(spec)).as_numbers(), lines).sum;
  if (!spec.type.empty()) out.type = take_names(table.at(spec.type), heads);
  if (!spec.item.empty()) out.item = take_names(table.at(spec.item), heads);
  for (const std::string& name : spec.categorical) out.categorical.push_back(take_names(table.at(name), heads));
  if (merged)
    take_merged_numbers(out, table, spec, lines);
  else
    for (const std::string& name : spec.numeric) out.numeric.push_back(take_numbers(table, table.at(name), heads));
  return out;
}

Profiles take_profiles(const Table& table, const CustomersSpec& spec, const std::vector<std::int64_t>& rows) {
  Profiles out;
  for (const std::int64_t row : rows) out.present.push_back(row >= 0 ? 1 : 0);
  for (const std::string& name : spec.numeric.names) out.numeric.push_back(take_numbers(table, table.at(name), rows));
  for (const std::string& name : spec.categorical.names) out.categorical.push_back(take_names(table.at(name), rows));
  return out;
}

Table read_events(const Job& job) {
  const ReadRequest request = events_request(job);
  Table table = read_table(request);
  check_filled(table, table.at(job.events->customer), true);
  check_filled(table, table.at(job.events->time), true);
  if (!job.events->amount.empty()) check_amounts(table, table.at(amount_column(*job.events)));
  return table;
}

Table read_customers(const Job& job, bool targets) {
  Table table = read_table(customers_request(job, targets));
  if (!job.customers->customer.empty()) check_filled(table, table.at(job.customers->customer), false);
  return table;
}

CustomerOrder order_of(const Job& job, const Table* events, const Table* customers) {
  const Column* in_events = events != nullptr ? &events->at(job.events->customer) : nullptr;
  if (customers != nullptr && job.customers->customer.empty()) return number_customers(customers->rows);
  const Column* in_customers = customers != nullptr ? &customers->at(job.customers->customer) : nullptr;
  if (in_events != nullptr && in_customers != nullptr) check_kinds(*events, *in_events, *customers, *in_customers);
  return order_customers(in_events, in_customers);
}

void count_customers(const Base& base, ReadCounts& counts) {
  if (!base.journeys || !base.profiles) return;
  for (std::size_t i = 0; i < static_cast<std::size_t>(base.customers()); ++i) {
    if (base.journeys->first[i] == base.journeys->first[i + 1]) ++counts.customers_without_events;
    if (base.profiles->present[i] == 0) ++counts.customers_without_row;
  }
}

}  // namespace

ReadBase read_base(const Job& job, const BaseOptions& options) {
  if (!job.journeys.empty()) return read_stored(job, options.targets);
  ReadBase out;
  out.job = resolved_job(job, options.targets, out.notices);
  std::optional<Table> events, customers;
  if (out.job.events) events = read_events(out.job);
  if (out.job.customers) customers = read_customers(out.job, options.targets);

  CustomerOrder order = order_of(out.job, events ? &*events : nullptr, customers ? &*customers : nullptr);
  if (events) {
    out.base.journeys = take_journeys(*events, *out.job.events, order);
    out.counts.event_rows = events->rows_read;
    out.counts.event_rows_filtered = events->rows_read - events->rows;
    out.counts.events = out.base.journeys->events();
    out.counts.event_rows_merged = events->rows - out.counts.events;
  }
  if (customers) {
    const std::vector<std::int64_t> rows = row_of_customer(order, *customers);
    out.base.profiles = take_profiles(*customers, *out.job.customers, rows);
    out.counts.customer_rows = customers->rows_read;
    if (options.targets)
      for (const std::string& name : out.job.target_columns()) out.targets.emplace(name, take_cells(customers->at(name), rows));
  }
  out.base.ids = std::move(order.ids);
  out.base.partition_first = std::move(order.partition_first);
  count_customers(out.base, out.counts);
  if (events) {
    const TimeRange range = time_range(*out.base.journeys);
    const std::int64_t now = now_on(out.base.journeys->clock);
    const std::vector<std::int64_t>& times = out.base.journeys->time;
    const std::int64_t future = std::count_if(times.begin(), times.end(), [now](std::int64_t t) { return t > now; });
    add_event_notices({out.base.journeys->clock, range, future}, *out.job.events, out.counts, out.notices);
  }
  if (out.base.profiles) {
    const auto present = std::count(out.base.profiles->present.begin(), out.base.profiles->present.end(), std::uint8_t{1});
    for (const CategoryColumn& column : out.base.profiles->categorical)
      add_identifier_notice(column.name, static_cast<std::int64_t>(column.dictionary.size()), present, out.notices);
  }
  return out;
}

}  // namespace footfall
