#include <cmath>

#include <fmt/format.h>

#include "host/report/number_text.hpp"
#include "host/report/sections.hpp"
#include "host/report/svg_network.hpp"
#include "host/report/words.hpp"

namespace footfall {
namespace {

struct Row {
  const char* key;
  const char* title;
  Unit unit;
};

constexpr Row rows[] = {{"auroc", "AUROC", Unit::number},           {"auprc", "Average precision", Unit::number}, {"lift_at_10", "Lift of the top tenth", Unit::number},
                        {"log_loss", "Log loss", Unit::number},     {"brier", "Brier score", Unit::number},       {"calibration_error", "Calibration error", Unit::percent},
                        {"accuracy", "Accuracy", Unit::percent},    {"macro_f1", "Macro F1", Unit::number}};

/// The network's and the blend's figures beside the model's.
std::string figures_beside(const FitRecord& record, const std::string& target) {
  HtmlTable table;
  table.head = {"Figure", "Model", "Network", "Blend of both"};
  for (const Row& row : rows) {
    const double model = metric(record, "test", target, row.key);
    if (std::isnan(model)) continue;
    std::vector<std::string> cells{row.title, value_text(model, row.unit)};
    for (const char* ending : {"_network", "_blend"}) {
      const double value = metric(record, "test", target + ending, row.key);
      cells.push_back(std::isnan(value) ? "\u2013" : value_text(value, row.unit));
    }
    table.rows.push_back(std::move(cells));
  }
  return table.rows.empty() ? std::string() : html(table);
}

/// Each variable with its states and what it depends on.
std::string variables_table(const Network& network) {
  HtmlTable table;
  table.head = {"Column", "States", "Depends on"};
  for (std::size_t v = 0; v < network.variables.size(); ++v) {
    std::string parents;
    for (const std::int32_t p : network.families[v].parents) parents += (parents.empty() ? "" : ", ") + escape(network.variables[static_cast<std::size_t>(p)].name);
    table.rows.push_back({escape(network.variables[v].name), count_text(network.variables[v].size()), parents.empty() ? "\u2013" : parents});
  }
  return html(table);
}

}  // namespace

Chapter network_section(const FitRecord& record) {
  const SavedNetwork& saved = *record.model.network;
  const Network& network = saved.fitted.network;
  const std::string& target = record.model.architecture.heads[static_cast<std::size_t>(saved.target)].name;
  std::string body = fmt::format(
      "<p>Beside the model a Bayesian network was fitted: a drawing of which columns depend on which, with a table of probabilities for each. It answers for every customer, whatever "
      "cells are missing, and tells how usual the customer is (log_evidence). The blend weighs the logits of both: {} of the model's and {} of the network's.</p>\n",
      figure_text(saved.weights.first), figure_text(saved.weights.second));
  body += figures_beside(record, target);
  body += figure_html("What depends on what", {}, network_svg(network, saved.fitted.target, "The Bayesian network of " + target),
                      fmt::format("An arrow leads from a column to one whose distribution depends on it; those from {} are drawn strong. Columns that no arrow joins "
                                  "tell of each other only through those between them.",
                                  in_quotes(target)));
  body += "<details><summary>Columns, states and parents</summary>\n" + variables_table(network) + "</details>\n";
  return {"network", "The network", body};
}

}  // namespace footfall
