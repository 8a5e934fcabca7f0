#pragma once

#include <span>
#include <vector>

#include "host/simulate/shop.hpp"
#include "host/table/write.hpp"

namespace footfall {

/// The three tables of a shop, as columns of its files and as rows of some customers, in their order.
[[nodiscard]] std::vector<OutputColumn> event_columns();
[[nodiscard]] Table event_table(const Catalogue& catalogue, std::span<const SimulatedCustomer> customers);

/// customer_id, gender, age, income, city, channel; cells are missing where the customer does not show them.
[[nodiscard]] std::vector<OutputColumn> customer_columns();
[[nodiscard]] Table customer_table(std::span<const SimulatedCustomer> customers);

/// customer_id, true_probability, true_churn, profile_class, lambda, p, theta, alive, cutoff.
[[nodiscard]] std::vector<OutputColumn> truth_columns();
[[nodiscard]] Table truth_table(std::span<const SimulatedCustomer> customers, std::span<const ShopTruth> truths);

}  // namespace footfall
