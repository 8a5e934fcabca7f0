#include "engine/transform/gate.hpp"

#include <algorithm>
#include <cmath>

namespace footfall {

std::vector<float> fit_gate(std::span<const float> encoded, std::int64_t width, std::span<const float> labels, std::span<const std::int64_t> training) {
  std::vector<float> gate;
  for (std::int64_t j = 0; j < width; ++j) {
    double n = 0.0, x = 0.0, y = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;
    for (const std::int64_t row : training) {
      const double label = labels[static_cast<std::size_t>(row)];
      if (std::isnan(label)) continue;
      const double value = encoded[static_cast<std::size_t>(row * width + j)];
      n += 1.0;
      x += value;
      y += label;
      xx += value * value;
      yy += label * label;
      xy += value * label;
    }
    const double varied = (xx - x * x / n) * (yy - y * y / n);
    const double shared = xy - x * y / n;
    const double evidence = varied > 1e-12 ? n * shared * shared / varied : 0.0;
    gate.push_back(evidence > 4.0 ? static_cast<float>(std::sqrt(1.0 - 4.0 / evidence)) : 0.0F);
  }
  return gate;
}

}  // namespace footfall
