#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/table/table.hpp"

namespace footfall {

/// A row expression: numbers, 'text', true, false, columns (in `backticks` when not a word), + - * /, = != < <= > >=, and or not,
/// is [not] null, [not] in (…), parentheses; words of the language in any case.
///
/// A missing cell makes arithmetic and comparisons missing; and, or and not follow three-valued logic, so a filter keeps the rows
/// that are true and no others. Arithmetic is float64, so 1/2 is 0.5. A time is compared with ISO 8601 text.
class Expression {
 public:
  /// Error{bad_input} with the text, a caret under the fault, and what was expected. `setting` says where the text stands, such as `where`.
  [[nodiscard]] static Expression parse(std::string text, std::string setting = "expression");

  /// Columns that it reads, in the order of their first use.
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// Type of its value over columns of the given types: boolean, number, text or timestamp. Error{bad_input} pointing into the text when
  /// a column is missing (naming near ones) or types do not go together. `explain` may add why a column has its type ("events.csv:18 holds
  /// "n/a"").
  [[nodiscard]] ColumnType check(const Table& schema, const std::function<std::string(const std::string&)>& explain = {}) const;

  /// 1 for every row that is true. Error when the value is not boolean.
  [[nodiscard]] std::vector<std::uint8_t> filter(const Table& table) const;

  /// A column of type number (of 0 and 1 for a boolean value); missing where a part is. May hold infinities (1/0). Error when the value is
  /// neither number nor boolean.
  [[nodiscard]] Column compute(const Table& table, std::string name) const;

  struct Node;

 private:
  Expression(std::string text, std::string setting, std::shared_ptr<const Node> root, std::vector<std::string> columns);

  std::string text_;
  std::string setting_;
  std::shared_ptr<const Node> root_;
  std::vector<std::string> columns_;
};

/// True when the text is the name of one column and nothing else: `revenue` or `` `unit price` ``; gives the name.
[[nodiscard]] std::optional<std::string> single_column(std::string_view text);

}  // namespace footfall
