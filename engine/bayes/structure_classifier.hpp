#pragma once

#include <cstdint>

#include "engine/bayes/structure.hpp"

namespace footfall {

class Team;

struct ClassifierSpec {
  double back_off = 10.0;           ///< pseudo-rows of the tables that are tried (Prior::back_off)
  std::int64_t most_rows = 20'000;  ///< that the search looks at, taken evenly from the table; fewer where there are more than 60 variables
  double least_gain = 0.5;          ///< of the log likelihood of all rows looked at, for an arc to be taken
};

struct ClassifierStructure {
  Structure structure;              ///< the target comes first among parents, so that Prior::back_off drops it last
  double loss = 0.0;                ///< log loss of a row of a fold that the tables did not see, after calibration
};

/// A tree-augmented network whose arcs are chosen for what they tell about the target, as in BNC-2P (Grossman and Domingos 2004): each feature that is taken has
/// the target as parent and at most one other feature that was taken. One at a time the arc is added or changed that lowers most the log loss of the
/// target on five folds, tables learned on the other four, until none gains. The loss is that after the best shift and stretch of the logits, for features
/// that repeat each other make a network's posterior too sure, which costs no order among the rows. Features that are not taken hang on the feature that
/// describes them best by BIC, if one does: they do not touch the posterior when the others are observed, and P(evidence) knows them.
///
/// The folds are cut by the place of a row among those of its class. Same answer for any number of threads.
[[nodiscard]] ClassifierStructure classifier_structure(const TableCounts& counts, std::int32_t target, const ClassifierSpec& spec, Team& team);

}  // namespace footfall
