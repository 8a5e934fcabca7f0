#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace footfall {

/// XXH64 with seed 0 (Yann Collet, the xxHash specification, section "XXH64 algorithm description"): what `xxhsum -H64` prints. Finds
/// damage, not malice. About 10 GB/s.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes);
  template <class T>
  void add_values(std::span<const T> values) {
    add(std::as_bytes(values));
  }
  /// Of all bytes so far.
  [[nodiscard]] std::uint64_t value() const;

 private:
  static constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87ULL, prime2 = 0xC2B2AE3D27D4EB4FULL, prime3 = 0x165667B19E3779F9ULL,
                                 prime4 = 0x85EBCA77C2B2AE63ULL, prime5 = 0x27D4EB2F165667C5ULL;
  static std::uint64_t round(std::uint64_t lane, std::uint64_t input);
  void take_stripes(const std::byte* stripes, std::size_t count);

  std::uint64_t lanes_[4] = {prime1 + prime2, prime2, 0, 0 - prime1};
  std::byte rest_[32] = {};  ///< bytes of a stripe that is not full
  std::size_t rest_size_ = 0;
  std::uint64_t size_ = 0;
};

[[nodiscard]] std::uint64_t checksum_of(std::span<const std::byte> bytes);

}  // namespace footfall
