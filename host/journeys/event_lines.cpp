#include "host/journeys/event_lines.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/error.hpp"

namespace footfall {

EventLines lines_alone(EventOrder order) {
  EventLines out;
  out.lines = std::move(order.rows);
  out.first_event = std::move(order.first);
  out.first_line.resize(out.lines.size() + 1);
  std::iota(out.first_line.begin(), out.first_line.end(), 0);
  return out;
}

EventLines lines_merged(const EventOrder& order, const Column& merge) {
  EventLines out;
  out.lines.resize(order.rows.size());
  out.first_line.push_back(0);
  out.first_event.push_back(0);
  std::vector<std::int64_t> event_of_code(merge.dictionary.size(), -1);  // events of the customer at hand; older ones lie below its first
  std::vector<std::int64_t> event_of_line, lines_of_event;
  for (std::size_t customer = 0; customer + 1 < order.first.size(); ++customer) {
    const std::int64_t first_event = out.first_event.back();
    const std::int64_t begin = order.first[customer];
    const std::int64_t end = order.first[customer + 1];
    event_of_line.clear();
    lines_of_event.clear();
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int32_t code = merge.codes[static_cast<std::size_t>(order.rows[static_cast<std::size_t>(i)])];
      std::int64_t event = code < 0 ? -1 : event_of_code[static_cast<std::size_t>(code)];
      if (event < first_event) {
        event = first_event + static_cast<std::int64_t>(lines_of_event.size());
        if (code >= 0) event_of_code[static_cast<std::size_t>(code)] = event;
        lines_of_event.push_back(0);
      }
      event_of_line.push_back(event - first_event);
      ++lines_of_event[static_cast<std::size_t>(event - first_event)];
    }
    for (const std::int64_t count : lines_of_event) out.first_line.push_back(out.first_line.back() + count);
    std::vector<std::int64_t> next(out.first_line.begin() + first_event, out.first_line.end() - 1);
    for (std::int64_t i = begin; i < end; ++i) {
      std::int64_t& place = next[static_cast<std::size_t>(event_of_line[static_cast<std::size_t>(i - begin)])];
      out.lines[static_cast<std::size_t>(place++)] = order.rows[static_cast<std::size_t>(i)];
    }
    out.first_event.push_back(first_event + static_cast<std::int64_t>(lines_of_event.size()));
  }
  return out;
}

CategoryColumn take_names(const Column& column, const std::vector<std::int64_t>& rows) {
  std::vector<std::int32_t> place(column.dictionary.size(), -1);
  for (const std::int64_t row : rows)
    if (row >= 0 && column.codes[static_cast<std::size_t>(row)] >= 0)
      place[static_cast<std::size_t>(column.codes[static_cast<std::size_t>(row)])] = 0;
  std::vector<std::int32_t> used;
  for (std::size_t code = 0; code < place.size(); ++code)
    if (place[code] == 0) used.push_back(static_cast<std::int32_t>(code));
  std::sort(used.begin(), used.end(), [&](std::int32_t a, std::int32_t b) {
    return column.dictionary[static_cast<std::size_t>(a)] < column.dictionary[static_cast<std::size_t>(b)];
  });

  CategoryColumn out{.name = column.name, .codes = std::vector<std::int32_t>(rows.size(), -1), .dictionary = {}};
  for (std::size_t i = 0; i < used.size(); ++i) {
    place[static_cast<std::size_t>(used[i])] = static_cast<std::int32_t>(i);
    out.dictionary.push_back(column.dictionary[static_cast<std::size_t>(used[i])]);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0) continue;
    const std::int32_t code = column.codes[static_cast<std::size_t>(rows[i])];
    if (code >= 0) out.codes[i] = place[static_cast<std::size_t>(code)];
  }
  return out;
}

NumberColumn take_numbers(const Table& table, const Column& column, const std::vector<std::int64_t>& rows) {
  NumberColumn out{.name = column.name, .values = std::vector<float>(rows.size(), std::numeric_limits<float>::quiet_NaN())};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0) continue;
    out.values[i] = static_cast<float>(column.number_at(rows[i]));
    if (std::isinf(out.values[i]))
      throw bad_input(table.place(rows[i]) + ": column \"" + column.name + "\" holds " + column.show(rows[i]) + ", which is too large",
                      "numbers reach to 3.4e38; fix the file");
  }
  return out;
}

Column take_cells(const Column& column, const std::vector<std::int64_t>& rows) {
  Column out;
  out.name = column.name;
  out.type = column.type;
  out.resolution = column.resolution;
  out.dictionary = column.dictionary;
  out.valid.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t row = rows[i];
    const auto cell = static_cast<std::size_t>(row);
    const bool valid = row >= 0 && column.is_valid(row);
    out.valid[i] = valid ? 1 : 0;
    if (column.type == ColumnType::text)
      out.codes.push_back(valid ? column.codes[cell] : -1);
    else if (column.type == ColumnType::number)
      out.numbers.push_back(valid ? column.numbers[cell] : std::numeric_limits<double>::quiet_NaN());
    else
      out.integers.push_back(valid ? column.integers[cell] : 0);
  }
  return out;
}

LineSums sum_lines(const std::vector<double>& cells, const EventLines& lines) {
  LineSums out;
  std::vector<double> known;
  for (std::size_t event = 0; event + 1 < lines.first_line.size(); ++event) {
    known.clear();
    for (std::int64_t i = lines.first_line[event]; i < lines.first_line[event + 1]; ++i) {
      const double cell = cells[static_cast<std::size_t>(lines.lines[static_cast<std::size_t>(i)])];
      if (!std::isnan(cell)) known.push_back(cell);
    }
    std::sort(known.begin(), known.end());
    const double sum = std::accumulate(known.begin(), known.end(), 0.0);
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    out.sum.push_back(known.empty() ? nothing : sum);
    out.mean.push_back(known.empty() ? nothing : sum / static_cast<double>(known.size()));
  }
  return out;
}

std::vector<float> count_lines(const EventLines& lines) {
  std::vector<float> out;
  for (std::size_t event = 0; event + 1 < lines.first_line.size(); ++event)
    out.push_back(static_cast<float>(lines.first_line[event + 1] - lines.first_line[event]));
  return out;
}

}  // namespace footfall
