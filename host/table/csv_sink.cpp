#include <array>
#include <charconv>
#include <cmath>

#include <arrow/io/compressed.h>
#include <arrow/util/compression.h>

#include "host/table/file_stream.hpp"
#include "host/table/table_sink.hpp"
#include "host/table/time_text.hpp"

namespace footfall {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 20;

class CsvSink final : public TableSink {
 public:
  CsvSink(AtomicFile& file, std::string name, std::vector<OutputColumn> columns, const WriteOptions& options)
      : name_(std::move(name)),
        columns_(std::move(columns)),
        missing_(options.missing),
        stream_(std::make_shared<FileStream>(file)),
        out_(stream_) {
    delimiter_ = name_.ends_with(".tsv") || name_.ends_with(".tsv.gz") || name_.ends_with(".tsv.zst") ? '\t' : ',';
    const bool gzip = name_.ends_with(".gz");
    if (gzip || name_.ends_with(".zst")) {
      codec_ = stream_->check(arrow::util::Codec::Create(gzip ? arrow::Compression::GZIP : arrow::Compression::ZSTD), name_);
      out_ = stream_->check(arrow::io::CompressedOutputStream::Make(codec_.get(), stream_), name_);
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) buffer_.push_back(delimiter_);
      put_text(columns_[i].name);
    }
    buffer_.push_back('\n');
  }

  ~CsvSink() override {
    if (out_ != stream_) (void)out_->Close();  // into a file that vanishes; else Arrow complains about a stream left open
  }

  void append(const std::vector<const Column*>& columns, std::int64_t rows) override {
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) buffer_.push_back(delimiter_);
        put_cell(*columns[i], columns_[i], row);
      }
      buffer_.push_back('\n');
      if (buffer_.size() >= buffer_size) flush();
    }
  }

  void finish() override {
    flush();
    stream_->check(out_->Close(), name_);
  }

 private:
  void flush() {
    stream_->check(out_->Write(buffer_.data(), static_cast<std::int64_t>(buffer_.size())), name_);
    buffer_.clear();
  }

  void put_cell(const Column& column, const OutputColumn& as, std::int64_t row) {
    const auto i = static_cast<std::size_t>(row);
    if (!column.is_valid(row) || (as.type == ColumnType::number && std::isnan(column.numbers[i]))) {
      buffer_ += missing_;
      return;
    }
    switch (as.type) {
      case ColumnType::integer: put_number(column.integers[i]); break;
      case ColumnType::number:
        if (as.float32)
          put_number(static_cast<float>(column.numbers[i]));
        else
          put_number(column.numbers[i]);
        break;
      case ColumnType::boolean: buffer_ += column.integers[i] != 0 ? "true" : "false"; break;
      case ColumnType::timestamp: buffer_ += format_time(column.integers[i], as.resolution); break;
      case ColumnType::text: put_text(column.text_at(row)); break;
    }
  }

  /// The shortest text that reads back as the same value.
  template <typename T>
  void put_number(T value) {
    std::array<char, 40> text{};
    buffer_.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
  }

  void put_text(std::string_view text) {
    const bool blanks = !text.empty() && (text.front() == ' ' || text.front() == '\t' || text.back() == ' ' || text.back() == '\t');
    if (!text.empty() && !blanks && text.find_first_of("\"\r\n") == std::string_view::npos &&
        text.find(delimiter_) == std::string_view::npos) {
      buffer_ += text;
      return;
    }
    buffer_.push_back('"');
    for (const char c : text) {
      if (c == '"') buffer_.push_back('"');
      buffer_.push_back(c);
    }
    buffer_.push_back('"');
  }

  std::string name_;
  std::vector<OutputColumn> columns_;
  std::string missing_;
  char delimiter_ = ',';
  std::shared_ptr<FileStream> stream_;
  std::unique_ptr<arrow::util::Codec> codec_;
  std::shared_ptr<arrow::io::OutputStream> out_;
  std::string buffer_;
};

}  // namespace

std::unique_ptr<TableSink> csv_sink(AtomicFile& file, const std::string& name, const std::vector<OutputColumn>& columns,
                                    const WriteOptions& options) {
  return std::make_unique<CsvSink>(file, name, columns, options);
}

}  // namespace footfall
