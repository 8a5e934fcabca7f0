#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/table/read.hpp"
#include "host/table/state_codes.hpp"

namespace footfall {

/// A column of one file that is read as states.
struct CodeUse {
  std::size_t column = 0;   ///< in the file
  std::string name;
  const StateCodes* codes = nullptr;
};

/// One file, read from its beginning as codes.
class CodeSource {
 public:
  virtual ~CodeSource() = default;
  /// At most `room` rows into codes[u * stride, ...); 0 at the end.
  [[nodiscard]] virtual std::int64_t next(std::uint8_t* codes, std::int64_t stride, std::int64_t room) = 0;
  [[nodiscard]] virtual std::int64_t bytes_done() const = 0;
};

[[nodiscard]] std::unique_ptr<CodeSource> open_parquet_codes(const std::string& file, const TextOptions& options, std::vector<CodeUse> uses);

}  // namespace footfall
