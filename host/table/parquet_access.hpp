#pragma once

#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <fmt/format.h>

#include "kernels/error.hpp"

namespace footfall {

/// What every reader of a Parquet file does alike: Arrow's statuses and exceptions become errors that name the file, and versions of Arrow differ
/// here alone.
class ParquetAccess {
 protected:
  explicit ParquetAccess(std::string file) : file_(std::move(file)) {}
  ~ParquetAccess() = default;  // not by a pointer to this

  template <typename Step>
  void guard(Step step) {
    try {
      step();
    } catch (const Error&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw failure(fmt::format("memory ran out while reading {}", file_), "free memory, or write the file with smaller row groups");
    } catch (const std::exception& fault) {
      refuse(fault.what());
    }
  }

  template <typename T>
  T check(arrow::Result<T> result) const {
    check(result.status());
    return std::move(result).ValueUnsafe();
  }

  void check(const arrow::Status& status) const {
    if (!status.ok()) refuse(status.message());
  }

  [[noreturn]] void refuse(std::string_view why) const {
    throw bad_input(fmt::format("{} is no whole Parquet file, or is damaged ({})", file_, why.substr(0, why.find('\n'))),
                    "it may have been cut off by a download: fetch or write it again");
  }

  // Arrow before 20 hands the reader back through a pointer.
  template <typename Reader>
  std::shared_ptr<arrow::RecordBatchReader> open_batches(Reader& reader, const std::vector<int>& groups, const std::vector<int>& columns) {
    if constexpr (requires { reader.GetRecordBatchReader(groups, columns).ValueOrDie(); }) {
      return check(reader.GetRecordBatchReader(groups, columns));
    } else {
      std::shared_ptr<arrow::RecordBatchReader> out;
      check(reader.GetRecordBatchReader(groups, columns, &out));
      return out;
    }
  }

  std::shared_ptr<arrow::Array> cast(const arrow::Array& array, const std::shared_ptr<arrow::DataType>& type,
                                     const std::string& name) const {
    if (array.type()->Equals(*type)) return arrow::MakeArray(array.data());
    auto result = arrow::compute::Cast(array, type);
    if (!result.ok()) {
      throw bad_input(fmt::format("{}: column \"{}\" ({}) cannot be read as {}: {}", file_, name, array.type()->ToString(),
                                  type->ToString(), result.status().message()),
                      "write it with a plain type");
    }
    return std::move(result).ValueUnsafe();
  }

  std::string file_;
};

}  // namespace footfall
