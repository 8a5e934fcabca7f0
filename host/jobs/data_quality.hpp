#pragma once

#include <nlohmann/json_fwd.hpp>

#include "host/journeys/base_reader.hpp"

namespace footfall {

/// What a reader of metrics.json should know of the data beside its size: rows of the customer table, customers that only one of the two
/// sources knows, and `missing_cells`: {"events": {COLUMN: cells}, "customers": {COLUMN: cells}}, of the columns that the job uses.
void add_data_quality(nlohmann::ordered_json& data, const ReadBase& read, const nlohmann::ordered_json& missing_cells);

/// Adds the missing cells of a base to those of others.
void add_missing_cells(nlohmann::ordered_json& missing_cells, const Base& base);

}  // namespace footfall
