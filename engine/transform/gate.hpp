#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace footfall {

/// A factor for each input of a small training set: sqrt(max(0, 1 - 4 / (n corr^2))), where corr is the input's correlation with the label over the n
/// training rows (a shrinkage towards leaving it out, as James and Stein 1961 shrink a mean; 4 is two standard errors, squared).
/// encoded [all rows, width]; labels [all rows], NaN unknown.
[[nodiscard]] std::vector<float> fit_gate(std::span<const float> encoded, std::int64_t width, std::span<const float> labels, std::span<const std::int64_t> training);

}  // namespace footfall
