#include "kernels/device/processor.hpp"

#include <hwy/highway.h>
#include <hwy/targets.h>
#include <oneapi/dnnl/dnnl.h>

#include <vector>

#include "kernels/layers/product.hpp"

namespace footfall {

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch);
}

std::string vector_instructions() {
  const std::int64_t best = hwy::SupportedTargets() & -hwy::SupportedTargets();
  return hwy::TargetName(best);
}

void generate_products() {
  constexpr std::int64_t largest = 256;
  const std::vector<float> zeros(largest * largest);
  std::vector<float> product(largest * largest);
  // Square, flat, tall and a single column: each has code of its own.
  constexpr std::int64_t shapes[][3] = {{16, 16, 16}, {64, 64, 64}, {largest, largest, largest}, {largest, 64, 16}, {16, largest, 64}, {64, 1, 64}, {1, 64, 64}};
  for (const auto& [rows, columns, depth] : shapes)
    for (const bool left : {false, true})
      for (const bool right : {false, true})
        for (const float beta : {0.0F, 1.0F}) {
          const MatrixView<const float> a(view_of(zeros), left ? depth : rows, left ? rows : depth), b(view_of(zeros), right ? columns : depth, right ? depth : columns);
          multiply({a, left}, {b, right}, beta, MatrixView<float>(view_of(product), rows, columns));
        }
}

}  // namespace footfall
