#include "host/table/column_builder.hpp"

#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "host/table/cell.hpp"
#include "kernels/error.hpp"

namespace footfall {

std::int32_t TextIndex::code(std::string_view text, std::vector<std::string>& dictionary, bool& added) {
  if ((used_ + 1) * 2 > slots_.size()) grow();
  const std::uint64_t hash = std::hash<std::string_view>{}(text);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.code < 0) {
      slot = {hash, static_cast<std::int32_t>(dictionary.size())};
      ++used_;
      dictionary.emplace_back(text);
      added = true;
      return slot.code;
    }
    if (slot.hash == hash && dictionary[static_cast<std::size_t>(slot.code)] == text) return slot.code;
  }
}

void TextIndex::clear() {
  slots_.clear();
  used_ = 0;
}

void TextIndex::grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.empty() ? 64 : old.size() * 2, Slot{});
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.code < 0) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].code >= 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

ColumnBuilder::ColumnBuilder(ColumnPlan plan) : plan_(std::move(plan)) {}

Column ColumnBuilder::take() {
  Column out = std::move(column_);
  column_ = Column{};
  index_.clear();
  size_ = 0;
  out.name = plan_.name;
  out.type = plan_.type;
  out.resolution = plan_.resolution;
  return out;
}

void ColumnBuilder::push_missing() {
  if (column_.valid.empty()) column_.valid.assign(static_cast<std::size_t>(size_), 1);
  column_.valid.push_back(0);
  switch (plan_.type) {
    case ColumnType::number: column_.numbers.push_back(std::numeric_limits<double>::quiet_NaN()); break;
    case ColumnType::text: column_.codes.push_back(-1); break;
    default: column_.integers.push_back(0);
  }
  ++size_;
}

template <typename Value>
void ColumnBuilder::append_rows(const RawColumn& raw, const RowRange& rows, Value value) {
  for (std::int64_t r = rows.from; r < rows.to; ++r) {
    const auto row = static_cast<std::size_t>(r);
    if (!rows.takes(row)) continue;
    if (raw.form == RawForm::nothing || raw.valid[row] == 0) {
      push_missing();
      continue;
    }
    value(row);
    if (!column_.valid.empty()) column_.valid.push_back(1);
    ++size_;
  }
}

void ColumnBuilder::append(const RawColumn& raw, const RowRange& rows) {
  if (plan_.is_time) return append_time(raw, rows);
  switch (plan_.type) {
    case ColumnType::number: return append_number(raw, rows);
    case ColumnType::integer: return append_integer(raw, rows);
    case ColumnType::boolean: return append_boolean(raw, rows);
    case ColumnType::text: return append_text(raw, rows);
    case ColumnType::timestamp: return append_time(raw, rows);
  }
}

void ColumnBuilder::append_numbers(const Column& values, const RowRange& rows, const std::string& expression) {
  for (std::int64_t r = rows.from; r < rows.to; ++r) {
    if (!rows.takes(static_cast<std::size_t>(r))) continue;
    if (!values.is_valid(r) || std::isnan(values.numbers[static_cast<std::size_t>(r)])) {
      push_missing();
      continue;
    }
    const double value = values.numbers[static_cast<std::size_t>(r)];
    if (std::isinf(value)) {
      throw bad_input(fmt::format("{}: \"{}\" is infinite there",
                                  place_in(rows.file, rows.counting, rows.chunk.positions[static_cast<std::size_t>(r)]), expression),
                      "divide by nothing that can be 0, fix the file, or leave such rows out with where");
    }
    column_.numbers.push_back(value);
    if (!column_.valid.empty()) column_.valid.push_back(1);
    ++size_;
  }
}

void ColumnBuilder::refuse(std::string_view cell, std::string_view what, const RowRange& rows, std::size_t row) const {
  throw bad_input(fmt::format("{}: column \"{}\" holds \"{}\", which is {}", place_in(rows.file, rows.counting, rows.chunk.positions[row]),
                              plan_.name, show_cell(cell), what),
                  "set [missing] missing_tokens or fix the file");
}

double ColumnBuilder::finite(double value, std::string_view shown, const RowRange& rows, std::size_t row) const {
  if (std::isfinite(value)) return value;
  throw bad_input(
      fmt::format("{}: column \"{}\" holds {}, which is infinite", place_in(rows.file, rows.counting, rows.chunk.positions[row]),
                  plan_.name, shown.empty() ? (value < 0 ? "-inf" : "inf") : show_cell(shown)),
      "set [missing] missing_tokens, fix the file, or leave such rows out with where");
}

void ColumnBuilder::append_number(const RawColumn& raw, const RowRange& rows) {
  append_rows(raw, rows, [&](std::size_t row) {
    switch (raw.form) {
      case RawForm::cells:
      case RawForm::text: {
        const std::string_view cell = raw.form == RawForm::text ? trim(raw.cells[row]) : raw.cells[row];
        const auto value = parse_number(cell);
        if (!value) refuse(cell, "no number", rows, row);
        column_.numbers.push_back(finite(*value, cell, rows, row));
        break;
      }
      case RawForm::number: column_.numbers.push_back(finite(raw.numbers[row], {}, rows, row)); break;
      default: column_.numbers.push_back(static_cast<double>(raw.integers[row]));
    }
  });
}

void ColumnBuilder::append_integer(const RawColumn& raw, const RowRange& rows) {
  append_rows(raw, rows, [&](std::size_t row) {
    switch (raw.form) {
      case RawForm::cells:
      case RawForm::text: {
        const std::string_view cell = raw.form == RawForm::text ? trim(raw.cells[row]) : raw.cells[row];
        const auto value = parse_whole(cell);
        if (!value) refuse(cell, "no whole number", rows, row);
        column_.integers.push_back(*value);
        break;
      }
      case RawForm::number: {
        const auto value = whole_number(raw.numbers[row]);
        if (!value) refuse(show_number(raw.numbers[row]), "no whole number", rows, row);
        column_.integers.push_back(*value);
        break;
      }
      default: column_.integers.push_back(raw.integers[row]);
    }
  });
}

void ColumnBuilder::append_boolean(const RawColumn& raw, const RowRange& rows) {
  append_rows(raw, rows, [&](std::size_t row) {
    if (raw.form == RawForm::boolean) {
      column_.integers.push_back(raw.integers[row]);
      return;
    }
    const auto value = raw.form == RawForm::cells ? parse_boolean(raw.cells[row]) : std::nullopt;
    if (!value)
      refuse(raw.form == RawForm::cells ? raw.cells[row] : std::string_view(describe(raw.form)), "neither true nor false", rows, row);
    column_.integers.push_back(*value ? 1 : 0);
  });
}

void ColumnBuilder::push_text(std::string_view text, const RowRange& rows, std::size_t row) {
  bool added = false;
  column_.codes.push_back(index_.code(text, column_.dictionary, added));
  if (added && !is_utf8(text)) {
    throw bad_input(fmt::format("{}: column \"{}\" holds \"{}\", which is not UTF-8",
                                place_in(rows.file, rows.counting, rows.chunk.positions[row]), plan_.name, show_cell(text)),
                    "convert the file: iconv -f LATIN1 -t UTF-8");
  }
}

void ColumnBuilder::append_text(const RawColumn& raw, const RowRange& rows) {
  append_rows(raw, rows, [&](std::size_t row) {
    switch (raw.form) {
      case RawForm::cells:
      case RawForm::text: push_text(raw.cells[row], rows, row); break;
      case RawForm::integer: push_text(fmt::format("{}", raw.integers[row]), rows, row); break;
      case RawForm::boolean: push_text(raw.integers[row] != 0 ? "true" : "false", rows, row); break;
      case RawForm::number: push_text(show_number(raw.numbers[row]), rows, row); break;
      default: push_text(format_time(raw.integers[row], raw.resolution), rows, row);
    }
  });
}

std::int64_t ColumnBuilder::moment(std::int64_t count, const RowRange& rows, std::size_t row) const {
  if (plan_.count_unit == TimeResolution::none) return count;
  if (plan_.count_unit == TimeResolution::nanoseconds) return count / 1000 - (count % 1000 < 0 ? 1 : 0);
  std::int64_t out = 0;
  if (__builtin_mul_overflow(count, unit_in_microseconds(plan_.count_unit), &out))
    refuse(fmt::format("{}", count), "no time that can be counted", rows, row);
  return out;
}

void ColumnBuilder::append_time(const RawColumn& raw, const RowRange& rows) {
  const bool counts = plan_.count_unit != TimeResolution::none || plan_.type == ColumnType::integer;
  const auto from_text = [&](std::string_view text, std::size_t row) {
    const std::string_view cell = trim(text);
    if (counts) {
      const auto count = parse_whole(cell);
      if (!count) refuse(cell, "no time like the others, which are whole numbers", rows, row);
      return moment(*count, rows, row);
    }
    const auto time = plan_.format != nullptr ? plan_.format->parse(cell) : parse_iso_time(cell);
    if (time) return time->microseconds;
    throw bad_input(
        fmt::format("{}: column \"{}\" holds \"{}\", which is no time{}", place_in(rows.file, rows.counting, rows.chunk.positions[row]),
                    plan_.name, show_cell(cell), plan_.format != nullptr ? fmt::format(" of the form {}", plan_.format->text()) : ""),
        plan_.format != nullptr ? "correct time_format or fix the file" : "set time_format, such as \"%d/%m/%Y\", or fix the file");
  };
  append_rows(raw, rows, [&](std::size_t row) {
    std::int64_t value = 0;
    switch (raw.form) {
      case RawForm::cells:
      case RawForm::text: value = from_text(raw.cells[row], row); break;
      case RawForm::timestamp: value = raw.integers[row]; break;
      case RawForm::integer:
        value = counts ? moment(raw.integers[row], rows, row) : from_text(fmt::format("{}", raw.integers[row]), row);
        break;
      case RawForm::number: {
        const auto whole = whole_number(raw.numbers[row]);
        if (!whole) refuse(show_number(raw.numbers[row]), "no time", rows, row);
        value = counts ? moment(*whole, rows, row) : from_text(fmt::format("{}", *whole), row);
        break;
      }
      default: refuse(describe(raw.form), "no time", rows, row);
    }
    column_.integers.push_back(value);
  });
}

}  // namespace footfall
