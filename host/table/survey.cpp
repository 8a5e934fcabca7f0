#include "host/table/survey.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "kernels/error.hpp"

namespace footfall {

std::string place_in(const std::string& file, Origin::Counting counting, std::int64_t position) {
  return counting == Origin::Counting::lines ? fmt::format("{}:{}", file, position) : fmt::format("{} row {}", file, position);
}

bool needs_cells(const ColumnUse& use, RawForm form) {
  switch (use.kind) {
    case ColumnKind::automatic: return form == RawForm::cells;
    case ColumnKind::id: return form == RawForm::cells || form == RawForm::number;
    case ColumnKind::time: return use.format == nullptr && form != RawForm::timestamp && form != RawForm::nothing;
    default: return false;
  }
}

void ColumnSurvey::declare(RawForm form, TimeResolution resolution, const std::string& file) {
  finest_ = std::max(finest_, resolution);
  if (declared(form) == nullptr) declared_.push_back({form, file});
}

void ColumnSurvey::see(const RawColumn& column, const RawChunk& chunk, const std::string& file, Origin::Counting counting) {
  switch (column.form) {
    case RawForm::cells:
    case RawForm::text: see_cells(column, chunk, file, counting); break;
    case RawForm::integer:
      for (std::size_t i = 0; want_time_ && i < column.integers.size(); ++i) {
        if (column.valid[i] != 0) see_count(column.integers[i]);
      }
      break;
    case RawForm::number:
      for (std::size_t i = 0; i < column.numbers.size(); ++i) {
        if (column.valid[i] == 0) continue;
        const auto whole = whole_number(column.numbers[i]);
        if (whole) {
          if (want_time_) see_count(*whole);
        } else if (numbers_whole_) {
          numbers_whole_ = false;
          not_whole_ = fmt::format("{} holds {}", place_in(file, counting, chunk.positions[i]), show_number(column.numbers[i]));
        }
      }
      break;
    default: break;
  }
}

void ColumnSurvey::see_cells(const RawColumn& column, const RawChunk& chunk, const std::string& file, Origin::Counting counting) {
  const bool undeclared = column.form == RawForm::cells;
  for (std::size_t i = 0; i < column.cells.size(); ++i) {
    if (column.valid[i] == 0) continue;
    const std::string_view cell = column.cells[i];
    if (want_time_) see_time(cell);
    if (!want_type_ || !undeclared) continue;
    seen_ = true;
    if (all_number_) {
      if (!parse_integer(cell)) {
        all_integer_ = false;
        const auto number = parse_number(cell);
        if (!number) {
          all_number_ = all_whole_ = false;
          why_text_ = fmt::format("{} holds \"{}\"", place_in(file, counting, chunk.positions[i]), show_cell(cell));
        } else if (!whole_number(*number)) {
          all_whole_ = false;
        }
      }
    }
    if (all_boolean_ && !parse_boolean(cell)) all_boolean_ = false;
    if (!all_number_ && !all_boolean_ && !want_time_) return;  // text: nothing more to learn
  }
}

void ColumnSurvey::see_time(std::string_view cell) {
  if (time_form_ != TimeForm::iso) {
    if (const auto whole = parse_whole(trim(cell))) return see_count(*whole);
  }
  if (time_form_ == TimeForm::count) return;  // what is neither is found, with its place, when it is converted
  if (const auto time = parse_iso_time(trim(cell))) {
    time_form_ = TimeForm::iso;
    finest_ = std::max(finest_, time->resolution);
  }
}

void ColumnSurvey::see_count(std::int64_t value) {
  if (time_form_ == TimeForm::unknown) time_form_ = TimeForm::count;
  const std::uint64_t magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  largest_ = std::max(largest_, magnitude);
}

const ColumnSurvey::Declared* ColumnSurvey::declared(RawForm form) const {
  const auto found = std::find_if(declared_.begin(), declared_.end(), [form](const Declared& d) { return d.form == form; });
  return found == declared_.end() ? nullptr : &*found;
}

void ColumnSurvey::refuse(const Declared& a, const Declared& b, const std::string& name) const {
  throw bad_input(fmt::format("column \"{}\" holds {} in {} but {} in {}", name, describe(a.form), a.file, describe(b.form), b.file),
                  "files that are read together need columns of one type: write one of them again");
}

ColumnType ColumnSurvey::automatic_type(const std::string& name) const {
  const Declared* first = nullptr;  // of the files that say what the column is
  for (const Declared& d : declared_) {
    if (d.form == RawForm::nothing || d.form == RawForm::cells) continue;
    const bool widens = first != nullptr && ((first->form == RawForm::integer && d.form == RawForm::number) ||
                                             (first->form == RawForm::number && d.form == RawForm::integer));
    if (first != nullptr && !widens) refuse(*first, d, name);
    if (first == nullptr) first = &d;
  }
  const Declared* cells = declared(RawForm::cells);
  if (first == nullptr) {
    if (!seen_) return ColumnType::number;  // no file has a value: every cell is missing
    if (all_number_) return all_integer_ ? ColumnType::integer : ColumnType::number;
    return all_boolean_ ? ColumnType::boolean : ColumnType::text;
  }
  switch (first->form) {
    case RawForm::text: return ColumnType::text;
    case RawForm::boolean:
      if (seen_ && !all_boolean_) refuse(*first, *cells, name);
      return ColumnType::boolean;
    case RawForm::timestamp:
      if (seen_) refuse(*first, *cells, name);
      return ColumnType::timestamp;
    default:
      if (seen_ && !all_number_) refuse(*first, *cells, name);
      return declared(RawForm::number) != nullptr || (seen_ && !all_integer_) ? ColumnType::number : ColumnType::integer;
  }
}

ColumnType ColumnSurvey::id_type(const std::string& name) const {
  const Declared* text = declared(RawForm::text);
  const Declared* integer = declared(RawForm::integer) != nullptr ? declared(RawForm::integer) : declared(RawForm::number);
  for (const RawForm form : {RawForm::boolean, RawForm::timestamp}) {
    if (const Declared* other = declared(form)) {
      throw bad_input(fmt::format("{}: column \"{}\" holds {}, which can be no id", other->file, name, describe(form)),
                      "name a column of whole numbers or text");
    }
  }
  if (!numbers_whole_)
    throw bad_input(fmt::format("column \"{}\" is read as an id, but {}, which is no whole number", name, not_whole_),
                    "fix the file or name another column");
  if (text != nullptr && integer != nullptr) refuse(*text, *integer, name);
  if (text != nullptr) return ColumnType::text;
  if (integer != nullptr && seen_ && !all_whole_) refuse(*integer, *declared(RawForm::cells), name);
  return all_whole_ ? ColumnType::integer : ColumnType::text;
}

void ColumnSurvey::plan_time(const ColumnUse& use, ColumnPlan& plan) const {
  plan.is_time = true;
  plan.type = ColumnType::timestamp;
  plan.format = use.format;
  if (use.format != nullptr) {
    plan.resolution = use.format->resolution();
    return;
  }
  if (const Declared* wrong = declared(RawForm::boolean)) {
    throw bad_input(fmt::format("{}: column \"{}\" holds {}, which are no times", wrong->file, use.name, describe(wrong->form)),
                    "name another column as time");
  }
  if (const Declared* times = declared(RawForm::timestamp)) {
    for (const Declared& other : declared_) {
      if (other.form != RawForm::timestamp && other.form != RawForm::nothing && time_form_ == TimeForm::count)
        refuse(*times, other, use.name);
    }
    plan.resolution = finest_;
    return;
  }
  if (time_form_ != TimeForm::count) {
    plan.resolution = finest_;
    return;
  }
  plan.count_unit = largest_ < 100'000'000u               ? TimeResolution::none
                    : largest_ < 100'000'000'000u         ? TimeResolution::seconds
                    : largest_ < 100'000'000'000'000u     ? TimeResolution::milliseconds
                    : largest_ < 100'000'000'000'000'000u ? TimeResolution::microseconds
                                                          : TimeResolution::nanoseconds;
  plan.resolution = plan.count_unit;
  if (plan.count_unit == TimeResolution::none) plan.type = ColumnType::integer;
}

ColumnPlan ColumnSurvey::plan(const ColumnUse& use) const {
  ColumnPlan plan;
  plan.name = use.name;
  if (const Declared* wrong = declared(RawForm::unsupported)) {
    throw bad_input(fmt::format("{}: column \"{}\" holds {}, which are no plain values", wrong->file, use.name, describe(wrong->form)),
                    "write it flat, one value a cell, or leave it out");
  }
  switch (use.kind) {
    case ColumnKind::automatic:
      plan.type = automatic_type(use.name);
      if (plan.type == ColumnType::timestamp) plan.resolution = finest_;
      break;
    case ColumnKind::number:
    case ColumnKind::integer:
      if (const Declared* times = declared(RawForm::timestamp)) {
        throw bad_input(fmt::format("{}: column \"{}\" holds times, which are no numbers", times->file, use.name),
                        "leave it out of the numeric columns");
      }
      plan.type = use.kind == ColumnKind::number ? ColumnType::number : ColumnType::integer;
      break;
    case ColumnKind::text: plan.type = ColumnType::text; break;
    case ColumnKind::id: plan.type = id_type(use.name); break;
    case ColumnKind::time: plan_time(use, plan); break;
  }
  return plan;
}

}  // namespace footfall
