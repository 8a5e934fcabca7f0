#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace footfall {

/// The bytes of a file, unpacked when it is gzip or zstd (told by its first bytes).
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Up to `size` bytes; 0 at the end. Error{bad_input} when packed data is damaged or cut off, Error{failed} when the disk fails.
  [[nodiscard]] virtual std::size_t read(char* into, std::size_t size) = 0;
  /// How many bytes of the file itself are behind us.
  [[nodiscard]] virtual std::int64_t position() const = 0;
};

[[nodiscard]] std::unique_ptr<ByteSource> open_bytes(const std::string& file);

/// The first bytes of a file, at most `size`. Error{bad_input} when it is missing, a folder or cannot be read.
[[nodiscard]] std::string first_bytes(const std::string& file, std::size_t size);

}  // namespace footfall
