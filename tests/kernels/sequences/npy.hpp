#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace footfall::test {

/// An array of a .npy file (format 1 or 2, little-endian float64 or float32, C order).
struct Npy {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

/// Throws std::runtime_error that names the file when it is something else.
[[nodiscard]] Npy read_npy(const std::filesystem::path& file);

}  // namespace footfall::test
