#pragma once

#include <exception>
#include <string>
#include <utility>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {

/// An AtomicFile as Arrow's stream. What goes wrong in a write is kept, because Arrow knows no exceptions of ours, and thrown by rethrow().
/// For the .cpp files of this folder only: it brings Arrow's headers.
class FileStream final : public arrow::io::OutputStream {
 public:
  explicit FileStream(AtomicFile& file) : file_(file) {}

  arrow::Status Write(const void* data, std::int64_t size) override {
    if (fault_) return arrow::Status::IOError("a write failed before");
    try {
      file_.write({static_cast<const char*>(data), static_cast<std::size_t>(size)});
    } catch (const Error& error) {
      fault_ = std::current_exception();
      return arrow::Status::IOError(error.what());
    }
    written_ += size;
    return arrow::Status::OK();
  }
  using arrow::io::Writable::Write;
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return written_; }

  /// After Arrow said that something failed.
  [[noreturn]] void rethrow(const std::string& name, const std::string& why) const {
    if (fault_) std::rethrow_exception(fault_);
    throw failure(name + " cannot be written: " + why, "please report this");
  }
  void check(const arrow::Status& status, const std::string& name) const {
    if (!status.ok()) rethrow(name, status.message());
  }
  template <typename T>
  [[nodiscard]] T check(arrow::Result<T> result, const std::string& name) const {
    check(result.status(), name);
    return std::move(result).ValueUnsafe();
  }

 private:
  AtomicFile& file_;
  std::int64_t written_ = 0;
  bool closed_ = false;
  std::exception_ptr fault_;
};

}  // namespace footfall
