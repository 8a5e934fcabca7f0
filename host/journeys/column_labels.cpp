#include "host/journeys/column_labels.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "engine/data/near_names.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t most_classes = 1000;

std::string lower(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

Error wrong(const TargetSpec& target, const std::string& cause, const std::string& remedy) {
  return bad_input("target \"" + target.name + "\": column \"" + target.column + "\" " + cause, remedy);
}

/// The distinct values of the column, sorted: numbers by size, text by its bytes.
std::vector<std::string> distinct_values(const Column& column) {
  std::vector<std::string> names;
  if (column.type == ColumnType::text) {
    std::vector<std::uint8_t> used(column.dictionary.size(), 0);
    for (const std::int32_t code : column.codes)
      if (code >= 0) used[static_cast<std::size_t>(code)] = 1;
    for (std::size_t i = 0; i < used.size(); ++i)
      if (used[i] != 0) names.push_back(column.dictionary[i]);
    std::sort(names.begin(), names.end());
    return names;
  }
  std::map<double, std::int64_t> first_row;
  for (std::int64_t row = 0; row < column.size(); ++row)
    if (column.is_valid(row)) first_row.emplace(column.number_at(row), row);
  for (const auto& [value, row] : first_row) names.push_back(column.show(row));
  return names;
}

std::string list(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "\"" : ", \"") + value + "\"";
  return out;
}

/// Place of a value as a job or a model writes it: as it is, else in any case ("TRUE" for a column that holds true and false), else as the
/// same number ("1.0" for 1).
std::optional<std::size_t> place_of(const std::vector<std::string>& values, const std::string& wanted) {
  const auto search = [&](const auto& same) -> std::optional<std::size_t> {
    const auto found = std::find_if(values.begin(), values.end(), same);
    return found == values.end() ? std::nullopt : std::optional<std::size_t>(static_cast<std::size_t>(found - values.begin()));
  };
  if (const auto exact = search([&](const std::string& value) { return value == wanted; })) return exact;
  if (const auto folded = search([&](const std::string& value) { return lower(value) == lower(wanted); })) return folded;
  char* end = nullptr;
  const double number = std::strtod(wanted.c_str(), &end);
  if (wanted.empty() || *end != '\0') return std::nullopt;
  return search([&](const std::string& value) {
    char* stop = nullptr;
    return std::strtod(value.c_str(), &stop) == number && !value.empty() && *stop == '\0';
  });
}

std::size_t positive_of(const TargetSpec& target, const std::vector<std::string>& values) {
  if (target.positive) {
    if (const auto found = place_of(values, *target.positive)) return *found;
    throw wrong(target, "holds " + list(values) + " and never \"" + *target.positive + "\", its positive value",
                "write positive as one of them");
  }
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string value = lower(values[i]);
    if (value != "true" && value != "yes" && value != "1" && value != "y") continue;
    if (found)
      throw wrong(target, "holds " + list(values) + ", and either could be the positive one",
                  "say which it is: positive = \"" + values[i] + "\"");
    found = i;
  }
  if (!found)
    throw wrong(target, "holds " + list(values) + ", and which of them is the positive one cannot be told",
                "say it: positive = \"" + values.back() + "\"");
  return *found;
}

LabelSchema schema_of(const Column& column, const TargetSpec& target) {
  if (column.type == ColumnType::timestamp)
    throw wrong(target, "holds times, which cannot be predicted", "choose a column of numbers or names");
  std::vector<std::string> values = distinct_values(column);
  if (values.empty()) throw wrong(target, "holds no value at all", "check the file, or missing_tokens");
  if (values.size() == 1 && (target.as_class || target.positive || column.type != ColumnType::number))
    throw wrong(target, "has one class only, \"" + values.front() + "\"", "use data that holds both");
  const bool named = column.type == ColumnType::text || column.type == ColumnType::boolean;
  if (!target.as_class && values.size() == 2) {
    const std::size_t positive = positive_of(target, values);
    return {.kind = LabelKind::binary, .classes = {values[1 - positive], values[positive]}};
  }
  if (target.positive)
    throw wrong(target, "holds " + std::to_string(values.size()) + " different values, and a positive value belongs to two",
                "remove positive");
  if (!named && !target.as_class) return {.kind = LabelKind::number, .classes = {}};
  if (values.size() > most_classes)
    throw wrong(target,
                "holds " + std::to_string(values.size()) + " different values, more than the " + std::to_string(most_classes) +
                    " classes that can be told apart",
                "choose another column");
  return {.kind = LabelKind::category, .classes = std::move(values)};
}

Error unseen(const CustomerIds& ids, std::int64_t row, const Column& column, const TargetSpec& target, const LabelSchema& schema) {
  return wrong(target, "of customer " + ids.name(row) + " holds \"" + column.show(row) + "\"",
               schema.kind == LabelKind::number ? "the target is a number" : "the target is one of " + list(schema.classes));
}

std::vector<float> number_labels(const CustomerIds& ids, const Column& column, const TargetSpec& target, const LabelSchema& schema) {
  std::vector<float> out(static_cast<std::size_t>(column.size()), unknown);
  for (std::int64_t row = 0; row < column.size(); ++row) {
    if (!column.is_valid(row)) continue;
    if (column.type == ColumnType::text) throw unseen(ids, row, column, target, schema);
    const auto value = static_cast<float>(column.number_at(row));
    if (!std::isfinite(value))
      throw wrong(target, "of customer " + ids.name(row) + " holds " + column.show(row) + ", which is too large",
                  "numbers reach to 3.4e38");
    out[static_cast<std::size_t>(row)] = value;
  }
  return out;
}

std::vector<float> class_labels(const CustomerIds& ids, const Column& column, const TargetSpec& target, const LabelSchema& schema) {
  std::vector<float> out(static_cast<std::size_t>(column.size()), unknown);
  std::map<std::string, std::optional<std::size_t>> places;  // few distinct values, many rows
  for (std::int64_t row = 0; row < column.size(); ++row) {
    if (!column.is_valid(row)) continue;
    const auto [entry, fresh] = places.try_emplace(column.show(row));
    if (fresh) entry->second = place_of(schema.classes, entry->first);
    if (!entry->second) throw unseen(ids, row, column, target, schema);
    out[static_cast<std::size_t>(row)] = static_cast<float>(*entry->second);
  }
  return out;
}

}  // namespace

Labels column_labels(const CustomerIds& ids, const Column& column, const TargetSpec& target, const LabelSchema* known) {
  Labels out;
  out.schema = known != nullptr ? *known : schema_of(column, target);
  out.values =
      out.schema.kind == LabelKind::number ? number_labels(ids, column, target, out.schema) : class_labels(ids, column, target, out.schema);
  return out;
}

}  // namespace footfall
