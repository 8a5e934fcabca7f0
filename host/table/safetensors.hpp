#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace footfall {

/// A tensor by name: float32, row-major; values.size() is the product of the shape (1 for no dimension).
struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

struct TensorFile {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> metadata;

  [[nodiscard]] const NamedTensor* find(const std::string& name) const;
};

/// Writes the safetensors format: 8 bytes length of the header, little-endian; a JSON header with dtype, shape and data_offsets of each
/// tensor and __metadata__; then the values. Tensors keep their order in the data; the same tensors give the same bytes.
/// Beside its name and renamed when whole.
void save_tensors(const std::filesystem::path& file, const TensorFile& tensors);

/// Error{bad_input} that names the file and what is wrong when it is missing, cut off or damaged: a header longer than the file, no JSON,
/// another dtype than F32, offsets that overlap, leave a gap, do not fit the shape or end outside the file.
[[nodiscard]] TensorFile load_tensors(const std::filesystem::path& file);

}  // namespace footfall
