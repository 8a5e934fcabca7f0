#include "host/job/infer.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "host/table/read.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// "id", "ID", "customer_id", "customerID", "Customer Id": but not "paid" or "Bid".
bool named_like_id(const std::string& name) {
  if (name.size() < 2) return false;
  const std::string end = name.substr(name.size() - 2);
  if (name.size() == 2)
    return std::tolower(static_cast<unsigned char>(end[0])) == 'i' && std::tolower(static_cast<unsigned char>(end[1])) == 'd';
  const auto before = static_cast<unsigned char>(name[name.size() - 3]);
  if (std::isalnum(before) == 0)
    return std::tolower(static_cast<unsigned char>(end[0])) == 'i' && std::tolower(static_cast<unsigned char>(end[1])) == 'd';
  return (end == "ID" || end == "Id") && std::islower(before) != 0;
}

/// Every row has a value, and each another.
bool tells_rows_apart(const Column& column, std::int64_t rows) {
  if (rows < 2 || column.missing() > 0) return false;
  if (column.type == ColumnType::text) {
    std::unordered_set<std::int32_t> seen(column.codes.begin(), column.codes.end());
    return static_cast<std::int64_t>(seen.size()) == rows && !seen.contains(-1);
  }
  if (column.type != ColumnType::integer) return false;
  return static_cast<std::int64_t>(std::unordered_set<std::int64_t>(column.integers.begin(), column.integers.end()).size()) == rows;
}

std::string find_customer(const Table& table, const std::string& label) {
  for (const Column& column : table.columns)
    if (column.name != label && named_like_id(column.name) && tells_rows_apart(column, table.rows)) return column.name;
  for (const Column& column : table.columns)
    if (column.name != label && column.type == ColumnType::text && tells_rows_apart(column, table.rows)) return column.name;
  return {};
}

std::string target_name(const std::string& label) {
  std::string name = label;
  for (char& letter : name) {
    const auto code = static_cast<unsigned char>(letter);
    if (std::isalnum(code) == 0 && letter != '-' && code < 0x80) letter = '_';
  }
  return name == "customer" || name == "log_evidence" ? name + "_label" : name;
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

SeenColumn::Kind kind_of(ColumnType type) {
  if (type == ColumnType::integer || type == ColumnType::number) return SeenColumn::Kind::number;
  return type == ColumnType::timestamp ? SeenColumn::Kind::other : SeenColumn::Kind::name;
}

}  // namespace

InferredJob infer_job(const std::vector<std::string>& files, const std::string& label, const std::string& positive,
                      const std::string& folder) {
  InferredJob out;
  Job& job = out.job;
  job.source = "the job inferred from " + (files.empty() ? std::string("no file") : files.front());
  job.customers.emplace();
  for (const std::string& file : files) {
    const std::filesystem::path path(file);
    job.customers->table.files.push_back(
        (path.is_absolute() ? path : std::filesystem::absolute(std::filesystem::path(folder) / path)).lexically_normal().string());
  }
  ReadRequest request;
  request.files = expand_files(job.customers->table.files, {});
  request.text.missing_tokens = job.missing.missing_tokens;
  const Table table = read_table(request);
  if (table.find(label) == nullptr)
    throw bad_input(table.origin.files().front() + " has no column \"" + label + "\"", suggest_names(label, table.names()));

  job.customers->customer = find_customer(table, label);
  job.customers->numeric.automatic = true;
  job.customers->categorical.automatic = true;
  TargetSpec target{.name = target_name(label),
                    .kind = TargetKind::column,
                    .event = {},
                    .horizon = {},
                    .column = label,
                    .positive = {},
                    .as_class = false};
  if (!positive.empty()) target.positive = positive;
  job.targets.push_back(std::move(target));

  std::vector<SeenColumn> seen;
  for (const Column& column : table.columns) {
    seen.push_back({.name = column.name, .kind = kind_of(column.type)});
    if (seen.back().kind == SeenColumn::Kind::other) out.findings.push_back("not used: " + column.name + ", which holds times");
  }
  resolve_columns(job, seen);
  out.findings.push_back(job.customers->customer.empty() ? "customer: the row number" : "customer: " + job.customers->customer);
  out.findings.push_back(fmt::format("numbers ({}): {}", job.customers->numeric.names.size(), list(job.customers->numeric.names)));
  out.findings.push_back(fmt::format("names ({}): {}", job.customers->categorical.names.size(), list(job.customers->categorical.names)));
  out.findings.push_back("predicted: " + label);
  return out;
}

}  // namespace footfall
