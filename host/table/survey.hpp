#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/table/cell.hpp"
#include "host/table/raw.hpp"
#include "host/table/time_text.hpp"

namespace footfall {

/// One way in which a column of the files is wanted.
struct ColumnUse {
  std::string name;
  ColumnKind kind = ColumnKind::automatic;
  std::shared_ptr<const TimeFormat> format;  ///< of kind time, when the job gives one
};

/// What a use becomes, once all files were looked at: how each cell turns into a value.
struct ColumnPlan {
  std::string name;
  ColumnType type = ColumnType::number;
  TimeResolution resolution = TimeResolution::none;
  std::shared_ptr<const TimeFormat>
      format;  ///< times: text of this form; without one, ISO 8601 text or, when count_unit is set, whole numbers
  TimeResolution count_unit = TimeResolution::none;  ///< times written as whole numbers: of what
  bool is_time = false;                              ///< of kind time: integers are then step numbers
};

/// What the cells of one column were seen to be, over all files. Looks only for what the uses ask.
class ColumnSurvey {
 public:
  void want_type() { want_type_ = true; }
  void want_time() { want_time_ = true; }

  /// Notes how a file holds the column.
  void declare(RawForm form, TimeResolution resolution, const std::string& file);
  /// Looks at a chunk; `place(row)` names a row of it.
  void see(const RawColumn& column, const RawChunk& chunk, const std::string& file, Origin::Counting counting);

  /// Error{bad_input} naming both files when they hold the column in forms that do not go together.
  [[nodiscard]] ColumnPlan plan(const ColumnUse& use) const;
  /// "events.csv:18 holds "n/a"": the first cell that made a text column no numbers; empty when there was none.
  [[nodiscard]] std::string why_text() const { return why_text_; }

 private:
  struct Declared {
    RawForm form;
    std::string file;
  };
  void see_cells(const RawColumn& column, const RawChunk& chunk, const std::string& file, Origin::Counting counting);
  void see_time(std::string_view cell);
  void see_count(std::int64_t value);
  [[nodiscard]] const Declared* declared(RawForm form) const;
  [[noreturn]] void refuse(const Declared& a, const Declared& b, const std::string& name) const;
  [[nodiscard]] ColumnType automatic_type(const std::string& name) const;
  [[nodiscard]] ColumnType id_type(const std::string& name) const;
  void plan_time(const ColumnUse& use, ColumnPlan& plan) const;

  bool want_type_ = false, want_time_ = false;
  std::vector<Declared> declared_;  // distinct forms, with the first file of each
  bool seen_ = false;               // a cell of a text file that is not missing
  bool all_integer_ = true, all_whole_ = true, all_number_ = true, all_boolean_ = true;
  bool numbers_whole_ = true;  // of columns that a file declares as numbers
  std::string not_whole_;      // the place of the first number that is not whole
  std::string why_text_;
  enum class TimeForm { unknown, count, iso } time_form_ = TimeForm::unknown;
  std::uint64_t largest_ = 0;
  TimeResolution finest_ = TimeResolution::days;
};

/// Whether planning a use needs every cell of a column that a file holds in this form.
[[nodiscard]] bool needs_cells(const ColumnUse& use, RawForm form);

/// "events.csv:18" or "events.parquet row 17".
[[nodiscard]] std::string place_in(const std::string& file, Origin::Counting counting, std::int64_t position);

}  // namespace footfall
