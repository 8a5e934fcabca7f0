#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/base.hpp"
#include "host/table/table.hpp"

namespace footfall {

/// The customers of a base in its order, and where each row of the tables belongs.
struct CustomerOrder {
  CustomerIds ids;
  std::vector<std::int64_t> partition_first;  ///< [partitions + 1]
  std::vector<std::int64_t> of_event;         ///< an event row each: place of its customer
  std::vector<std::int64_t> of_profile;       ///< a row of the customer table each
};

/// Orders the union of the customers of both columns (each a column of kind id without missing cells, of the same type; either may be
/// null) by partition, then by ascending id: whole numbers by value, text by bytes.
[[nodiscard]] CustomerOrder order_customers(const Column* events, const Column* profiles);

/// The rows of a customer table without ids: each is a customer, its number (from 0) the id.
[[nodiscard]] CustomerOrder number_customers(std::int64_t rows);

/// Event rows by customer, in each by ascending time, rows of equal time in their order. `first` [customers + 1] cuts them.
struct EventOrder {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> first;
};
[[nodiscard]] EventOrder order_events(const std::vector<std::int64_t>& customer, std::int64_t customers,
                                      const std::vector<std::int64_t>& time);

}  // namespace footfall
