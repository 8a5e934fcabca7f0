#include "host/job/job.hpp"
#include "engine/data/near_names.hpp"
#include "kernels/error.hpp"

#include <algorithm>

namespace footfall {
namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_present(const Job& job, const std::vector<std::string>& names, const std::vector<std::string>& seen, const std::string& key) {
  for (const std::string& name : names)
    if (!holds(seen, name))
      throw bad_input(job.source + ": " + key + " names the column \"" + name + "\", which the customer table lacks",
                      suggest_names(name, seen));
}

void drop(std::vector<std::string>& names, const std::vector<std::string>& unwanted) {
  std::erase_if(names, [&](const std::string& name) { return holds(unwanted, name); });
}

}  // namespace

void resolve_columns(Job& job, const std::vector<SeenColumn>& customer_table) {
  if (!job.customers) return;
  CustomersSpec& customers = *job.customers;
  std::vector<std::string> seen;
  for (const SeenColumn& column : customer_table) seen.push_back(column.name);
  check_present(job, customers.numeric.names, seen, "[customers] numeric");
  check_present(job, customers.categorical.names, seen, "[customers] categorical");
  if (customers.numeric.automatic || customers.categorical.automatic) check_present(job, customers.ignore, seen, "[customers] ignore");
  if (!customers.customer.empty()) check_present(job, {customers.customer}, seen, "[customers] customer");
  const std::vector<std::string> targets = job.target_columns();
  for (const TargetSpec& target : job.targets)
    if (!target.windowed()) check_present(job, {target.column}, seen, "target \"" + target.name + "\"");

  // Names that a list gives stay where they are, so "auto" beside a list takes only what is left.
  const std::vector<std::string> named_numeric = customers.numeric.names;
  const std::vector<std::string> named_categorical = customers.categorical.names;
  const auto free = [&](const std::string& name) {
    return name != customers.customer && !holds(customers.ignore, name) && !holds(targets, name) && !holds(named_numeric, name) &&
           !holds(named_categorical, name);
  };
  for (const SeenColumn& column : customer_table) {
    if (!free(column.name) || column.kind == SeenColumn::Kind::other) continue;
    ColumnChoice& choice = column.kind == SeenColumn::Kind::number ? customers.numeric : customers.categorical;
    if (choice.automatic) choice.names.push_back(column.name);
  }
  customers.numeric.automatic = false;
  customers.categorical.automatic = false;
  drop(customers.numeric.names, targets);
  drop(customers.categorical.names, targets);
  if (!job.events && customers.numeric.names.empty() && customers.categorical.names.empty())
    throw bad_input(job.source + ": [customers] leaves no column to learn from",
                    "set numeric = \"auto\" and categorical = \"auto\", or name columns");
}

}  // namespace footfall
