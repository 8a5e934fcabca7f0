#include <cmath>

#include <fmt/format.h>

#include "host/report/number_text.hpp"
#include "host/report/sections.hpp"

namespace footfall {
namespace {

using nlohmann::ordered_json;

struct Row {
  const char* key;
  const char* title;
  const char* meaning;
};

constexpr Row rows[] = {{"rows_read", "Rows read", "of all files"},
                        {"rows_filtered", "Rows left out", "by the filter of the job (where)"},
                        {"rows_merged", "Rows merged", "into another event of the same order (merge)"},
                        {"events", "Events", "what is left of the event rows"},
                        {"events_before_cutoff", "Events before the cutoff", "what the features may see; the rest makes the labels"},
                        {"events_kept", "Events kept", "of those, the newest of each customer that the model reads"},
                        {"customer_rows", "Rows of the customer table", ""},
                        {"customers", "Customers", "of the events and of the table"},
                        {"customers_without_events", "Customers without events", "in the table only"},
                        {"customers_without_row", "Customers without a row", "with events only; their columns are missing"}};

std::string counts_table(const ordered_json& data) {
  HtmlTable table;
  table.head = {"What was read", "Count"};
  for (const Row& row : rows)
    if (data.contains(row.key) && data.at(row.key).is_number())
      table.rows.push_back({fmt::format("{}{}", row.title, *row.meaning == 0 ? "" : fmt::format("<br/><small>{}</small>", row.meaning)),
                            count_text(data.at(row.key).get<std::int64_t>())});
  return html(table);
}

/// Columns with missing cells; those that are whole are only counted.
std::string missing_table(const ordered_json& columns, const std::string& title, std::int64_t cells) {
  HtmlTable table;
  table.head = {title, "Missing", "Share"};
  std::int64_t whole = 0;
  for (const auto& [name, count] : columns.items()) {
    const auto missing = count.get<std::int64_t>();
    if (missing == 0) {
      ++whole;
      continue;
    }
    table.rows.push_back({escape(name), count_text(missing),
                          cells > 0 ? percent_text(static_cast<double>(missing) / static_cast<double>(cells)) : "\u2013"});
  }
  std::string out = table.rows.empty() ? std::string() : html(table);
  if (whole > 0)
    out += fmt::format("<p>{}: no cell is missing in the {}{}.</p>\n", title, table.rows.empty() ? "" : "other ",
                       counted(whole, "column used", "columns used"));
  return out;
}

std::int64_t count_in(const ordered_json& data, const char* key, std::int64_t otherwise) {
  return data.contains(key) && data.at(key).is_number() ? data.at(key).get<std::int64_t>() : otherwise;
}

std::string missing_text(const FitRecord& record, const ordered_json& data) {
  if (!data.contains("missing_cells")) return {};
  constexpr const char* numeric[] = {
      "the mean", "the median", "the commonest value", "zero", "a value between its neighbours in time", "nothing: the row is dropped"};
  constexpr const char* categorical[] = {"a word of their own", "the commonest word", "nothing: the row is dropped"};
  const MissingSpec& spec = record.model.job.missing;
  std::string out;
  const ordered_json& missing = data.at("missing_cells");
  if (missing.contains("events")) out += missing_table(missing.at("events"), "Columns of the events", count_in(data, "events", 0));
  if (missing.contains("customers"))
    out += missing_table(missing.at("customers"), "Columns of the customer table", count_in(data, "customer_rows", 0));
  return out + fmt::format("<p class=\"soft\">Missing numbers become {}; missing categories {}.</p>\n",
                           numeric[static_cast<std::size_t>(spec.numeric)], categorical[static_cast<std::size_t>(spec.categorical)]);
}

std::string vocabulary_text(const Transform& transform) {
  HtmlTable table;
  table.head = {"Category", "Words known"};
  for (const auto* vocabularies : {&transform.event_words, &transform.profile_words})
    for (const Vocabulary& words : *vocabularies)
      table.rows.push_back({escape(words.name), count_text(static_cast<std::int64_t>(words.words.size()))});
  if (table.rows.empty()) return {};
  table.caption = "Words the model knows. Others are scored as unseen; footfall score says how many it met.";
  return html(table);
}

}  // namespace

Chapter data_section(const FitRecord& record) {
  const ordered_json data = record.metrics.value("data", ordered_json::object());
  const std::string body = "<div class=\"pair\"><div>" + counts_table(data) + "</div><div>" + missing_text(record, data) +
                           vocabulary_text(record.model.transform) + "</div></div>\n";
  return {"data", "The data", body};
}

}  // namespace footfall
