#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace footfall {

/// Shift and stretch of logits: softmax over classes of shift[c] + stretch z[c], with shift and z of the first class 0.
struct Calibration {
  std::vector<double> shift;   ///< [classes - 1]
  double stretch = 1.0;
};

/// The mean log loss of logits z [n, classes - 1] (against the first class) after the shift and stretch that lose least, which are sought by `steps` of Newton's
/// method from `calibration` and left there. labels [n] below classes.
[[nodiscard]] double calibrated_loss(std::span<const float> z, std::span<const std::uint8_t> labels, std::int32_t classes, Calibration& calibration, int steps);

}  // namespace footfall
