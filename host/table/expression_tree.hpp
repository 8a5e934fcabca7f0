#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/table/expression.hpp"

namespace footfall {

/// A part of an expression, and where it stands in the text (bytes from, to).
struct Expression::Node {
  enum class Kind {
    number,
    integer,
    text,
    boolean,
    column,
    negate,
    add,
    subtract,
    multiply,
    divide,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    logical_and,
    logical_or,
    logical_not,
    is_null,
    is_not_null,
    in,
    not_in
  };

  Kind kind = Kind::number;
  std::size_t from = 0, to = 0;
  std::variant<std::monostate, double, std::int64_t, bool, std::string> value;  ///< of a literal; the name of a column
  std::vector<std::shared_ptr<const Node>> parts;                               ///< operands; of in: the operand, then the list

  [[nodiscard]] bool is_literal() const {
    return kind == Kind::number || kind == Kind::integer || kind == Kind::text || kind == Kind::boolean;
  }
  [[nodiscard]] const std::string& word() const { return std::get<std::string>(value); }
};

/// Throws Error{bad_input}: "SETTING: what; remedy" and, below, the text with carets under the bytes from, to.
[[noreturn]] void point_into(const std::string& text, const std::string& setting, std::size_t from, std::size_t to, std::string_view what,
                             std::string_view remedy);

}  // namespace footfall
