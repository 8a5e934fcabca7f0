#pragma once

#include <cstdint>
#include <span>

#include "engine/score/outcome.hpp"

namespace footfall {

/// A mix of the logits of two predictions of one target: class c gets exp(first ln p_c + second ln q_c), over the sum of all classes.
struct BlendWeights {
  double first = 0.5, second = 0.5;

  bool operator==(const BlendWeights&) const = default;
};

/// Labelled predictions below which the two are simply averaged.
inline constexpr std::int64_t least_for_blend = 100;

/// The weights of 0 or more that lose least on these labels (log loss, natural); rows whose label is NaN are left out. Newton's method on a convex loss.
/// Both outcomes are binary, or both are classes.
[[nodiscard]] BlendWeights fit_blend(const Outcome& first, const Outcome& second, std::span<const float> labels);

[[nodiscard]] Outcome blend(const Outcome& first, const Outcome& second, const BlendWeights& weights);

}  // namespace footfall
