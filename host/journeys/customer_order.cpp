#include "host/journeys/customer_order.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <type_traits>
#include <unordered_map>

#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Distinct ids in the order of their first appearance, and the number of the id of each row.
template <class Id>
class Census {
 public:
  std::vector<std::int64_t> count(const Column* column) {
    std::vector<std::int64_t> numbers;
    if (column == nullptr) return numbers;
    numbers.resize(static_cast<std::size_t>(column->size()));
    if constexpr (std::is_same_v<Id, std::string>) {
      std::vector<std::int64_t> of_code(column->dictionary.size(), -1);  // a filter may have left words that no row uses
      for (std::size_t row = 0; row < numbers.size(); ++row) {
        const auto code = static_cast<std::size_t>(column->codes[row]);
        if (of_code[code] < 0) of_code[code] = number_of(column->dictionary[code]);
        numbers[row] = of_code[code];
      }
    } else {
      for (std::size_t row = 0; row < numbers.size(); ++row) {
        const bool repeated = row > 0 && column->integers[row] == column->integers[row - 1];  // logs often come grouped
        numbers[row] = repeated ? numbers[row - 1] : number_of(column->integers[row]);
      }
    }
    return numbers;
  }

  [[nodiscard]] const std::vector<Id>& ids() const { return ids_; }

 private:
  std::int64_t number_of(const Id& id) {
    const auto [entry, fresh] = numbers_.try_emplace(id, static_cast<std::int64_t>(ids_.size()));
    if (fresh) ids_.push_back(id);
    return entry->second;
  }

  std::unordered_map<Id, std::int64_t> numbers_;
  std::vector<Id> ids_;
};

template <class Id>
std::vector<Id>& list_of(CustomerIds& ids) {
  if constexpr (std::is_same_v<Id, std::string>)
    return ids.names;
  else
    return ids.numbers;
}

template <class Id>
CustomerOrder ordered(const Column* events, const Column* profiles) {
  Census<Id> census;
  CustomerOrder out;
  out.of_event = census.count(events);
  out.of_profile = census.count(profiles);
  const std::vector<Id>& ids = census.ids();

  std::vector<std::int32_t> partition(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) partition[i] = partition_of(ids[i]);
  std::vector<std::int64_t> by_place(ids.size());
  std::iota(by_place.begin(), by_place.end(), 0);
  std::sort(by_place.begin(), by_place.end(), [&](std::int64_t a, std::int64_t b) {
    const auto i = static_cast<std::size_t>(a);
    const auto j = static_cast<std::size_t>(b);
    return partition[i] != partition[j] ? partition[i] < partition[j] : ids[i] < ids[j];
  });

  out.ids.text = std::is_same_v<Id, std::string>;
  out.partition_first.assign(Base::partitions + 1, 0);
  std::vector<std::int64_t> place(ids.size());
  for (std::size_t i = 0; i < by_place.size(); ++i) {
    const auto number = static_cast<std::size_t>(by_place[i]);
    place[number] = static_cast<std::int64_t>(i);
    list_of<Id>(out.ids).push_back(ids[number]);
    ++out.partition_first[static_cast<std::size_t>(partition[number]) + 1];
  }
  std::partial_sum(out.partition_first.begin(), out.partition_first.end(), out.partition_first.begin());
  for (std::int64_t& customer : out.of_event) customer = place[static_cast<std::size_t>(customer)];
  for (std::int64_t& customer : out.of_profile) customer = place[static_cast<std::size_t>(customer)];
  return out;
}

}  // namespace

CustomerOrder order_customers(const Column* events, const Column* profiles) {
  const Column* some = events != nullptr ? events : profiles;
  require(some != nullptr, "customers are ordered by no column");
  return some->type == ColumnType::text ? ordered<std::string>(events, profiles) : ordered<std::int64_t>(events, profiles);
}

CustomerOrder number_customers(std::int64_t rows) {
  Column numbers;
  numbers.type = ColumnType::integer;
  numbers.integers.resize(static_cast<std::size_t>(rows));
  std::iota(numbers.integers.begin(), numbers.integers.end(), 0);
  return order_customers(nullptr, &numbers);
}

EventOrder order_events(const std::vector<std::int64_t>& customer, std::int64_t customers, const std::vector<std::int64_t>& time) {
  EventOrder out;
  out.first.assign(static_cast<std::size_t>(customers) + 1, 0);
  for (const std::int64_t c : customer) ++out.first[static_cast<std::size_t>(c) + 1];
  std::partial_sum(out.first.begin(), out.first.end(), out.first.begin());
  std::vector<std::int64_t> next(out.first.begin(), out.first.end() - 1);
  out.rows.resize(customer.size());
  for (std::size_t row = 0; row < customer.size(); ++row)
    out.rows[static_cast<std::size_t>(next[static_cast<std::size_t>(customer[row])]++)] = static_cast<std::int64_t>(row);
  const auto earlier = [&](std::int64_t a, std::int64_t b) {
    return time[static_cast<std::size_t>(a)] < time[static_cast<std::size_t>(b)];
  };
  for (std::size_t c = 0; c + 1 < out.first.size(); ++c) {
    const auto begin = out.rows.begin() + out.first[c];
    const auto end = out.rows.begin() + out.first[c + 1];
    if (!std::is_sorted(begin, end, earlier)) std::stable_sort(begin, end, earlier);
  }
  return out;
}

}  // namespace footfall
