#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/score/outcome.hpp"
#include "engine/train/trainer.hpp"
#include "host/jobs/prepared.hpp"
#include "host/jobs/run.hpp"

namespace footfall {

/// A model fitted on a part of the examples.
struct FittedPart {
  Transform transform;
  Architecture architecture;
  TrainingResult training;
};

/// A model with the examples it was asked about: [targets] outcomes for `rows` of the table, in their order.
struct PartPredictions {
  std::vector<std::int64_t> rows;
  std::vector<Outcome> outcomes;
};

/// Fits transform and network on `training` (rows of the table), a share of which judges and calibrates. `name` stands in messages.
/// When `asked` is not empty its predictions are computed with the fitted part.
struct PartResult {
  FittedPart fitted;
  PartPredictions asked, training;   ///< `training` also holds the validation share
  std::vector<std::pair<std::string, std::vector<Outcome>>> baselines;  ///< by name, of the rows of `asked`; an outcome may be empty
};
[[nodiscard]] PartResult fit_part(const Job& job, const Prepared& prepared, const Dictionaries& dictionaries, const std::vector<std::int64_t>& training,
                                  const std::vector<std::int64_t>& asked, std::uint64_t seed, const std::string& name, Workshop& shop,
                                  const Observer& observer);

/// Predictions of a fitted model for rows of a recoded and uploaded table, each group a set of batches of its own.
[[nodiscard]] PartPredictions predict_rows(const Architecture& architecture, const Transform& transform, const std::vector<float>& parameters,
                                           const ExampleTable& table, const DeviceExamples& device, const std::vector<std::vector<std::int64_t>>& groups,
                                           Workshop& shop);

/// The outcomes put back into the order 0, 1, 2, … of their rows, which must be exactly those.
[[nodiscard]] std::vector<Outcome> in_order(const PartPredictions& predictions);

/// The stratum of each row: its label of the first binary target (2: unknown), or 0 for all where there is none.
[[nodiscard]] std::vector<std::int32_t> strata_of(const Prepared& prepared, const std::vector<std::int64_t>& rows);

}  // namespace footfall
