#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/features/examples.hpp"
#include "engine/transform/transform.hpp"
#include "host/journeys/base_reader.hpp"
#include "host/journeys/labels.hpp"

namespace footfall {

class Team;

/// Examples with their features and labels: everything that is learned from or tested on.
struct Prepared {
  std::int64_t cutoff = 0;                      ///< of the job; 0 without events
  FeatureSpec features;
  ExampleTable table;                           ///< raw features of all examples
  std::vector<LabelSchema> schemas;             ///< one a target
  std::vector<std::vector<float>> labels;       ///< [targets][examples]
};

/// The moments at which a job looks at its customers, the job's cutoff first: then steps_back earlier ones, each a longest horizon before.
/// With `out_of_time` one more, for the training part starts a horizon earlier.
[[nodiscard]] std::vector<std::int64_t> cutoffs_of(const ReadBase& read);

/// Builds features and labels of the examples at these cutoffs. Checks cutoffs and labels: Error{bad_input}.
[[nodiscard]] Prepared prepare_examples(const ReadBase& read, const std::vector<std::int64_t>& cutoffs, Team& team);

/// The same for a model that is there: its features and schemas instead of ones chosen for the data.
[[nodiscard]] Prepared prepare_known(const ReadBase& read, const std::vector<std::int64_t>& cutoffs, const FeatureSpec& features,
                                     const std::vector<LabelSchema>& schemas, Team& team);

/// A number that changes with the data: of ids, times, amounts and cells.
[[nodiscard]] std::string fingerprint_of(const Base& base);

}  // namespace footfall
