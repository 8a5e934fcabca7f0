#include "host/model_folder/digest.hpp"

#include <cstdint>

#include <fmt/format.h>

namespace footfall {

std::string digest_of(std::string_view bytes) {
  std::uint64_t state = 0xCBF29CE484222325ULL;
  for (const char byte : bytes) state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
  return fmt::format("{:016x}", state);
}

}  // namespace footfall
