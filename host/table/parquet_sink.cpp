#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

#include "host/table/file_stream.hpp"
#include "host/table/table_sink.hpp"

namespace footfall {
namespace {

std::shared_ptr<arrow::DataType> arrow_type(const OutputColumn& column) {
  switch (column.type) {
    case ColumnType::integer: return arrow::int64();
    case ColumnType::number: return column.float32 ? arrow::float32() : arrow::float64();
    case ColumnType::boolean: return arrow::boolean();
    case ColumnType::text: return arrow::utf8();
    case ColumnType::timestamp: break;
  }
  switch (column.resolution) {
    case TimeResolution::days: return arrow::date32();
    case TimeResolution::seconds: return arrow::timestamp(arrow::TimeUnit::SECOND);
    case TimeResolution::milliseconds: return arrow::timestamp(arrow::TimeUnit::MILLI);
    default: return arrow::timestamp(arrow::TimeUnit::MICRO);
  }
}

/// Parquet knows no whole seconds, only milliseconds: a mark on the field lets our reader know them again.
std::shared_ptr<arrow::Field> field_of(const OutputColumn& column) {
  const bool seconds = column.type == ColumnType::timestamp && column.resolution == TimeResolution::seconds;
  return arrow::field(column.name, arrow_type(column), true, seconds ? arrow::key_value_metadata({"resolution"}, {"seconds"}) : nullptr);
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

arrow::Status append_column(const Column& column, const OutputColumn& as, arrow::ArrayBuilder& into, std::int64_t from, std::int64_t to) {
  ARROW_RETURN_NOT_OK(into.Reserve(to - from));
  const bool whole = column.valid.empty();
  if (whole && as.type == ColumnType::integer) return static_cast<arrow::Int64Builder&>(into).AppendValues(column.integers.data() + from, to - from);
  const auto each = [&](auto append) -> arrow::Status {
    for (std::int64_t row = from; row < to; ++row) {
      if (!column.is_valid(row)) {
        ARROW_RETURN_NOT_OK(into.AppendNull());
      } else {
        ARROW_RETURN_NOT_OK(append(static_cast<std::size_t>(row)));
      }
    }
    return arrow::Status::OK();
  };
  switch (as.type) {
    case ColumnType::integer:
      return each([&](std::size_t row) { return static_cast<arrow::Int64Builder&>(into).Append(column.integers[row]); });
    case ColumnType::number:
      return each([&](std::size_t row) {
        const double value = column.numbers[row];
        if (value != value) return into.AppendNull();
        return as.float32 ? static_cast<arrow::FloatBuilder&>(into).Append(static_cast<float>(value))
                          : static_cast<arrow::DoubleBuilder&>(into).Append(value);
      });
    case ColumnType::boolean:
      return each([&](std::size_t row) { return static_cast<arrow::BooleanBuilder&>(into).Append(column.integers[row] != 0); });
    case ColumnType::text:
      return each(
          [&](std::size_t row) { return static_cast<arrow::StringBuilder&>(into).Append(column.text_at(static_cast<std::int64_t>(row))); });
    case ColumnType::timestamp:
      return each([&](std::size_t row) {
        const std::int64_t units = floor_divide(column.integers[row], std::max<std::int64_t>(1, unit_in_microseconds(as.resolution)));
        return as.resolution == TimeResolution::days ? static_cast<arrow::Date32Builder&>(into).Append(static_cast<std::int32_t>(units))
                                                     : static_cast<arrow::TimestampBuilder&>(into).Append(units);
      });
  }
  return arrow::Status::OK();
}

arrow::Compression::type codec(Compression compression) {
  switch (compression) {
    case Compression::zstd: return arrow::Compression::ZSTD;
    case Compression::snappy: return arrow::Compression::SNAPPY;
    case Compression::none: break;
  }
  return arrow::Compression::UNCOMPRESSED;
}

/// Gathers rows until a row group is full, so that the bytes do not show how the rows came.
class ParquetSink final : public TableSink {
 public:
  ParquetSink(AtomicFile& file, std::string name, std::vector<OutputColumn> columns, const WriteOptions& options)
      : name_(std::move(name)), columns_(std::move(columns)), row_group_(options.row_group), stream_(std::make_shared<FileStream>(file)) {
    require(row_group_ > 0, "row groups without rows");
    arrow::FieldVector fields;
    parquet::WriterProperties::Builder properties;
    properties.compression(codec(options.compression));
    properties.max_row_group_length(row_group_);
    for (const OutputColumn& column : columns_) {
      fields.push_back(field_of(column));
      if (column.type == ColumnType::number || column.ascending) properties.disable_dictionary(column.name);  // measured values seldom repeat
      if (column.ascending) properties.encoding(column.name, parquet::Encoding::DELTA_BINARY_PACKED);
    }
    schema_ = arrow::schema(std::move(fields));
    // Arrow's own schema beside keeps the mark of field_of.
    const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    guard([&] {
      writer_ = stream_->check(
          parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), stream_, properties.build(), arrow_properties), name_);
      for (const auto& field : schema_->fields()) builders_.push_back(stream_->check(arrow::MakeBuilder(field->type()), name_));
    });
  }

  void append(const std::vector<const Column*>& columns, std::int64_t rows) override {
    guard([&] {
      for (std::int64_t from = 0; from < rows;) {
        const std::int64_t to = std::min(rows, from + row_group_ - pending_);
        for (std::size_t i = 0; i < columns.size(); ++i)
          stream_->check(append_column(*columns[i], columns_[i], *builders_[i], from, to), name_);
        pending_ += to - from;
        from = to;
        if (pending_ == row_group_) flush();
      }
    });
  }

  void finish() override {
    guard([&] {
      if (pending_ > 0) flush();
      stream_->check(writer_->Close(), name_);
    });
  }

 private:
  template <typename Step>
  void guard(Step step) {
    try {
      step();
    } catch (const parquet::ParquetException& fault) {
      stream_->rethrow(name_, fault.what());
    }
  }

  void flush() {
    arrow::ArrayVector arrays;
    for (const auto& builder : builders_) arrays.push_back(stream_->check(builder->Finish(), name_));
    const auto table = arrow::Table::Make(schema_, std::move(arrays), pending_);
    stream_->check(writer_->WriteTable(*table, pending_), name_);
    pending_ = 0;
  }

  std::string name_;
  std::vector<OutputColumn> columns_;
  std::int64_t row_group_;
  std::shared_ptr<FileStream> stream_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  std::int64_t pending_ = 0;
};

}  // namespace

std::unique_ptr<TableSink> parquet_sink(AtomicFile& file, const std::string& name, const std::vector<OutputColumn>& columns,
                                        const WriteOptions& options) {
  return std::make_unique<ParquetSink>(file, name, columns, options);
}

}  // namespace footfall
