#include "host/table/write.hpp"

#include <unordered_set>

#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "host/table/table_sink.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

bool is_text_name(const std::string& name) {
  for (const std::string_view ending : {".csv", ".tsv", ".csv.gz", ".csv.zst", ".tsv.gz", ".tsv.zst"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

std::string unwritable(const std::string& name) {
  return fmt::format("{} cannot be written: give a name that ends in .parquet, .csv or .tsv (.gz and .zst of the text formats)", name);
}

}  // namespace

struct TableWriter::State {
  State(const std::string& name, std::vector<OutputColumn> wanted, const WriteOptions& options) : columns(std::move(wanted)), file(name) {
    std::unordered_set<std::string> seen;
    for (const OutputColumn& column : columns) {
      if (!seen.insert(column.name).second)
        throw bad_input(fmt::format("two columns of {} would be called \"{}\"", name, column.name), "rename one of them");
    }
    require(!columns.empty(), "a table without columns is written");
    if (is_text_name(name)) {
      sink = csv_sink(file, name, columns, options);
    } else if (name.ends_with(".parquet") || name.ends_with(".pq")) {
      sink = parquet_sink(file, name, columns, options);
    } else {
      throw bad_input(unwritable(name));
    }
  }

  std::vector<OutputColumn> columns;
  AtomicFile file;  // before the sink, which writes into it until it is gone
  std::unique_ptr<TableSink> sink;
  std::int64_t rows = 0;
  bool finished = false;
};

TableWriter::TableWriter(std::string file, std::vector<OutputColumn> columns, WriteOptions options)
    : state_(std::make_unique<State>(file, std::move(columns), options)) {}
TableWriter::~TableWriter() = default;
TableWriter::TableWriter(TableWriter&&) noexcept = default;
TableWriter& TableWriter::operator=(TableWriter&&) noexcept = default;

void TableWriter::write(const Table& chunk) {
  require(!state_->finished, "rows are written after the file was finished");
  std::vector<const Column*> columns;
  std::vector<Column> converted;
  converted.reserve(state_->columns.size());  // pointers into it are kept
  for (const OutputColumn& wanted : state_->columns) {
    const Column* column = chunk.find(wanted.name);
    require(column != nullptr && column->size() == chunk.rows, fmt::format("a chunk without a whole column {}", wanted.name));
    if (column->type != wanted.type) {
      require(wanted.type == ColumnType::number && column->type != ColumnType::text,
              fmt::format("column {} has another type than its file", wanted.name));
      Column& numbers = converted.emplace_back();
      numbers.numbers = column->as_numbers();
      numbers.valid = column->valid;
      column = &numbers;
    }
    columns.push_back(column);
  }
  state_->sink->append(columns, chunk.rows);
  state_->rows += chunk.rows;
}

void TableWriter::finish() {
  require(!state_->finished, "a file is finished twice");
  state_->sink->finish();
  state_->file.commit();
  state_->finished = true;
}

std::int64_t TableWriter::rows() const noexcept { return state_->rows; }

std::vector<OutputColumn> output_columns(const Table& table) {
  std::vector<OutputColumn> out;
  for (const Column& column : table.columns) out.push_back({column.name, column.type, column.resolution, false});
  return out;
}

void write_table(const std::string& file, const Table& table, const WriteOptions& options) {
  TableWriter writer(file, output_columns(table), options);
  writer.write(table);
  writer.finish();
}

}  // namespace footfall
