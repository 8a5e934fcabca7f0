#include <cmath>
#include <limits>

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/expression.h>
#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "host/table/arrow_setup.hpp"
#include "host/table/cell.hpp"
#include "host/table/expression_tree.hpp"
#include "host/table/time_text.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

namespace compute = arrow::compute;
using Node = Expression::Node;
using Kind = Node::Kind;

/// Decides the type of every part, and builds Arrow's expression of it. Times are int64 microseconds there; arithmetic is float64.
class Translator {
 public:
  struct Part {
    ColumnType type;
    compute::Expression expression;
  };

  Translator(const std::string& text, const std::string& setting, const Table& schema,
             const std::function<std::string(const std::string&)>& explain)
      : text_(text), setting_(setting), schema_(schema), explain_(explain) {}

  Part translate(const Node& node) const {
    switch (node.kind) {
      case Kind::integer: return {ColumnType::integer, compute::literal(std::get<std::int64_t>(node.value))};
      case Kind::number: return {ColumnType::number, compute::literal(std::get<double>(node.value))};
      case Kind::text: return {ColumnType::text, compute::literal(node.word())};
      case Kind::boolean: return {ColumnType::boolean, compute::literal(std::get<bool>(node.value))};
      case Kind::column: return {column(node).type, compute::field_ref(arrow::FieldRef(index_of(node)))};
      case Kind::negate: return {ColumnType::number, compute::call("negate", {number(*node.parts[0])})};
      case Kind::add: return arithmetic(node, "add");
      case Kind::subtract: return arithmetic(node, "subtract");
      case Kind::multiply: return arithmetic(node, "multiply");
      case Kind::divide: return arithmetic(node, "divide");
      case Kind::equal: return comparison(node, "equal");
      case Kind::not_equal: return comparison(node, "not_equal");
      case Kind::less: return comparison(node, "less");
      case Kind::less_equal: return comparison(node, "less_equal");
      case Kind::greater: return comparison(node, "greater");
      case Kind::greater_equal: return comparison(node, "greater_equal");
      case Kind::logical_and:
        return {ColumnType::boolean, compute::call("and_kleene", {condition(*node.parts[0]), condition(*node.parts[1])})};
      case Kind::logical_or:
        return {ColumnType::boolean, compute::call("or_kleene", {condition(*node.parts[0]), condition(*node.parts[1])})};
      case Kind::logical_not: return {ColumnType::boolean, compute::call("invert", {condition(*node.parts[0])})};
      case Kind::is_null: return {ColumnType::boolean, missing(node)};
      case Kind::is_not_null: return {ColumnType::boolean, compute::call("invert", {missing(node)})};
      case Kind::in: return {ColumnType::boolean, membership(node)};
      case Kind::not_in: return {ColumnType::boolean, compute::call("invert", {membership(node)})};
    }
    fault(node, "this cannot be computed", "please report it");
  }

 private:
  [[noreturn]] void fault(const Node& node, std::string_view what, std::string_view remedy) const {
    point_into(text_, setting_, node.from, node.to, what, remedy);
  }

  int index_of(const Node& node) const {
    for (std::size_t i = 0; i < schema_.columns.size(); ++i) {
      if (schema_.columns[i].name == node.word()) return static_cast<int>(i);
    }
    fault(node, fmt::format("there is no column \"{}\"", node.word()), suggest_names(node.word(), schema_.names()));
  }

  const Column& column(const Node& node) const { return schema_.columns[static_cast<std::size_t>(index_of(node))]; }

  /// Why a part has the type that does not fit: the cell that made the column text.
  std::string because(const Node& node, ColumnType type) const {
    if (node.kind != Kind::column) return fmt::format("this is {}", describe(type));
    const std::string why = explain_ && type == ColumnType::text ? explain_(node.word()) : std::string{};
    return fmt::format("column \"{}\" holds {}{}", node.word(), describe(type), why.empty() ? "" : fmt::format(" ({})", why));
  }

  static bool numeric(ColumnType type) { return type == ColumnType::integer || type == ColumnType::number; }

  static compute::Expression as_double(Part part) {
    if (part.type == ColumnType::number) return std::move(part.expression);
    // Not a checked cast: whole numbers beyond 2^53 become the nearest double.
    return compute::call("cast", {std::move(part.expression)}, compute::CastOptions::Unsafe(arrow::float64()));
  }

  compute::Expression number(const Node& node) const {
    Part part = translate(node);
    if (!numeric(part.type))
      fault(node, because(node, part.type) + ", which cannot be computed with",
            "use numeric columns in arithmetic; set [missing] missing_tokens where text stands for nothing");
    return as_double(std::move(part));
  }

  compute::Expression condition(const Node& node) const {
    Part part = translate(node);
    if (part.type != ColumnType::boolean) fault(node, because(node, part.type) + ", not true or false", "compare it with something");
    return std::move(part.expression);
  }

  Part arithmetic(const Node& node, const char* function) const {
    return {ColumnType::number, compute::call(function, {number(*node.parts[0]), number(*node.parts[1])})};
  }

  compute::Expression missing(const Node& node) const {
    return compute::call("is_null", {translate(*node.parts[0]).expression}, compute::NullOptions(/*nan_is_null=*/true));
  }

  /// A time that was written as text beside a column of times.
  Part as_time(const Node& node, Part part, ColumnType other) const {
    if (other != ColumnType::timestamp || node.kind != Kind::text) return part;
    const auto time = parse_iso_time(node.word());
    if (!time) fault(node, fmt::format("'{}' is no time", show_cell(node.word())), "write it as '2011-09-10' or '2011-09-10T08:26:00'");
    return {ColumnType::timestamp, compute::literal(time->microseconds)};
  }

  compute::Expression compare(const char* function, const Node& node, const Node& left_node, const Node& right_node) const {
    Part left = translate(left_node), right = translate(right_node);
    const ColumnType left_type = left.type;
    left = as_time(left_node, std::move(left), right.type);
    right = as_time(right_node, std::move(right), left_type);
    if (numeric(left.type) && numeric(right.type)) {
      if (left.type == right.type) return compute::call(function, {std::move(left.expression), std::move(right.expression)});
      return compute::call(function, {as_double(std::move(left)), as_double(std::move(right))});
    }
    if (left.type != right.type) {
      const bool text_and_number =
          (left.type == ColumnType::text && numeric(right.type)) || (right.type == ColumnType::text && numeric(left.type));
      fault(node,
            fmt::format(
                "{} cannot be compared with {}: {}", describe(left.type), describe(right.type),
                because(left_node.kind == Kind::column ? left_node : right_node, left_node.kind == Kind::column ? left.type : right.type)),
            text_and_number ? "put text in 'single quotes', numbers without" : "compare values of one type");
    }
    const std::string_view name = function;
    if (left.type == ColumnType::boolean && name != "equal" && name != "not_equal")
      fault(node, "true and false have no order", "use = or !=");
    return compute::call(function, {std::move(left.expression), std::move(right.expression)});
  }

  Part comparison(const Node& node, const char* function) const {
    return {ColumnType::boolean, compare(function, node, *node.parts[0], *node.parts[1])};
  }

  /// in (…) as a balanced tree of comparisons, so that a missing operand stays missing and a long list makes no deep tree.
  compute::Expression membership(const Node& node) const {
    std::vector<compute::Expression> any;
    for (std::size_t i = 1; i < node.parts.size(); ++i) any.push_back(compare("equal", node, *node.parts[0], *node.parts[i]));
    while (any.size() > 1) {
      std::vector<compute::Expression> pairs;
      for (std::size_t i = 0; i + 1 < any.size(); i += 2) pairs.push_back(compute::call("or_kleene", {any[i], any[i + 1]}));
      if (any.size() % 2 == 1) pairs.push_back(any.back());
      any = std::move(pairs);
    }
    return any[0];
  }

  const std::string& text_;
  const std::string& setting_;
  const Table& schema_;
  const std::function<std::string(const std::string&)>& explain_;
};

std::shared_ptr<arrow::DataType> arrow_type(ColumnType type) {
  switch (type) {
    case ColumnType::number: return arrow::float64();
    case ColumnType::boolean: return arrow::boolean();
    case ColumnType::text: return arrow::utf8();
    default: return arrow::int64();
  }
}

template <typename T>
T check(arrow::Result<T> result) {
  if (!result.ok()) throw failure("internal: an expression cannot be computed: " + result.status().message(), "please report this");
  return std::move(result).ValueUnsafe();
}

void check(const arrow::Status& status) {
  if (!status.ok()) throw failure("internal: an expression cannot be computed: " + status.message(), "please report this");
}

/// A column as Arrow's array, over the rows of the table.
std::shared_ptr<arrow::Array> to_arrow(const Column& column) {
  const std::int64_t n = column.size();
  const std::uint8_t* valid = column.valid.empty() ? nullptr : column.valid.data();
  std::shared_ptr<arrow::Array> out;
  switch (column.type) {
    case ColumnType::number: {
      arrow::DoubleBuilder builder;
      check(builder.AppendValues(column.numbers.data(), n, valid));
      check(builder.Finish(&out));
      break;
    }
    case ColumnType::text: {
      arrow::StringBuilder builder;
      check(builder.Reserve(n));
      for (std::int64_t i = 0; i < n; ++i) check(column.is_valid(i) ? builder.Append(column.text_at(i)) : builder.AppendNull());
      check(builder.Finish(&out));
      break;
    }
    case ColumnType::boolean: {
      arrow::BooleanBuilder builder;
      check(builder.Reserve(n));
      for (std::int64_t i = 0; i < n; ++i)
        check(column.is_valid(i) ? builder.Append(column.integers[static_cast<std::size_t>(i)] != 0) : builder.AppendNull());
      check(builder.Finish(&out));
      break;
    }
    default: {
      arrow::Int64Builder builder;
      check(builder.AppendValues(column.integers.data(), n, valid));
      check(builder.Finish(&out));
    }
  }
  return out;
}

/// The value of an expression for every row; one that reads no column is spread over the rows.
std::shared_ptr<arrow::Array> evaluate(const compute::Expression& expression, const Table& table) {
  start_arrow();
  arrow::FieldVector fields;
  std::vector<arrow::Datum> values;
  for (const Column& column : table.columns) {
    fields.push_back(arrow::field(column.name, arrow_type(column.type)));
    values.emplace_back(to_arrow(column));
  }
  const auto bound = check(expression.Bind(*arrow::schema(fields)));
  const arrow::Datum result = check(compute::ExecuteScalarExpression(bound, compute::ExecBatch(std::move(values), table.rows)));
  if (result.is_scalar()) return check(arrow::MakeArrayFromScalar(*result.scalar(), table.rows));
  return result.make_array();
}

}  // namespace

ColumnType Expression::check(const Table& schema, const std::function<std::string(const std::string&)>& explain) const {
  return Translator(text_, setting_, schema, explain).translate(*root_).type;
}

std::vector<std::uint8_t> Expression::filter(const Table& table) const {
  const std::function<std::string(const std::string&)> none;
  auto part = Translator(text_, setting_, table, none).translate(*root_);
  if (part.type != ColumnType::boolean)
    point_into(text_, setting_, root_->from, root_->to, fmt::format("this gives {}, not true or false", describe(part.type)),
               "compare it with something");
  const auto array = std::static_pointer_cast<arrow::BooleanArray>(evaluate(part.expression, table));
  std::vector<std::uint8_t> out(static_cast<std::size_t>(table.rows));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    out[i] = array->IsValid(row) && array->Value(row) ? 1 : 0;
  }
  return out;
}

Column Expression::compute(const Table& table, std::string name) const {
  const std::function<std::string(const std::string&)> none;
  auto part = Translator(text_, setting_, table, none).translate(*root_);
  if (part.type == ColumnType::text || part.type == ColumnType::timestamp) {
    point_into(text_, setting_, root_->from, root_->to, fmt::format("this gives {}, not numbers", describe(part.type)),
               "write arithmetic over numeric columns");
  }
  Column out;
  out.name = std::move(name);
  out.type = ColumnType::number;
  out.numbers.assign(static_cast<std::size_t>(table.rows), std::numeric_limits<double>::quiet_NaN());
  const auto array = evaluate(part.expression, table);
  for (std::size_t i = 0; i < out.numbers.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    if (array->IsNull(row)) continue;
    switch (part.type) {
      case ColumnType::boolean: out.numbers[i] = static_cast<const arrow::BooleanArray&>(*array).Value(row) ? 1.0 : 0.0; break;
      case ColumnType::integer: out.numbers[i] = static_cast<double>(static_cast<const arrow::Int64Array&>(*array).Value(row)); break;
      default: out.numbers[i] = static_cast<const arrow::DoubleArray&>(*array).Value(row);
    }
  }
  for (std::size_t i = 0; i < out.numbers.size(); ++i) {
    if (!std::isnan(out.numbers[i])) continue;  // missing, or 0/0
    if (out.valid.empty()) out.valid.assign(out.numbers.size(), 1);
    out.valid[i] = 0;
  }
  return out;
}

}  // namespace footfall
