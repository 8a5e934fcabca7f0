#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "host/jobs/part.hpp"
#include "host/jobs/tested.hpp"
#include "host/model_folder/model_folder.hpp"

namespace footfall {

/// Whether a job asks for a Bayesian network beside the neural model.
[[nodiscard]] bool wants_network(const Job& job);

/// Fits the network that [model] network asks for to rows of the examples; the weights of its blend are still even. It predicts the first target that is
/// binary or a class; Error{bad_input} where there is none.
[[nodiscard]] SavedNetwork fit_network(const Job& job, const Prepared& prepared, const Dictionaries& dictionaries, const std::vector<std::int64_t>& rows, Workshop& shop);

/// The share of a part's customers that is held out to find the blend's weights where [train] validation is 0.
inline constexpr double held_for_blend = 0.2;

/// The weights of the blend for a part that was fitted: by the predictions of both for examples that neither has learned from. That is the validation share,
/// where the job has one; else both are fitted once more without a fifth of the part's customers and asked about these. The part's test examples are not
/// looked at.
[[nodiscard]] BlendWeights blend_weights(const Job& job, const Prepared& prepared, const Dictionaries& dictionaries, const PartRequest& request, const PartResult& result,
                                         const SavedNetwork& network, FitCheckpoint& checkpoint, Workshop& shop, const Observer& observer);

/// Predictions by name, as TestedFold keeps them.
using NamedOutcomes = std::vector<std::pair<std::string, std::vector<Outcome>>>;

/// "network" and "blend" for the examples of `predictions`, in their order. Outcomes of targets that the network does not predict are empty.
[[nodiscard]] NamedOutcomes network_outcomes(const SavedNetwork& network, const std::vector<HeadSpec>& heads, const ExampleTable& table, const Dictionaries& dictionaries,
                                             const PartPredictions& predictions, Workshop& shop);

/// The weights that lose least on the test predictions of all folds together.
[[nodiscard]] BlendWeights tested_weights(const std::vector<TestedFold>& folds, const std::vector<std::vector<float>>& labels, std::int64_t target);

/// Adds TARGET_network and TARGET_blend to the figures of a test.
void add_network_figures(nlohmann::ordered_json& figures, const std::vector<HeadSpec>& heads, const std::vector<std::vector<float>>& labels,
                         const std::vector<TestedFold>& folds);

/// A sentence about a network for the user, and what metrics.json tells about it.
[[nodiscard]] std::string describe_network(const std::string& name, const SavedNetwork& network);
[[nodiscard]] nlohmann::ordered_json network_json(const SavedNetwork& network, const Job& job);

}  // namespace footfall
