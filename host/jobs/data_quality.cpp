#include "host/jobs/data_quality.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace footfall {
namespace {

using nlohmann::ordered_json;

template <class Number>
std::int64_t missing_of(const std::vector<Number>& values) {
  return std::count_if(values.begin(), values.end(), [](const Number v) { return std::isnan(v); });
}

std::int64_t missing_of(const CategoryColumn& column) { return std::count(column.codes.begin(), column.codes.end(), -1); }

ordered_json missing_of(const Journeys& journeys) {
  ordered_json out = ordered_json::object();
  if (!journeys.amount.empty()) out["amount"] = missing_of(journeys.amount);
  if (!journeys.type.dictionary.empty()) out["type"] = missing_of(journeys.type);
  if (!journeys.item.dictionary.empty()) out["item"] = missing_of(journeys.item);
  for (const NumberColumn& column : journeys.numeric) out[column.name] = missing_of(column.values);
  for (const CategoryColumn& column : journeys.categorical) out[column.name] = missing_of(column);
  return out;
}

/// Customers that the table lacks have every cell missing; they are counted apart, so they are taken off here.
ordered_json missing_of(const Profiles& profiles) {
  ordered_json out = ordered_json::object();
  const auto absent = static_cast<std::int64_t>(std::count(profiles.present.begin(), profiles.present.end(), std::uint8_t{0}));
  for (const NumberColumn& column : profiles.numeric) out[column.name] = missing_of(column.values) - absent;
  for (const CategoryColumn& column : profiles.categorical) out[column.name] = missing_of(column) - absent;
  return out;
}

void add_counts(ordered_json& to, const ordered_json& from) {
  for (const auto& [name, cells] : from.items()) to[name] = to.value(name, std::int64_t{0}) + cells.get<std::int64_t>();
}

}  // namespace

void add_missing_cells(ordered_json& missing_cells, const Base& base) {
  if (missing_cells.is_null()) missing_cells = ordered_json::object();
  if (base.journeys) {
    if (!missing_cells.contains("events")) missing_cells["events"] = ordered_json::object();
    add_counts(missing_cells["events"], missing_of(*base.journeys));
  }
  if (base.profiles) {
    if (!missing_cells.contains("customers")) missing_cells["customers"] = ordered_json::object();
    add_counts(missing_cells["customers"], missing_of(*base.profiles));
  }
}

void add_data_quality(ordered_json& data, const ReadBase& read, const ordered_json& missing_cells) {
  if (read.base.profiles) data["customer_rows"] = read.counts.customer_rows;
  if (read.base.journeys && read.base.profiles) {
    data["customers_without_events"] = read.counts.customers_without_events;
    data["customers_without_row"] = read.counts.customers_without_row;
  }
  data["missing_cells"] = missing_cells;
}

}  // namespace footfall
