#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/base.hpp"
#include "host/journeys/customer_order.hpp"
#include "host/table/table.hpp"

namespace footfall {

/// Which lines (rows of the table) make up each event. Without a merge every event is one line.
struct EventLines {
  std::vector<std::int64_t> lines;        ///< by event, the earliest first
  std::vector<std::int64_t> first_line;   ///< [events + 1]
  std::vector<std::int64_t> first_event;  ///< [customers + 1]

  [[nodiscard]] std::int64_t events() const { return static_cast<std::int64_t>(first_line.size()) - 1; }
  [[nodiscard]] std::int64_t head(std::int64_t event) const {
    return lines[static_cast<std::size_t>(first_line[static_cast<std::size_t>(event)])];
  }
};

/// Every line an event.
[[nodiscard]] EventLines lines_alone(EventOrder order);

/// Lines of one customer that share the value of a text column are one event at the earliest of their times; a line without a value there
/// stands alone.
[[nodiscard]] EventLines lines_merged(const EventOrder& order, const Column& merge);

/// Column of the customer base from a column of the table: entry i is the cell of rows[i], missing where that is -1. The dictionary holds
/// the values in use, sorted.
[[nodiscard]] CategoryColumn take_names(const Column& column, const std::vector<std::int64_t>& rows);

/// The same for numbers. Throws bad_input with the place of a number that float32 cannot hold.
[[nodiscard]] NumberColumn take_numbers(const Table& table, const Column& column, const std::vector<std::int64_t>& rows);

/// The same for a column of any type, as it is.
[[nodiscard]] Column take_cells(const Column& column, const std::vector<std::int64_t>& rows);

/// Sum and mean of the cells of each event's lines that are not missing; missing where all are. Added by ascending value, so that the order
/// of the lines does not matter to the last bit.
struct LineSums {
  std::vector<double> sum;
  std::vector<double> mean;
};
[[nodiscard]] LineSums sum_lines(const std::vector<double>& cells, const EventLines& lines);

/// How many lines each event has.
[[nodiscard]] std::vector<float> count_lines(const EventLines& lines);

}  // namespace footfall
