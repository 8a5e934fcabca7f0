#include "host/journeys/store/checksum.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace footfall {
namespace {

template <class T>
T read_little(const std::byte* from) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

inline std::uint64_t Checksum::round(std::uint64_t lane, std::uint64_t input) { return std::rotl(lane + input * prime2, 31) * prime1; }

void Checksum::take_stripes(const std::byte* stripes, std::size_t count) {
  std::uint64_t a = lanes_[0], b = lanes_[1], c = lanes_[2], d = lanes_[3];
  for (; count > 0; --count, stripes += 32) {
    a = round(a, read_little<std::uint64_t>(stripes));
    b = round(b, read_little<std::uint64_t>(stripes + 8));
    c = round(c, read_little<std::uint64_t>(stripes + 16));
    d = round(d, read_little<std::uint64_t>(stripes + 24));
  }
  lanes_[0] = a;
  lanes_[1] = b;
  lanes_[2] = c;
  lanes_[3] = d;
}

void Checksum::add(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  if (rest_size_ > 0) {
    const std::size_t take = std::min(bytes.size(), sizeof rest_ - rest_size_);
    std::memcpy(rest_ + rest_size_, bytes.data(), take);
    rest_size_ += take;
    bytes = bytes.subspan(take);
    if (rest_size_ < sizeof rest_) return;
    take_stripes(rest_, 1);
    rest_size_ = 0;
  }
  const std::size_t stripes = bytes.size() / sizeof rest_;
  take_stripes(bytes.data(), stripes);
  bytes = bytes.subspan(stripes * sizeof rest_);
  if (bytes.empty()) return;
  std::memcpy(rest_, bytes.data(), bytes.size());
  rest_size_ = bytes.size();
}

std::uint64_t Checksum::value() const {
  std::uint64_t hash = lanes_[2] + prime5;
  if (size_ >= sizeof rest_) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) hash = (hash ^ round(0, lane)) * prime1 + prime4;
  }
  hash += size_;
  const std::byte* at = rest_;
  const std::byte* const end = rest_ + rest_size_;
  for (; at + 8 <= end; at += 8) hash = std::rotl(hash ^ round(0, read_little<std::uint64_t>(at)), 27) * prime1 + prime4;
  if (at + 4 <= end) {
    hash = std::rotl(hash ^ (read_little<std::uint32_t>(at) * prime1), 23) * prime2 + prime3;
    at += 4;
  }
  for (; at < end; ++at) hash = std::rotl(hash ^ (static_cast<std::uint64_t>(*at) * prime5), 11) * prime1;
  hash = (hash ^ (hash >> 33)) * prime2;
  hash = (hash ^ (hash >> 29)) * prime3;
  return hash ^ (hash >> 32);
}

std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  Checksum sum;
  sum.add(bytes);
  return sum.value();
}

}  // namespace footfall
