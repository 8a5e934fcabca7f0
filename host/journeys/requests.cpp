#include "host/journeys/requests.hpp"

#include <algorithm>

#include "host/table/expression.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

std::string_view describe(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
    case ColumnKind::integer: return "a number";
    case ColumnKind::text: return "a name";
    case ColumnKind::id: return "the customer";
    case ColumnKind::time: return "the time";
    case ColumnKind::automatic: return "a target";
  }
  return "another thing";
}

/// Columns of a request, each once and of one kind.
class Wanted {
 public:
  Wanted(const Job& job, const FilesSpec& table, const char* name) : source_(job.source), name_(name) {
    request_.files = expand_files(table.files, {});
    request_.text.header = table.header;
    request_.text.delimiter = table.delimiter.value_or('\0');
    request_.text.missing_tokens = job.missing.missing_tokens;
  }

  void add(const std::string& column, ColumnKind kind) {
    if (column.empty()) return;
    const auto [entry, fresh] = request_.kinds.try_emplace(column, kind);
    if (fresh) request_.columns.push_back(column);
    if (entry->second != kind)
      throw bad_input(source_ + ": [" + name_ + "] uses column \"" + column + "\" as " + std::string(describe(entry->second)) + " and as " +
                          std::string(describe(kind)),
                      "use it as one of them");
  }
  void add(const std::vector<std::string>& columns, ColumnKind kind) {
    for (const std::string& column : columns) add(column, kind);
  }
  [[nodiscard]] ReadRequest& request() { return request_; }

 private:
  std::string source_;
  const char* name_;
  ReadRequest request_;
};

SeenColumn::Kind kind_of(ColumnType type) {
  switch (type) {
    case ColumnType::integer:
    case ColumnType::number: return SeenColumn::Kind::number;
    case ColumnType::boolean:
    case ColumnType::text: return SeenColumn::Kind::name;
    case ColumnType::timestamp: return SeenColumn::Kind::other;
  }
  return SeenColumn::Kind::other;
}

/// The columns of the customer table with their types, which costs a reading of text files.
std::vector<SeenColumn> survey(const Job& job, const ReadRequest& bare, std::vector<std::string>& notices) {
  ReadRequest request = bare;
  request.columns.clear();
  request.kinds.clear();
  if (!job.customers->customer.empty()) request.kinds[job.customers->customer] = ColumnKind::id;
  std::vector<SeenColumn> out;
  const TableReader reader(std::move(request));
  for (const Column& column : reader.schema().columns) {
    out.push_back({.name = column.name, .kind = kind_of(column.type)});
    const auto& ignored = job.customers->ignore;
    if (out.back().kind == SeenColumn::Kind::other && std::find(ignored.begin(), ignored.end(), column.name) == ignored.end())
      notices.push_back("column \"" + column.name + "\" of the customer table holds times and is not used");
  }
  return out;
}

}  // namespace

std::string amount_column(const EventsSpec& events) {
  if (events.amount.empty()) return {};
  return single_column(events.amount).value_or(events.amount);
}

std::vector<std::string> event_number_names(const EventsSpec& events) {
  if (events.merge.empty()) return events.numeric;
  std::vector<std::string> names;
  for (const std::string& name : events.numeric) names.insert(names.end(), {name + "_sum", name + "_mean"});
  names.emplace_back("lines");
  return names;
}

ReadRequest events_request(const Job& job) {
  const EventsSpec& events = *job.events;
  Wanted wanted(job, events.table, "events");
  wanted.add(events.customer, ColumnKind::id);
  wanted.add(events.time, ColumnKind::time);
  wanted.add(events.type, ColumnKind::text);
  wanted.add(events.item, ColumnKind::text);
  wanted.add(events.merge, ColumnKind::text);
  wanted.add(events.categorical, ColumnKind::text);
  wanted.add(events.numeric, ColumnKind::number);
  ReadRequest& request = wanted.request();
  if (const auto column = single_column(events.amount))
    wanted.add(*column, ColumnKind::number);
  else if (!events.amount.empty())
    request.derived.emplace_back(events.amount, events.amount);
  if (!events.time_format.empty()) request.time_formats[events.time] = events.time_format;
  request.where = events.where;
  return request;
}

ReadRequest customers_request(const Job& job, bool targets) {
  const CustomersSpec& customers = *job.customers;
  Wanted wanted(job, customers.table, "customers");
  wanted.add(customers.customer, ColumnKind::id);
  wanted.add(customers.numeric.names, ColumnKind::number);
  wanted.add(customers.categorical.names, ColumnKind::text);
  if (targets) wanted.add(job.target_columns(), ColumnKind::automatic);
  return std::move(wanted.request());
}

Job resolved_job(const Job& job, bool targets, std::vector<std::string>& notices) {
  Job out = job;
  if (!job.customers) return out;
  Job bare = job;
  bare.customers->numeric.names.clear();
  bare.customers->categorical.names.clear();
  const ReadRequest request = customers_request(bare, false);
  std::vector<SeenColumn> seen;
  if (job.customers->numeric.automatic || job.customers->categorical.automatic) {
    seen = survey(job, request, notices);
  } else {
    for (std::string& name : column_names(request.files.front(), request.text))
      seen.push_back({.name = std::move(name), .kind = SeenColumn::Kind::other});
  }
  if (!targets)
    for (const std::string& name : job.target_columns()) seen.push_back({.name = name, .kind = SeenColumn::Kind::other});
  resolve_columns(out, seen);
  return out;
}

}  // namespace footfall
