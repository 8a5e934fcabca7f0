#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/bayes/feature_codes.hpp"
#include "engine/bayes/network.hpp"
#include "kernels/backend.hpp"

namespace footfall {

enum class FeatureStructure : std::uint8_t {
  tan,         ///< classifier_structure, over the banding of lower loss: entropy, or tenths
  chow_liu,    ///< a tree away from the target
  hill_climb,  ///< by BIC, three parents at most
  given,       ///< arcs, states and bands of a network that is there
};

/// What a network is fitted to: rows of an example table, with the target's state of each row of the table (-1: unknown).
struct FeatureSample {
  const ExampleTable& table;
  const Dictionaries& dictionaries;
  std::int64_t customer_numbers = 0;   ///< the first columns of numbers are the customer table's, the others derived features
  std::span<const std::int64_t> rows;
  std::span<const std::int32_t> labels;
  Variable target;
};

/// A network whose variables are the columns of customers and what it predicts.
struct FeatureNetwork {
  Network network;
  std::int32_t target = 0;
};

/// Fits a network to the customer columns and, of the derived features, to recency, frequency and money: recency, tenure, events, days, gap_mean, amount_sum,
/// amount_mean, and these of each event type that a target asks for. Numbers become bands that are cut by what they tell about the target (or in tenths),
/// words states, the 64 most frequent; a column that is left with one state is left out. Parameters are smoothed by back-off, ten pseudo-rows.
///
/// `given` is the network of FeatureStructure::given: its variables are columns by name, the target has the name and states of `target`; families whose
/// variables all have columns are learned, the others stay. Error{bad_input} when no label is known or nothing is left to learn from.
[[nodiscard]] FeatureNetwork fit_feature_network(FeatureStructure kind, const Network* given, const FeatureSample& sample, Backend& backend, Stream& stream);

}  // namespace footfall
