#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/architecture.hpp"
#include "engine/score/outcome.hpp"

namespace footfall {

/// What a model must beat to be worth anything. Labels as the head's target has them, NaN unknown; `training` and `asked` are rows.

/// The training rate, the training mean, or the training shares of the classes, for everybody.
[[nodiscard]] Outcome constant_baseline(const HeadSpec& head, std::span<const float> labels, std::span<const std::int64_t> training, std::int64_t asked);

/// One number alone: logistic regression of a binary label, least squares of sign(y) log1p|y| of a number, on log1p(recency). Rows without recency
/// get the constant. recency [rows] in days, NaN missing. Not for classes: an empty outcome.
[[nodiscard]] Outcome recency_baseline(const HeadSpec& head, std::span<const float> labels, std::span<const float> recency,
                                       std::span<const std::int64_t> training, std::span<const std::int64_t> asked);

/// The shape of logistic regression (linear for numbers) on the encoded profile: the model without encoders, trained by the same trainer.
[[nodiscard]] Architecture linear_architecture(const Architecture& model, std::int64_t profile_width);

}  // namespace footfall
