// State codes from Parquet. Text columns are asked for as dictionaries: a batch then is whole numbers into a few texts, each of which is looked up once.

#include <algorithm>
#include <exception>

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/io/file.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/schema.h>

#include "host/table/arrow_setup.hpp"
#include "host/table/cell.hpp"
#include "host/table/code_source.hpp"
#include "host/table/parquet_access.hpp"
#include "kernels/bayes/codes.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t batch_rows = 65536;

/// Calls with each row, and whether it is there.
template <class Take>
void fill(const arrow::Array& array, std::uint8_t* out, const Take& take) {
  const std::int64_t rows = array.length();
  if (array.null_count() == 0) {
    for (std::int64_t i = 0; i < rows; ++i) out[i] = take(i);
  } else {
    for (std::int64_t i = 0; i < rows; ++i) out[i] = array.IsNull(i) ? missing_code : take(i);
  }
}

/// The same for numbers into a dictionary, without a branch that cells missing at random would mislead.
void fill_from(const arrow::Int32Array& indices, const std::uint8_t* codes, std::uint8_t* out) {
  const std::int64_t rows = indices.length();
  const std::int32_t* index = indices.raw_values();
  const std::uint8_t* valid = indices.null_count() == 0 ? nullptr : indices.null_bitmap_data();
  if (valid == nullptr) {
    for (std::int64_t i = 0; i < rows; ++i) out[i] = codes[index[i]];
    return;
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t bit = indices.offset() + i;
    const std::int32_t there = valid[bit >> 3] >> (bit & 7) & 1;
    out[i] = static_cast<std::uint8_t>(codes[index[i] & -there] | (there - 1));   // a missing cell's number may be anything; 0xFF is the missing code
  }
}

class ParquetCodes final : public CodeSource, private ParquetAccess {
 public:
  ParquetCodes(const std::string& file, const TextOptions& options, std::vector<CodeUse> uses)
      : ParquetAccess(file), missing_(options.missing_tokens), uses_(std::move(uses)), known_(uses_.size()) {
    start_arrow();
    guard([&] {
      source_ = check(arrow::io::ReadableFile::Open(file_));
      parquet::arrow::FileReaderBuilder builder;
      check(builder.Open(source_));
      parquet::ArrowReaderProperties properties;
      properties.set_batch_size(batch_rows);
      properties.set_use_threads(false);  // footfall hands out its own threads
      properties.set_pre_buffer(false);
      const parquet::SchemaDescriptor& leaves = *builder.raw_reader()->metadata()->schema();
      std::vector<int> wanted;
      for (int leaf = 0; leaf < leaves.num_columns(); ++leaf) {
        const bool used = std::any_of(uses_.begin(), uses_.end(), [&](const CodeUse& use) { return use.name == leaves.GetColumnRoot(leaf)->name(); });
        if (!used) continue;
        wanted.push_back(leaf);
        if (leaves.Column(leaf)->physical_type() == parquet::Type::BYTE_ARRAY) properties.set_read_dictionary(leaf, true);
      }
      builder.properties(properties);
      check(builder.Build(&reader_));
      std::vector<int> groups;
      for (int i = 0; i < reader_->num_row_groups(); ++i) groups.push_back(i);
      rows_left_ = reader_->parquet_reader()->metadata()->num_rows();
      if (!wanted.empty()) batches_ = open_batches(*reader_, groups, wanted);
    });
  }

  [[nodiscard]] std::int64_t next(std::uint8_t* codes, std::int64_t stride, std::int64_t room) override {
    if (uses_.empty()) {  // rows without a column to look at
      const std::int64_t rows = std::min(room, rows_left_);
      rows_left_ -= rows;
      return rows;
    }
    std::int64_t rows = 0;
    guard([&] {
      std::shared_ptr<arrow::RecordBatch> batch = left_;
      left_ = nullptr;
      while (batch == nullptr || batch->num_rows() == 0) {
        check(batches_->ReadNext(&batch));
        if (batch == nullptr) return;
      }
      if (batch->num_rows() > room) {
        left_ = batch->Slice(room);
        batch = batch->Slice(0, room);
      }
      for (std::size_t u = 0; u < uses_.size(); ++u) {
        const auto array = batch->GetColumnByName(uses_[u].name);
        if (array == nullptr) throw bad_input(fmt::format("{} is damaged: column \"{}\" cannot be found again", file_, uses_[u].name), "write it again");
        convert(u, array, codes + static_cast<std::int64_t>(u) * stride);
      }
      rows = batch->num_rows();
    });
    return rows;
  }

  [[nodiscard]] std::int64_t bytes_done() const override {
    const auto at = source_->Tell();
    return at.ok() ? *at : 0;
  }

 private:
  /// The codes of a column's dictionary, as long as it stays the same.
  struct KnownDictionary {
    std::shared_ptr<arrow::Array> dictionary;
    std::vector<std::uint8_t> codes;
  };

  void convert(std::size_t use, const std::shared_ptr<arrow::Array>& array, std::uint8_t* out) {
    const StateCodes& states = *uses_[use].codes;
    switch (array->type_id()) {
      case arrow::Type::NA: std::fill_n(out, array->length(), missing_code); return;
      case arrow::Type::DICTIONARY: return convert_dictionary(use, static_cast<const arrow::DictionaryArray&>(*array), out);
      case arrow::Type::BOOL: {
        const auto& values = static_cast<const arrow::BooleanArray&>(*array);
        return fill(values, out, [&](std::int64_t i) { return states.of_boolean(values.Value(i)); });
      }
      case arrow::Type::HALF_FLOAT:
      case arrow::Type::FLOAT:
      case arrow::Type::DOUBLE:
      case arrow::Type::DECIMAL128:
      case arrow::Type::DECIMAL256: {
        const auto values = std::static_pointer_cast<arrow::DoubleArray>(cast(*array, arrow::float64(), uses_[use].name));
        return fill(*values, out, [&](std::int64_t i) { return states.of_number(values->Value(i)); });
      }
      case arrow::Type::INT8:
      case arrow::Type::INT16:
      case arrow::Type::INT32:
      case arrow::Type::INT64:
      case arrow::Type::UINT8:
      case arrow::Type::UINT16:
      case arrow::Type::UINT32:
      case arrow::Type::UINT64: return convert_integers(use, *array, out);
      case arrow::Type::STRING:
      case arrow::Type::LARGE_STRING:
      case arrow::Type::STRING_VIEW:
      case arrow::Type::BINARY:
      case arrow::Type::LARGE_BINARY: {
        const auto values = std::static_pointer_cast<arrow::StringArray>(cast(*array, arrow::utf8(), uses_[use].name));
        return fill(*values, out, [&](std::int64_t i) { return text_code(states, values->GetView(i)); });
      }
      default:
        throw bad_input(fmt::format("{}: column \"{}\" is a {}, which is no state of a variable", file_, uses_[use].name, array->type()->ToString()),
                        "write it as text or numbers");
    }
  }

  [[nodiscard]] std::uint8_t text_code(const StateCodes& states, std::string_view cell) const { return missing_.contains(cell) ? missing_code : states.of_text(cell); }

  void convert_dictionary(std::size_t use, const arrow::DictionaryArray& array, std::uint8_t* out) {
    KnownDictionary& known = known_[use];
    if (known.dictionary == nullptr || (known.dictionary != array.dictionary() && !known.dictionary->Equals(*array.dictionary()))) {
      known.codes.resize(static_cast<std::size_t>(array.dictionary()->length()));
      convert(use, array.dictionary(), known.codes.data());
    }
    known.dictionary = array.dictionary();
    const auto indices = std::static_pointer_cast<arrow::Int32Array>(cast(*array.indices(), arrow::int32(), uses_[use].name));
    if (known.codes.empty()) known.codes.push_back(missing_code);   // of missing cells alone
    fill_from(*indices, known.codes.data(), out);
  }

  void convert_integers(std::size_t use, const arrow::Array& array, std::uint8_t* out) const {
    const StateCodes& states = *uses_[use].codes;
    const auto values = std::static_pointer_cast<arrow::Int64Array>(cast(array, arrow::int64(), uses_[use].name));
    // Most such columns hold a few small numbers.
    constexpr std::int64_t small = 256;
    std::vector<std::uint8_t> codes(small);
    for (std::int64_t v = 0; v < small; ++v) codes[static_cast<std::size_t>(v)] = states.of_integer(v);
    fill(*values, out, [&](std::int64_t i) {
      const std::int64_t value = values->Value(i);
      return value >= 0 && value < small ? codes[static_cast<std::size_t>(value)] : states.of_integer(value);
    });
  }

  MissingTokens missing_;
  std::vector<CodeUse> uses_;
  std::vector<KnownDictionary> known_;
  std::shared_ptr<arrow::io::ReadableFile> source_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::RecordBatch> left_;
  std::int64_t rows_left_ = 0;
};

}  // namespace

std::unique_ptr<CodeSource> open_parquet_codes(const std::string& file, const TextOptions& options, std::vector<CodeUse> uses) {
  return std::make_unique<ParquetCodes>(file, options, std::move(uses));
}

}  // namespace footfall
