#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/report/number_text.hpp"
#include "host/report/sections.hpp"

namespace footfall {
namespace {

using nlohmann::ordered_json;

std::string widths(const std::vector<std::int64_t>& values) { return values.empty() ? "none" : fmt::format("{}", fmt::join(values, ", ")); }

std::string choices_table(const FitRecord& record) {
  const Architecture& model = record.model.architecture;
  const TrainSpec& train = record.model.job.train;
  HtmlTable table;
  table.head = {"Choice", "Value"};
  const auto row = [&](const char* name, const std::string& value) { table.rows.push_back({name, value}); };
  const auto optional = [&](const char* name, const auto& value, const auto& write) {
    if (value) row(name, write(*value));
  };
  if (model.has_events())
    row(model.cell == Cell::lstm ? "Event encoder (LSTM layers)" : "Event encoder (GRU layers)", widths(model.hidden));
  if (model.has_events()) row("Newest events read", count_text(record.model.features.max_length));
  if (model.profile_width > 0) row("Profile encoder (layers)", widths(model.layers));
  row("Members that share their weights", count_text(model.members));
  const ordered_json about = record.metrics.value("model", ordered_json::object());
  if (about.contains("parameters")) row("Trained parameters", count_text(about.at("parameters").get<std::int64_t>()));
  optional("Epochs", train.epochs, [](auto v) { return count_text(v); });
  if (about.contains("best_epoch")) row("Epoch that was kept", count_text(about.at("best_epoch").get<std::int64_t>()));
  optional("Batch", train.batch, [](auto v) { return counted(v, "customer", "customers"); });
  optional("Learning rate", train.learning_rate, [](auto v) { return fmt::format("{:g}", v); });
  optional("Weight decay", train.weight_decay, [](auto v) { return fmt::format("{:g}", v); });
  optional("Dropout", record.model.job.model.dropout, [](auto v) { return percent_text(v); });
  optional("Validation part", train.validation, [](auto v) { return percent_text(v); });
  optional("Early stopping", train.patience,
           [](auto v) { return v > 0 ? "after " + counted(v, "epoch", "epochs") + " without gain" : std::string("off"); });
  if (about.contains("padding")) row("Padding in the batches", percent_text(about.at("padding").get<double>()));
  row("Device", escape(record.model.device));
  return html(table);
}

std::string stage_title(const std::string& key) {
  if (key == "read") return "Read the files";
  if (key == "features") return "Build features and labels";
  if (key == "test") return "Fit and test";
  if (key == "final") return "Fit the model that is saved";
  return key == "save" ? "Judge and save" : escape(key);
}

std::string timing_table(const ordered_json& timing) {
  HtmlTable table;
  table.head = {"Stage", "Time", "Share", ""};
  double all = 0.0;
  for (const auto& entry : timing)
    if (entry.is_number()) all += entry.get<double>();
  for (const auto& [name, value] : timing.items()) {
    if (!value.is_number()) continue;
    const double share = all > 0.0 ? value.get<double>() / all : 0.0;
    table.rows.push_back({stage_title(name), seconds_text(value.get<double>()), percent_text(share),
                          fmt::format("<span class=\"meter\"><i style=\"width:{:.1f}%\"></i></span>", 100.0 * share)});
  }
  table.rows.push_back({"<b>Together</b>", "<b>" + seconds_text(all) + "</b>", "", ""});
  return html(table);
}

}  // namespace

Chapter making_section(const FitRecord& record) {
  std::string body = "<div class=\"pair\"><div><h3>Choices</h3>\n" + choices_table(record) + "</div>";
  if (record.metrics.contains("timing"))
    body += "<div><h3>Where the time went</h3>\n" + timing_table(record.metrics.at("timing")) + "</div>";
  body += "</div>\n<h3>The whole job</h3>\n<details><summary>Every setting, as the model keeps it (job.toml)</summary><pre>" +
          escape(to_toml(record.model.job)) + "</pre></details>\n";
  return {"making", "How it was made", body};
}

}  // namespace footfall
