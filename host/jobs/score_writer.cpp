#include "host/jobs/score_writer.hpp"

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

void add_class_columns(const HeadSpec& head, const Outcome& outcome, std::size_t rows, std::vector<Column>& columns) {
  Column likeliest;
  likeliest.name = head.name;
  likeliest.type = ColumnType::text;
  likeliest.dictionary = head.classes;
  likeliest.codes = outcome.likeliest;
  columns.push_back(std::move(likeliest));
  for (std::size_t k = 0; k < head.classes.size(); ++k) {
    Column probability = number_column(head.name + "_" + head.classes[k]);
    for (std::size_t i = 0; i < rows; ++i) probability.numbers.push_back(outcome.probabilities[i * head.classes.size() + k]);
    columns.push_back(std::move(probability));
  }
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
  return columns;
}

Table score_table(const SavedModel& model, const CustomerIds& ids, std::span<const std::int64_t> customers, const std::vector<Outcome>& outcomes) {
  Table table;
  table.rows = static_cast<std::int64_t>(customers.size());
  table.columns.push_back(customer_column(ids, customers));
  for (std::size_t h = 0; h < outcomes.size(); ++h) {
    const HeadSpec& head = model.architecture.heads[h];
    if (head.kind == HeadKind::classes) {
      add_class_columns(head, outcomes[h], customers.size(), table.columns);
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
  return table;
}

}  // namespace footfall
