#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/table/atomic_file.hpp"
#include "host/table/write.hpp"

namespace footfall {

/// One format of output. Columns come in the order of the writer's, already of the right types.
class TableSink {
 public:
  virtual ~TableSink() = default;
  virtual void append(const std::vector<const Column*>& columns, std::int64_t rows) = 0;
  /// Writes what is left; the caller then commits the file.
  virtual void finish() = 0;
};

[[nodiscard]] std::unique_ptr<TableSink> parquet_sink(AtomicFile& file, const std::string& name, const std::vector<OutputColumn>& columns,
                                                      const WriteOptions& options);
[[nodiscard]] std::unique_ptr<TableSink> csv_sink(AtomicFile& file, const std::string& name, const std::vector<OutputColumn>& columns,
                                                  const WriteOptions& options);

}  // namespace footfall
