#include "host/journeys/row_checks.hpp"

#include <algorithm>
#include <cmath>

#include "host/table/expression.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

bool missing(const Column& column, std::int64_t row) {
  return !column.is_valid(row) || (column.type == ColumnType::text && column.codes[static_cast<std::size_t>(row)] < 0);
}

/// A column name as an expression spells it.
std::string in_expression(const std::string& name) { return single_column(name) ? name : "`" + name + "`"; }

}  // namespace

void check_filled(const Table& table, const Column& column, bool filtered) {
  if (column.valid.empty() && column.type != ColumnType::text) return;
  for (std::int64_t row = 0; row < table.rows; ++row) {
    if (!missing(column, row)) continue;
    throw bad_input(table.place(row) + ": column \"" + column.name + "\" holds nothing",
                    filtered
                        ? "set [events] where = \"" + in_expression(column.name) + " is not null\" to leave such rows out, or fix the file"
                        : "fix the file");
  }
}

void check_amounts(const Table& table, const Column& amount) {
  const auto fits = [](double amount) { return !std::isinf(static_cast<float>(amount)); };
  if (amount.type == ColumnType::number && std::all_of(amount.numbers.begin(), amount.numbers.end(), fits)) return;
  for (std::int64_t row = 0; row < table.rows; ++row)
    if (std::isinf(static_cast<float>(amount.number_at(row))))
      throw bad_input(table.place(row) + ": the amount " + amount.name + " is infinite or too large",
                      "numbers reach to 3.4e38; fix the file, or leave the row out by [events] where");
}

void narrow(const Table& table, const Column& column, std::vector<float>& out) {
  out.resize(static_cast<std::size_t>(table.rows));
  if (column.type == ColumnType::number) {
    bool infinite = false;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(column.numbers[i]);
      infinite |= std::isinf(out[i]);
    }
    if (!infinite) return;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<float>(column.number_at(static_cast<std::int64_t>(i)));
    if (std::isinf(out[i]))
      throw bad_input(table.place(static_cast<std::int64_t>(i)) + ": column \"" + column.name + "\" holds " + column.show(static_cast<std::int64_t>(i)) + ", which is too large",
                      "numbers reach to 3.4e38; fix the file");
  }
}

}  // namespace footfall
