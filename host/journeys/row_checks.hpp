#pragma once

#include <vector>

#include "host/table/table.hpp"

namespace footfall {

/// Throws bad_input with the place of the first row where the column holds nothing. `filtered`: the table has a row filter, which the
/// remedy may name.
void check_filled(const Table& table, const Column& column, bool filtered);

/// Throws bad_input with the place of an amount that float32 cannot hold.
void check_amounts(const Table& table, const Column& amount);

/// The column as float32, NaN where missing. Throws bad_input with the place of a number that float32 cannot hold.
void narrow(const Table& table, const Column& column, std::vector<float>& out);

}  // namespace footfall
