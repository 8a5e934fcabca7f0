#include "host/table/column_builder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "host/table/cell.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

std::size_t hash_of(std::int64_t number) {
  const std::uint64_t mixed = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15ULL;
  return static_cast<std::size_t>(mixed ^ (mixed >> 32));
}

/// Whether every row is taken and has a value, so that columns can be copied as they are.
bool is_whole(const RawColumn& raw, const RowRange& rows) {
  if (rows.keep != nullptr || raw.form == RawForm::nothing) return false;
  const auto from = raw.valid.begin() + rows.from, to = raw.valid.begin() + rows.to;
  return std::find(from, to, std::uint8_t{0}) == to;
}

}  // namespace

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

std::int32_t& NumberIndex::code(std::int64_t number) {
  if ((used_ + 1) * 2 > slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash_of(number) & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.code < 0) {
      slot.number = number;
      ++used_;
      return slot.code;
    }
    if (slot.number == number) return slot.code;
  }
}

void NumberIndex::clear() {
  slots_.clear();
  used_ = 0;
}

void NumberIndex::grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.empty() ? 64 : old.size() * 2, Slot{});
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.code < 0) continue;
    std::size_t at = hash_of(slot.number) & mask;
    while (slots_[at].code >= 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

ColumnBuilder::ColumnBuilder(ColumnPlan plan, TextMemory* memory) : plan_(std::move(plan)), memory_(memory) {}

Column ColumnBuilder::take() {
  Column out = std::move(column_);
  column_ = Column{};
  out.dictionary = std::move(own_.dictionary);
  own_.clear();
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

void ColumnBuilder::make_room() {
  if (size_ > 0 || expected_ == 0) return;
  const auto rows = static_cast<std::size_t>(expected_);
  if (plan_.type == ColumnType::number)
    column_.numbers.reserve(rows);
  else if (plan_.type == ColumnType::text)
    column_.codes.reserve(rows);
  else
    column_.integers.reserve(rows);
}

void ColumnBuilder::append_plain_numbers(const RawColumn& raw, const RowRange& rows) {
  const auto old = column_.numbers.size();
  if (raw.form == RawForm::number) {
    column_.numbers.insert(column_.numbers.end(), raw.numbers.begin() + rows.from, raw.numbers.begin() + rows.to);
    for (std::size_t i = old; i < column_.numbers.size(); ++i)
      if (!std::isfinite(column_.numbers[i])) (void)finite(column_.numbers[i], {}, rows, i - old + static_cast<std::size_t>(rows.from));
  } else {
    column_.numbers.insert(column_.numbers.end(), raw.integers.begin() + rows.from, raw.integers.begin() + rows.to);
  }
  if (!column_.valid.empty()) column_.valid.insert(column_.valid.end(), column_.numbers.size() - old, 1);
  size_ += rows.to - rows.from;
}

void ColumnBuilder::append_plain_integers(const RawColumn& raw, const RowRange& rows) {
  column_.integers.insert(column_.integers.end(), raw.integers.begin() + rows.from, raw.integers.begin() + rows.to);
  if (!column_.valid.empty()) column_.valid.insert(column_.valid.end(), static_cast<std::size_t>(rows.to - rows.from), 1);
  size_ += rows.to - rows.from;
}

void ColumnBuilder::append(const RawColumn& raw, const RowRange& rows) {
  make_room();
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
  if (raw.form != RawForm::cells && raw.form != RawForm::text && is_whole(raw, rows)) return append_plain_numbers(raw, rows);
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
  if (raw.form == RawForm::integer && is_whole(raw, rows)) return append_plain_integers(raw, rows);
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
  column_.codes.push_back(memory().index.code(text, memory().dictionary, added));
  if (added && !is_utf8(text)) {
    throw bad_input(fmt::format("{}: column \"{}\" holds \"{}\", which is not UTF-8",
                                place_in(rows.file, rows.counting, rows.chunk.positions[row]), plan_.name, show_cell(text)),
                    "convert the file: iconv -f LATIN1 -t UTF-8");
  }
}

void ColumnBuilder::push_count(std::int64_t number, const RowRange& rows, std::size_t row) {
  std::int32_t& code = memory().numbers.code(number);
  if (code < 0) {
    push_text(fmt::format("{}", number), rows, row);
    code = column_.codes.back();
  } else {
    column_.codes.push_back(code);
  }
}

void ColumnBuilder::push_view(std::string_view text, const RowRange& rows, std::size_t row) {
  Seen& seen = seen_[(reinterpret_cast<std::uintptr_t>(text.data()) ^ text.size()) % seen_.size()];
  if (seen.data == text.data() && seen.size == text.size() && seen.code >= 0) {
    column_.codes.push_back(seen.code);
    return;
  }
  push_text(text, rows, row);
  seen = {text.data(), text.size(), column_.codes.back()};
}

void ColumnBuilder::append_text(const RawColumn& raw, const RowRange& rows) {
  seen_.fill({});
  append_rows(raw, rows, [&](std::size_t row) {
    switch (raw.form) {
      case RawForm::cells: push_text(raw.cells[row], rows, row); break;
      case RawForm::text: push_view(raw.cells[row], rows, row); break;
      case RawForm::integer: push_count(raw.integers[row], rows, row); break;
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
  if (raw.form == RawForm::timestamp && is_whole(raw, rows)) return append_plain_integers(raw, rows);
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
