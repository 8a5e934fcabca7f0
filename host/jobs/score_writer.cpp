#include "host/jobs/score_writer.hpp"

#include <cmath>

namespace footfall {
namespace {

Column number_column(std::string name) {
  Column column;
  column.name = std::move(name);
  column.type = ColumnType::number;
  return column;
}

Column customer_column(const CustomerIds& ids, std::span<const std::int64_t> customers) {
  Column column;
  column.name = "customer";
  column.type = ids.text ? ColumnType::text : ColumnType::integer;
  for (const std::int64_t c : customers) {
    const auto i = static_cast<std::size_t>(c);
    if (ids.text) {
      column.codes.push_back(static_cast<std::int32_t>(column.dictionary.size()));
      column.dictionary.push_back(ids.names[i]);
    } else {
      column.integers.push_back(ids.numbers[i]);
    }
  }
  return column;
}

void add_class_columns(const HeadSpec& head, const std::string& name, const Outcome& outcome, std::size_t rows, std::vector<Column>& columns) {
  Column likeliest;
  likeliest.name = name;
  likeliest.type = ColumnType::text;
  likeliest.dictionary = head.classes;
  likeliest.codes = outcome.likeliest;
  columns.push_back(std::move(likeliest));
  for (std::size_t k = 0; k < head.classes.size(); ++k) {
    Column probability = number_column(name + "_" + head.classes[k]);
    for (std::size_t i = 0; i < rows; ++i) probability.numbers.push_back(outcome.probabilities[i * head.classes.size() + k]);
    columns.push_back(std::move(probability));
  }
}

void add_network_columns(const SavedModel& model, const NetworkAnswer& network, std::size_t rows, std::vector<Column>& columns) {
  const HeadSpec& head = model.architecture.heads[static_cast<std::size_t>(model.network->target)];
  if (head.kind == HeadKind::classes) {
    add_class_columns(head, head.name + "_network", network.outcome, rows, columns);
  } else {
    columns.push_back(number_column(head.name + "_network"));
    columns.back().numbers = network.outcome.prediction;
  }
  Column evidence = number_column("log_evidence");
  evidence.numbers = network.log_evidence;
  for (const double e : evidence.numbers) evidence.valid.push_back(std::isnan(e) ? 0 : 1);
  columns.push_back(std::move(evidence));
}

}  // namespace

std::vector<OutputColumn> score_columns(const SavedModel& model, bool text_ids) {
  std::vector<OutputColumn> columns = {{"customer", text_ids ? ColumnType::text : ColumnType::integer}};
  for (const HeadSpec& head : model.architecture.heads) {
    const bool is_class = head.kind == HeadKind::classes;
    columns.push_back({head.name, is_class ? ColumnType::text : ColumnType::number});
    for (const std::string& name : head.classes) columns.push_back({head.name + "_" + name, ColumnType::number});
    columns.push_back({head.name + "_decile", ColumnType::integer});
  }
  if (model.network) {
    const HeadSpec& head = model.architecture.heads[static_cast<std::size_t>(model.network->target)];
    columns.push_back({head.name + "_network", head.kind == HeadKind::classes ? ColumnType::text : ColumnType::number});
    for (const std::string& name : head.classes) columns.push_back({head.name + "_network_" + name, ColumnType::number});
    columns.push_back({"log_evidence", ColumnType::number});
  }
  return columns;
}

Table score_table(const SavedModel& model, const CustomerIds& ids, std::span<const std::int64_t> customers, const std::vector<Outcome>& outcomes,
                  const NetworkAnswer& network) {
  Table table;
  table.rows = static_cast<std::int64_t>(customers.size());
  table.columns.push_back(customer_column(ids, customers));
  for (std::size_t h = 0; h < outcomes.size(); ++h) {
    const HeadSpec& head = model.architecture.heads[h];
    if (head.kind == HeadKind::classes) {
      add_class_columns(head, head.name, outcomes[h], customers.size(), table.columns);
    } else {
      Column value = number_column(head.name);
      value.numbers = outcomes[h].prediction;
      table.columns.push_back(std::move(value));
    }
    Column decile;
    decile.name = head.name + "_decile";
    decile.type = ColumnType::integer;
    for (const double p : outcomes[h].prediction) decile.integers.push_back(decile_of(model.targets[h].deciles, p));
    table.columns.push_back(std::move(decile));
  }
  if (model.network) add_network_columns(model, network, customers.size(), table.columns);
  return table;
}

}  // namespace footfall
