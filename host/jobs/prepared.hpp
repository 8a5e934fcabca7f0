#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/features/examples.hpp"
#include "engine/transform/transform.hpp"
#include "host/examples/example_file.hpp"
#include "host/journeys/base_reader.hpp"
#include "host/journeys/clock.hpp"
#include "host/journeys/labels.hpp"
#include "host/journeys/store/checksum.hpp"

namespace footfall {

class Team;

/// Examples with their features and labels: everything that is learned from or tested on.
struct Prepared {
  std::int64_t cutoff = 0;                      ///< of the job; 0 without events
  FeatureSpec features;
  ExampleTable table;                           ///< raw features of all examples; without cells where these were spilled
  std::shared_ptr<const ExampleFile> spilled;   ///< null: they are in the table
  std::vector<LabelSchema> schemas;             ///< one a target
  std::vector<std::vector<float>> labels;       ///< [targets][examples]

  /// The features, good as long as this stays where it is.
  [[nodiscard]] std::unique_ptr<ExampleSource> source() const;
  /// A table that has the profiles of all examples in memory: this one's, or `own`, filled.
  [[nodiscard]] const ExampleTable& with_profiles(ExampleTable& own) const;
};

/// The moments at which a job looks at its customers, the job's cutoff first: then steps_back earlier ones, each a longest horizon before.
/// With `out_of_time` one more, for the training part starts a horizon earlier.
[[nodiscard]] std::vector<std::int64_t> cutoffs_of(const ReadBase& read);
[[nodiscard]] std::vector<std::int64_t> cutoffs_of(const Job& job, const Clock& clock, const TimeRange& range);

/// The features that suit a base, its job's wishes included.
[[nodiscard]] FeatureSpec features_of(const ReadBase& read);

/// Builds features and labels of the examples at these cutoffs. Checks cutoffs and labels: Error{bad_input}.
[[nodiscard]] Prepared prepare_examples(const ReadBase& read, const std::vector<std::int64_t>& cutoffs, Team& team);

/// The same for a model that is there: its features and schemas instead of ones chosen for the data.
[[nodiscard]] Prepared prepare_known(const ReadBase& read, const std::vector<std::int64_t>& cutoffs, const FeatureSpec& features,
                                     const std::vector<LabelSchema>& schemas, Team& team);

/// A number that changes with the data: of ids, times, amounts and cells. Bases that follow each other (partitions of a store) are added one by
/// one, and give the number of the base that they are together.
class BaseFingerprint {
 public:
  void add(const Base& base);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Checksum> columns_;
  std::int64_t events_ = 0;
};
[[nodiscard]] std::string fingerprint_of(const Base& base);

}  // namespace footfall
