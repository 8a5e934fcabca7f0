#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/architecture.hpp"
#include "engine/train/trainer.hpp"
#include "engine/transform/transform.hpp"
#include "host/job/job.hpp"
#include "host/journeys/labels.hpp"

namespace footfall {

/// Fills every "auto" of a job for that many training examples, with or without events; docs/accuracy.md says where the rules come from.
void make_choices(Job& job, std::int64_t examples, bool events);

/// One line a choice, for the user to read.
[[nodiscard]] std::vector<std::string> describe_choices(const Job& asked, const Job& chosen);

/// A job without "auto" in the engine's terms. A network of members is trained with warm-up, a cosine and clipping; a plain one as the seed
/// model is: Adam at a constant rate.
[[nodiscard]] TrainingSpec training_of(const Job& job, std::uint64_t seed);
[[nodiscard]] TransformSpec transform_of(const Job& job);
/// A head a target, as yet unfitted.
[[nodiscard]] std::vector<HeadSpec> heads_of(const Job& job, const std::vector<LabelSchema>& schemas);
[[nodiscard]] Architecture architecture_of(const Job& job, const Transform& transform, const std::vector<LabelSchema>& schemas, std::int64_t examples);

}  // namespace footfall
