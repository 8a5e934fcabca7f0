#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/base.hpp"
#include "host/job/job.hpp"
#include "host/journeys/base_reader.hpp"

namespace footfall {

enum class LabelKind { binary, number, category };

/// What the labels of a target can be. Found from the data when a model is fitted, kept with the model, and given back when it is
/// evaluated.
struct LabelSchema {
  LabelKind kind = LabelKind::binary;
  std::vector<std::string> classes;  ///< binary: what 0 and 1 stand for; category: sorted names (numbers in their order); number: empty

  bool operator==(const LabelSchema&) const = default;
};

struct Labels {
  LabelSchema schema;
  std::vector<float> values;  ///< a customer of the base each: 0 or 1, a number, or a place in `classes`; NaN where unknown
};

/// The labels of a target for every customer of the base, those that are no example included.
///
/// A window target looks at the events of [cutoff, cutoff + horizon); a customer without one there is silent and its sum is 0; a missing
/// amount adds nothing. A column target ignores the cutoff: two distinct values are binary (`positive` says which is 1; left out: the one
/// of true, yes, 1, y in any case), more and text a class, more and numeric a number, as = "class" overrides. With `known` the values are
/// read as that schema says.
/// Throws bad_input when: a horizon does not suit the clock; no event anywhere is of the target's type (near names are given); the positive
/// value cannot be told or is absent; every value is missing; a value is not of the known schema.
[[nodiscard]] Labels make_labels(const Base& base, const TargetColumns& columns, const TargetSpec& target, std::int64_t cutoff,
                                 const LabelSchema* known = nullptr);

/// Throws bad_input when nothing can be learned from the labels of the given customers: none is known, or all are of one class.
void check_labels(const TargetSpec& target, const Labels& labels, const std::vector<std::int64_t>& examples);

/// Customers (places in the base, ascending) with an event before the cutoff, and all of the customer table.
[[nodiscard]] std::vector<std::int64_t> examples_at(const Base& base, std::int64_t cutoff);

/// The events of the examples that lie before the cutoff, and of those the newest max_length of each.
struct EventCounts {
  std::int64_t before_cutoff = 0;
  std::int64_t kept = 0;
};
[[nodiscard]] EventCounts count_events(const Base& base, std::int64_t cutoff, std::int64_t max_length);

/// A sentence for each window target whose window ends after the newest event, for it then sees less than a whole horizon.
[[nodiscard]] std::vector<std::string> window_notices(const Clock& clock, std::int64_t newest, const Job& job, std::int64_t cutoff);
[[nodiscard]] std::vector<std::string> window_notices(const Base& base, const Job& job, std::int64_t cutoff);

}  // namespace footfall
