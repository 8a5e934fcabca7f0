#include "host/table/byte_source.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>

#include "kernels/error.hpp"

namespace footfall {
namespace {

enum class Packing { none, gzip, zstd };

Packing packing_of(std::string_view head) {
  if (head.substr(0, 2) == "\x1f\x8b") return Packing::gzip;
  if (head.substr(0, 4) == "\x28\xb5\x2f\xfd") return Packing::zstd;
  return Packing::none;
}

/// Files that people take for text files, with what to do about them.
void refuse_other_formats(const std::string& file, std::string_view head, Packing packing) {
  if (packing == Packing::none && (file.ends_with(".gz") || file.ends_with(".zst"))) {
    throw bad_input(fmt::format("{} is no {} file, whatever its name says", file, file.ends_with(".gz") ? "gzip" : "zstd"),
                    "name it by what it holds, or fetch it again");
  }
  if (head.substr(0, 4) == "PK\x03\x04") {
    throw bad_input(fmt::format("{} is a zip archive (or a spreadsheet)", file), "unpack it, or save the sheet as CSV");
  }
  if (head.substr(0, 2) == "\xff\xfe" || head.substr(0, 2) == "\xfe\xff") {
    throw bad_input(fmt::format("{} is UTF-16 text", file), "convert it: iconv -f UTF-16 -t UTF-8");
  }
  if (packing == Packing::none && head.find('\0') != std::string_view::npos) {
    throw bad_input(fmt::format("{} is not a text file: it holds zero bytes", file), "give CSV, TSV or Parquet");
  }
}

class ArrowSource final : public ByteSource {
 public:
  ArrowSource(std::string file, Packing packing) : file_(std::move(file)), packing_(packing) {
    raw_ = check(arrow::io::ReadableFile::Open(file_));
    stream_ = raw_;
    if (packing != Packing::none) {
      codec_ = check(arrow::util::Codec::Create(packing == Packing::gzip ? arrow::Compression::GZIP : arrow::Compression::ZSTD));
      stream_ = check(arrow::io::CompressedInputStream::Make(codec_.get(), raw_));
    }
  }

  std::size_t read(char* into, std::size_t size) override {
    return static_cast<std::size_t>(check(stream_->Read(static_cast<std::int64_t>(size), into)));
  }

  std::int64_t position() const override {
    const auto at = raw_->Tell();
    return at.ok() ? *at : 0;
  }

 private:
  template <typename T>
  T check(arrow::Result<T> result) const {
    if (result.ok()) return std::move(result).ValueUnsafe();
    if (packing_ != Packing::none) {
      throw bad_input(fmt::format("{} is damaged or was cut off by a download ({})", file_, result.status().message()), "fetch it again");
    }
    throw failure(fmt::format("{} cannot be read: {}", file_, result.status().message()), "check the disk and try again");
  }

  std::string file_;
  Packing packing_;
  std::shared_ptr<arrow::io::ReadableFile> raw_;
  std::unique_ptr<arrow::util::Codec> codec_;
  std::shared_ptr<arrow::io::InputStream> stream_;
};

}  // namespace

std::string first_bytes(const std::string& file, std::size_t size) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  if (!std::filesystem::exists(status))
    throw bad_input(fmt::format("{} does not exist", file), "check the name; paths are relative to the job file");
  if (std::filesystem::is_directory(status))
    throw bad_input(fmt::format("{} is a folder", file), fmt::format("name its files, such as \"{}/*\"", file));
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw bad_input(fmt::format("{} cannot be opened: {}", file, std::strerror(errno)), "check its permissions");
  std::string head(size, '\0');
  in.read(head.data(), static_cast<std::streamsize>(size));
  head.resize(static_cast<std::size_t>(in.gcount()));
  return head;
}

std::unique_ptr<ByteSource> open_bytes(const std::string& file) {
  const std::string head = first_bytes(file, 4096);
  const Packing packing = packing_of(head);
  refuse_other_formats(file, head, packing);
  return std::make_unique<ArrowSource>(file, packing);
}

}  // namespace footfall
