#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace footfall {

/// A file as it was when it was read: its name, size and time of change, and the checksum of its first and last 64 KiB (which hold a
/// Parquet file's own index). A change in the middle that keeps size and time of change is not seen; reading everything to see it would
/// cost as much as preparing anew.
struct InputFile {
  std::string name;
  std::int64_t bytes = 0;
  std::int64_t changed = 0;   ///< nanoseconds since 1970
  std::uint64_t ends = 0;

  bool operator==(const InputFile&) const = default;
};

[[nodiscard]] std::vector<InputFile> look_at_files(const std::vector<std::string>& files);

}  // namespace footfall
