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

class FitCheckpoint;

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

/// Which rows of the table to fit on and which to predict then, and the part's name in messages and in checkpoints.
struct PartRequest {
  const std::vector<std::int64_t>& training;
  const std::vector<std::int64_t>& asked;
  std::uint64_t seed = 0;
  std::string name;
  bool baselines = true;   ///< of the rows of `asked`
};

struct PartResult {
  FittedPart fitted;
  PartPredictions asked, training;   ///< `training` also holds the validation share
  std::vector<std::int64_t> learned, validation;   ///< rows that were learned from, and the share that judged; not of a part that was finished before
  std::vector<std::pair<std::string, std::vector<Outcome>>> baselines;  ///< by name, of the rows of `asked`; an outcome may be empty
};

/// Fits transform and network on `training`, a share of which judges and calibrates. When `asked` is not empty its predictions, and those of the
/// baselines, are computed with the fitted part. Trainings go on from the checkpoint, and are kept there.
[[nodiscard]] PartResult fit_part(const Job& job, const Prepared& prepared, const Dictionaries& dictionaries, const PartRequest& request,
                                  FitCheckpoint& checkpoint, Workshop& shop, const Observer& observer);

/// Predictions of a fitted model for examples, by windows of them (engine/train/batches.hpp).
[[nodiscard]] PartPredictions predict_rows(const Architecture& architecture, const Transform& transform, const std::vector<float>& parameters,
                                           ExampleFeed& feed, const std::vector<std::int64_t>& rows, Workshop& shop);

/// A block of examples that holds the largest batch of a fit or of predictions, and about 8 MiB of events where there are so many.
[[nodiscard]] BlockSize block_size(const ExampleTable& index, std::int64_t batch);

/// The outcomes put back into the order 0, 1, 2, … of their rows, which must be exactly those.
[[nodiscard]] std::vector<Outcome> in_order(const PartPredictions& predictions);

/// The stratum of each row: its label of the first binary target (2: unknown), or 0 for all where there is none.
[[nodiscard]] std::vector<std::int32_t> strata_of(const Prepared& prepared, const std::vector<std::int64_t>& rows);

}  // namespace footfall
