#include <algorithm>
#include <cmath>
#include <exception>
#include <unordered_set>

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/io/file.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/schema.h>

#include "host/table/arrow_setup.hpp"
#include "host/table/cell.hpp"
#include "host/table/parquet_access.hpp"
#include "host/table/raw.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t batch_rows = 16384;

RawForm form_of(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA: return RawForm::nothing;
    case arrow::Type::BOOL: return RawForm::boolean;
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64: return RawForm::integer;
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: return RawForm::number;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY: return RawForm::text;
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DATE32:
    case arrow::Type::DATE64: return RawForm::timestamp;
    case arrow::Type::DICTIONARY: return form_of(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default: return RawForm::unsupported;
  }
}

std::shared_ptr<arrow::DataType> plain_type(const std::shared_ptr<arrow::DataType>& type) {
  return type->id() == arrow::Type::DICTIONARY ? static_cast<const arrow::DictionaryType&>(*type).value_type() : type;
}

/// How many units of a source make a microsecond, or the other way round.
struct TimeUnit {
  std::int64_t times = 1, divided_by = 1;
  TimeResolution resolution = TimeResolution::microseconds;
};

TimeUnit unit_of(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DATE32) return {86'400'000'000, 1, TimeResolution::days};
  if (type.id() == arrow::Type::DATE64) return {1000, 1, TimeResolution::days};
  switch (static_cast<const arrow::TimestampType&>(type).unit()) {
    case arrow::TimeUnit::SECOND: return {1'000'000, 1, TimeResolution::seconds};
    case arrow::TimeUnit::MILLI: return {1000, 1, TimeResolution::milliseconds};
    case arrow::TimeUnit::MICRO: return {1, 1, TimeResolution::microseconds};
    case arrow::TimeUnit::NANO: return {1, 1000, TimeResolution::nanoseconds};
  }
  return {};
}

class ParquetFile final : public FileReader, private ParquetAccess {
 public:
  ParquetFile(const std::string& file, const TextOptions& options) : ParquetAccess(file), missing_(options.missing_tokens) {
    start_arrow();
    guard([&] {
      source_ = check(arrow::io::ReadableFile::Open(file_));
      parquet::arrow::FileReaderBuilder builder;
      check(builder.Open(source_));
      parquet::ArrowReaderProperties properties;
      properties.set_batch_size(batch_rows);
      properties.set_use_threads(false);  // footfall hands out its own threads
      properties.set_pre_buffer(false);
      builder.properties(properties);
      check(builder.Build(&reader_));
      check(reader_->GetSchema(&schema_));
    });
    std::unordered_set<std::string> seen;
    for (const auto& field : schema_->fields()) {
      names_.push_back(field->name());
      forms_.push_back(form_of(*field->type()));
      if (!seen.insert(field->name()).second)
        throw bad_input(fmt::format("{}: the column \"{}\" stands there twice", file_, field->name()), "write it with other names");
    }
  }

  const std::vector<std::string>& names() const override { return names_; }
  const std::vector<RawForm>& forms() const override { return forms_; }
  TimeResolution resolution(std::size_t column) const override {
    if (forms_[column] != RawForm::timestamp) return TimeResolution::none;
    const arrow::Field& field = *schema_->field(static_cast<int>(column));
    const TimeResolution stored = unit_of(*plain_type(field.type())).resolution;
    const bool seconds = field.metadata() != nullptr && field.metadata()->Get("resolution").ValueOr("") == "seconds";
    return seconds && stored == TimeResolution::milliseconds ? TimeResolution::seconds : stored;  // as our own writer marks them
  }
  Origin::Counting counting() const override { return Origin::Counting::rows; }
  std::int64_t bytes_done() const override {
    const auto at = source_->Tell();
    return at.ok() ? *at : 0;
  }

  std::vector<std::int64_t> groups() const override {
    std::vector<std::int64_t> rows;
    const auto metadata = reader_->parquet_reader()->metadata();
    for (int g = 0; g < metadata->num_row_groups(); ++g) rows.push_back(metadata->RowGroup(g)->num_rows());
    return rows;
  }

  void limit_to(std::int32_t first, std::int32_t end) override {
    const std::vector<std::int64_t> rows = groups();
    require(first >= 0 && first < end && end <= static_cast<std::int32_t>(rows.size()), "row groups that a file does not have");
    first_group_ = first;
    end_group_ = end;
    for (std::int32_t g = 0; g < first; ++g) row_ += rows[static_cast<std::size_t>(g)];
  }

  void select(const std::vector<std::size_t>& columns) override {
    selected_ = columns;
    if (end_group_ < 0) end_group_ = reader_->num_row_groups();
    guard([&] {
      const parquet::SchemaDescriptor& leaves = *reader_->parquet_reader()->metadata()->schema();
      std::unordered_set<std::string> wanted;
      for (const std::size_t column : columns) wanted.insert(names_[column]);
      std::vector<int> groups;
      for (int i = 0; i < leaves.num_columns(); ++i) {
        if (wanted.contains(leaves.GetColumnRoot(i)->name())) leaves_.push_back(i);
      }
      for (int i = first_group_; i < end_group_; ++i) groups.push_back(i);
      batches_ = open_batches(*reader_, groups, leaves_);
    });
  }

  bool next(RawChunk& chunk) override {
    chunk.columns.resize(selected_.size());
    for (RawColumn& column : chunk.columns) column.clear();
    kept_.clear();
    const bool more = read_batch();
    if (!more) return false;
    guard([&] {
      for (std::size_t i = 0; i < selected_.size(); ++i) {
        const std::string& name = names_[selected_[i]];
        const auto array = batch_->GetColumnByName(name);
        if (array == nullptr)
          throw bad_input(fmt::format("{} is damaged: column \"{}\" cannot be found again", file_, name), "write it again");
        convert(array, chunk.columns[i], name);
      }
    });
    chunk.rows = batch_->num_rows();
    chunk.positions.resize(static_cast<std::size_t>(chunk.rows));
    for (std::int64_t& position : chunk.positions) position = ++row_;
    return true;
  }

 private:
  /// The next batch that has rows; what cannot be decoded is an error about its row group.
  bool read_batch() {
    std::string fault;
    try {
      do {
        if (const arrow::Status status = batches_->ReadNext(&batch_); !status.ok()) {
          if (status.IsOutOfMemory()) throw std::bad_alloc();
          fault = status.message();
        }
      } while (fault.empty() && batch_ != nullptr && batch_->num_rows() == 0);
    } catch (const std::bad_alloc&) {
      throw failure(fmt::format("memory ran out while reading {}", file_), "free memory, or write the file with smaller row groups");
    } catch (const std::exception& problem) {
      fault = problem.what();
    }
    if (!fault.empty()) refuse_group(fault);
    return batch_ != nullptr;
  }

  /// A batch may reach over the end of a row group, so those from the next row on are tried one by one.
  [[noreturn]] void refuse_group(const std::string& fault) {
    std::int64_t before = 0;
    const std::vector<std::int64_t> rows = groups();
    for (std::int32_t g = 0; g < end_group_; ++g) {
      const std::int64_t after = before + rows[static_cast<std::size_t>(g)];
      if (g >= first_group_ && after > row_ && !can_decode(g))
        throw bad_input(fmt::format("{}: row group {} (rows {} to {}) is damaged ({})", file_, g, before + 1, after, fault.substr(0, fault.find('\n'))),
                        "it may have been cut off by a download: fetch or write it again");
      before = after;
    }
    refuse(fault);
  }

  bool can_decode(std::int32_t group) {
    try {
      const auto batches = open_batches(*reader_, {group}, leaves_);
      std::shared_ptr<arrow::RecordBatch> batch;
      do {
        if (!batches->ReadNext(&batch).ok()) return false;
      } while (batch != nullptr);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  void convert(std::shared_ptr<arrow::Array> array, RawColumn& out, const std::string& name) {
    if (array->type_id() == arrow::Type::DICTIONARY && form_of(*array->type()) != RawForm::text) {
      array = cast(*array, plain_type(array->type()), name);
    }
    out.form = form_of(*array->type());
    const auto n = static_cast<std::size_t>(array->length());
    out.valid.resize(n);
    if (array->null_count() == 0)
      std::fill(out.valid.begin(), out.valid.end(), std::uint8_t{1});
    else
      for (std::size_t i = 0; i < n; ++i) out.valid[i] = array->IsValid(static_cast<std::int64_t>(i)) ? 1 : 0;
    switch (out.form) {
      case RawForm::integer: {
        const auto values = std::static_pointer_cast<arrow::Int64Array>(cast(*array, arrow::int64(), name));
        out.integers.assign(values->raw_values(), values->raw_values() + n);
        break;
      }
      case RawForm::number: {
        const auto values = std::static_pointer_cast<arrow::DoubleArray>(cast(*array, arrow::float64(), name));
        out.numbers.assign(values->raw_values(), values->raw_values() + n);
        for (std::size_t i = 0; i < n; ++i) {
          if (std::isnan(out.numbers[i])) out.valid[i] = 0;
        }
        break;
      }
      case RawForm::boolean: {
        const auto& values = static_cast<const arrow::BooleanArray&>(*array);
        out.integers.resize(n);
        for (std::size_t i = 0; i < n; ++i) out.integers[i] = values.Value(static_cast<std::int64_t>(i)) ? 1 : 0;
        break;
      }
      case RawForm::timestamp: convert_times(*array, out, name); break;
      case RawForm::text: convert_text(array, out, name); break;
      case RawForm::nothing: break;
      default:
        throw bad_input(fmt::format("{}: column \"{}\" is a {}, which is no plain column", file_, name, array->type()->ToString()),
                        "write it flat, one value a cell");
    }
  }

  void convert_times(const arrow::Array& array, RawColumn& out, const std::string& name) const {
    const TimeUnit unit = unit_of(*array.type());
    const auto n = static_cast<std::size_t>(array.length());
    out.resolution = unit.resolution;
    out.integers.resize(n);
    const bool days = array.type_id() == arrow::Type::DATE32;
    const auto* wide = days ? nullptr : array.data()->GetValues<std::int64_t>(1);
    const auto* narrow = days ? array.data()->GetValues<std::int32_t>(1) : nullptr;
    for (std::size_t i = 0; i < n; ++i) {
      if (out.valid[i] == 0) continue;
      const std::int64_t value = days ? narrow[i] : wide[i];
      if (__builtin_mul_overflow(value, unit.times, &out.integers[i])) {
        throw bad_input(fmt::format("{} row {}: column \"{}\" holds a time beyond the year 290000", file_,
                                    row_ + 1 + static_cast<std::int64_t>(i), name),
                        "fix the file");
      }
      if (unit.divided_by > 1) out.integers[i] = value / unit.divided_by - (value % unit.divided_by < 0 ? 1 : 0);
    }
  }

  void convert_text(const std::shared_ptr<arrow::Array>& array, RawColumn& out, const std::string& name) {
    const auto n = static_cast<std::size_t>(array->length());
    out.cells.resize(n);
    std::shared_ptr<arrow::Array> plain = array, indices;
    if (array->type_id() == arrow::Type::DICTIONARY) {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*array);
      plain = dictionary.dictionary();
      indices = cast(*dictionary.indices(), arrow::int64(), name);
    }
    const auto values = std::static_pointer_cast<arrow::StringArray>(cast(*plain, arrow::utf8(), name));
    kept_.push_back(values);
    const auto* index = indices == nullptr ? nullptr : static_cast<const arrow::Int64Array&>(*indices).raw_values();
    const bool nulls = values->null_count() > 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (out.valid[i] == 0) continue;
      const std::int64_t at = index == nullptr ? static_cast<std::int64_t>(i) : index[i];
      if (nulls && values->IsNull(at)) {
        out.valid[i] = 0;
        continue;
      }
      out.cells[i] = values->GetView(at);
      if (missing_.contains(out.cells[i])) out.valid[i] = 0;
    }
  }

  MissingTokens missing_;
  std::shared_ptr<arrow::io::ReadableFile> source_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::string> names_;
  std::vector<RawForm> forms_;
  std::vector<std::size_t> selected_;
  std::vector<int> leaves_;
  std::int32_t first_group_ = 0, end_group_ = -1;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::vector<std::shared_ptr<arrow::Array>> kept_;  // what the views of the last chunk point into
  std::int64_t row_ = 0;
};

}  // namespace

std::unique_ptr<FileReader> open_parquet_file(const std::string& file, const TextOptions& options) {
  return std::make_unique<ParquetFile>(file, options);
}

}  // namespace footfall
