#include "engine/data/base.hpp"

namespace footfall {
namespace {

/// Steele, Lea, Flood 2014 (the finalizer of SplitMix64).
std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace

std::int32_t partition_of(std::int64_t id) { return static_cast<std::int32_t>(splitmix64(static_cast<std::uint64_t>(id)) >> 56); }

std::int32_t partition_of(const std::string& id) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char letter : id) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
  return static_cast<std::int32_t>(splitmix64(hash) >> 56);
}

}  // namespace footfall
