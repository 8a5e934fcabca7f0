#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/table/raw.hpp"
#include "host/table/survey.hpp"
#include "host/table/text_memory.hpp"

namespace footfall {

/// Which rows of a chunk are taken, and where they lie, for messages.
struct RowRange {
  const RawChunk& chunk;
  const std::vector<std::uint8_t>* keep = nullptr;  ///< 1 for the rows to take; nullptr: all
  std::int64_t from = 0, to = 0;
  const std::string& file;
  Origin::Counting counting;

  [[nodiscard]] bool takes(std::size_t row) const { return keep == nullptr || (*keep)[row] != 0; }
};

/// Turns cells into the values that a plan asks for and gathers them in a column. The first cell that cannot be one is an error with its
/// place; cells of rows that are not taken are not looked at.
class ColumnBuilder {
 public:
  /// Texts have their codes from `memory`, whose dictionary the columns then leave empty; without one, each column has its own.
  explicit ColumnBuilder(ColumnPlan plan, TextMemory* memory = nullptr);

  void append(const RawColumn& raw, const RowRange& rows);
  /// Takes values that are numbers already (a derived column); infinite ones are an error.
  void append_numbers(const Column& values, const RowRange& rows, const std::string& expression);
  /// Makes room for a number of rows, which saves moving them while the column grows.
  void reserve(std::int64_t rows) { expected_ = rows; }
  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] const ColumnPlan& plan() const { return plan_; }
  /// The column so far; the builder begins anew.
  [[nodiscard]] Column take();

 private:
  template <typename Value>
  void append_rows(const RawColumn& raw, const RowRange& rows, Value value);
  void append_number(const RawColumn& raw, const RowRange& rows);
  void append_integer(const RawColumn& raw, const RowRange& rows);
  void append_boolean(const RawColumn& raw, const RowRange& rows);
  void append_text(const RawColumn& raw, const RowRange& rows);
  void append_time(const RawColumn& raw, const RowRange& rows);
  [[nodiscard]] TextMemory& memory() { return memory_ != nullptr ? *memory_ : own_; }
  void append_plain_numbers(const RawColumn& raw, const RowRange& rows);
  void append_plain_integers(const RawColumn& raw, const RowRange& rows);
  void make_room();
  void push_missing();
  void push_count(std::int64_t number, const RowRange& rows, std::size_t row);
  void push_view(std::string_view text, const RowRange& rows, std::size_t row);
  void push_text(std::string_view text, const RowRange& rows, std::size_t row);
  [[nodiscard]] double finite(double value, std::string_view shown, const RowRange& rows, std::size_t row) const;
  [[nodiscard]] std::int64_t moment(std::int64_t count, const RowRange& rows, std::size_t row) const;
  [[noreturn]] void refuse(std::string_view cell, std::string_view what, const RowRange& rows, std::size_t row) const;

  ColumnPlan plan_;
  Column column_;
  TextMemory own_;
  TextMemory* memory_;   ///< of somebody else, or nullptr
  struct Seen {
    const char* data = nullptr;
    std::size_t size = 0;
    std::int32_t code = -1;
  };
  std::array<Seen, 64> seen_;  // of the views of one chunk: a file's own dictionary gives the same again and again
  std::int64_t expected_ = 0;
  std::int64_t size_ = 0;
};

}  // namespace footfall
