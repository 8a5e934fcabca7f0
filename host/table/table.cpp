#include "host/table/table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "host/table/time_text.hpp"
#include "kernels/error.hpp"

namespace footfall {

std::string_view describe(ColumnType type) {
  switch (type) {
    case ColumnType::integer: return "whole numbers";
    case ColumnType::number: return "numbers";
    case ColumnType::boolean: return "true and false";
    case ColumnType::text: return "text";
    case ColumnType::timestamp: return "times";
  }
  return "values";
}

std::int64_t unit_in_microseconds(TimeResolution resolution) {
  switch (resolution) {
    case TimeResolution::none: return 0;
    case TimeResolution::days: return 86'400'000'000;
    case TimeResolution::seconds: return 1'000'000;
    case TimeResolution::milliseconds: return 1'000;
    case TimeResolution::microseconds:
    case TimeResolution::nanoseconds: return 1;
  }
  return 0;
}

std::int64_t Column::size() const {
  switch (type) {
    case ColumnType::number: return static_cast<std::int64_t>(numbers.size());
    case ColumnType::text: return static_cast<std::int64_t>(codes.size());
    default: return static_cast<std::int64_t>(integers.size());
  }
}

std::int64_t Column::missing() const { return std::count(valid.begin(), valid.end(), std::uint8_t{0}); }

double Column::number_at(std::int64_t row) const {
  require(type != ColumnType::text, "a text column is read as numbers");
  if (!is_valid(row)) return std::numeric_limits<double>::quiet_NaN();
  const auto i = static_cast<std::size_t>(row);
  return type == ColumnType::number ? numbers[i] : static_cast<double>(integers[i]);
}

std::vector<double> Column::as_numbers() const {
  if (type == ColumnType::number) return numbers;
  std::vector<double> out(static_cast<std::size_t>(size()));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = number_at(static_cast<std::int64_t>(i));
  return out;
}

std::string_view Column::text_at(std::int64_t row) const {
  require(type == ColumnType::text, "a column of another type is read as text");
  const std::int32_t code = codes[static_cast<std::size_t>(row)];
  return code < 0 ? std::string_view{} : std::string_view{dictionary[static_cast<std::size_t>(code)]};
}

std::string Column::show(std::int64_t row) const {
  if (!is_valid(row)) return {};
  const auto i = static_cast<std::size_t>(row);
  switch (type) {
    case ColumnType::integer: return fmt::format("{}", integers[i]);
    case ColumnType::boolean: return integers[i] != 0 ? "true" : "false";
    case ColumnType::number: return show_number(numbers[i]);
    case ColumnType::timestamp: return format_time(integers[i], resolution);
    case ColumnType::text: return std::string(text_at(row));
  }
  return {};
}

void Origin::add_file(std::string file, Counting counting) {
  files_.push_back(std::move(file));
  counting_.push_back(counting);
  next_position_ = std::numeric_limits<std::int64_t>::min();
}

void Origin::add_row(std::int64_t position) {
  if (position != next_position_) runs_.push_back({rows_, position, static_cast<std::int32_t>(files_.size()) - 1});
  next_position_ = position + 1;
  ++rows_;
}

const Origin::Run& Origin::run_of(std::int64_t row) const {
  require(row >= 0 && row < rows_, "the place of a row that the table does not have");
  auto after = std::upper_bound(runs_.begin(), runs_.end(), row, [](std::int64_t wanted, const Run& run) { return wanted < run.row; });
  return *std::prev(after);
}

std::string Origin::place(std::int64_t row) const {
  const Run& run = run_of(row);
  const auto file = static_cast<std::size_t>(run.file);
  const std::int64_t position = run.position + (row - run.row);
  return counting_[file] == Counting::lines ? fmt::format("{}:{}", files_[file], position)
                                            : fmt::format("{} row {}", files_[file], position);
}

std::int64_t Origin::position_of(std::int64_t row) const {
  const Run& run = run_of(row);
  return run.position + (row - run.row);
}

std::int32_t Origin::file_of(std::int64_t row) const { return run_of(row).file; }

const Column* Table::find(std::string_view name) const {
  for (const Column& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

const Column& Table::at(std::string_view name) const {
  if (const Column* column = find(name)) return *column;
  const std::string file = origin.files().empty() ? "the table" : origin.files().front();
  throw bad_input(fmt::format("{} has no column \"{}\"", file, name), suggest_names(name, names()));
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> out;
  out.reserve(columns.size());
  for (const Column& column : columns) out.push_back(column.name);
  return out;
}

std::string Table::place(std::int64_t row) const { return row < origin.rows() ? origin.place(row) : fmt::format("row {}", row + 1); }

}  // namespace footfall
