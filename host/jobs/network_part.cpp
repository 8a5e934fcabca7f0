#include "host/jobs/network_part.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/bayes/feature_posterior.hpp"
#include "engine/train/split.hpp"
#include "host/networks/networks.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::uint64_t blend_draw = 0x2545F4914F6CDD1DULL;   ///< so that the draw is none of the fit's other draws

std::size_t network_target(const Prepared& prepared, const Job& job) {
  for (std::size_t t = 0; t < prepared.schemas.size(); ++t)
    if (prepared.schemas[t].kind != LabelKind::number) {
      if (prepared.schemas[t].classes.size() > static_cast<std::size_t>(most_states))
        throw bad_input(fmt::format("the target \"{}\" has {} classes, and a variable of a network has {} states at most", job.targets[t].name, prepared.schemas[t].classes.size(), most_states),
                        "write network = \"none\"");
      return t;
    }
  throw bad_input("[model] network predicts a target of two or more classes, and every target of the job is a number", "add such a target, or write network = \"none\"");
}

FeatureStructure structure_of(const std::string& network) {
  if (network == "tan") return FeatureStructure::tan;
  if (network == "chow-liu") return FeatureStructure::chow_liu;
  if (network == "hill-climb") return FeatureStructure::hill_climb;
  return FeatureStructure::given;
}

std::vector<std::int32_t> states_of(const std::vector<float>& labels) {
  std::vector<std::int32_t> out;
  for (const float label : labels) out.push_back(std::isnan(label) ? -1 : static_cast<std::int32_t>(label));
  return out;
}

std::vector<float> labels_of(const Prepared& prepared, std::size_t target, const std::vector<std::int64_t>& rows) {
  std::vector<float> labels;
  for (const std::int64_t row : rows) labels.push_back(prepared.labels[target][static_cast<std::size_t>(row)]);
  return labels;
}

NetworkAnswer ask_network(const SavedNetwork& network, bool classes, const ExampleTable& table, const Dictionaries& dictionaries, const std::vector<std::int64_t>& rows, Workshop& shop) {
  const FeatureCodes reader(network.fitted.network.variables, network.fitted.target, table, dictionaries);
  std::vector<std::uint8_t> codes;
  reader.encode(table, rows, codes, shop.backend->team());
  FeaturePosterior posterior(network.fitted.network, network.fitted.target, classes, reader.columns(), *shop.backend, *shop.stream);
  return posterior.answer(codes, static_cast<std::int64_t>(rows.size()));
}

/// Rows of a fifth of the customers, and the others. A customer of several cutoffs is on one side.
struct Halves {
  std::vector<std::int64_t> kept, held;
};

Halves hold_out(const Prepared& prepared, const std::vector<std::int64_t>& rows, std::uint64_t seed) {
  const std::vector<std::int32_t> strata = strata_of(prepared, rows);
  const auto customer = [&](std::size_t i) { return static_cast<std::size_t>(prepared.table.keys[static_cast<std::size_t>(rows[i])].customer); };
  std::vector<std::int64_t> place;   // of each customer among those drawn from
  std::vector<std::int32_t> stratum;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (customer(i) >= place.size()) place.resize(customer(i) + 1, -1);
    if (place[customer(i)] >= 0) continue;
    place[customer(i)] = static_cast<std::int64_t>(stratum.size());
    stratum.push_back(strata[i]);
  }
  const std::vector<std::uint8_t> held = stratified_share(stratum, held_for_blend, seed);
  Halves out;
  for (std::size_t i = 0; i < rows.size(); ++i) (held[static_cast<std::size_t>(place[customer(i)])] != 0 ? out.held : out.kept).push_back(rows[i]);
  return out;
}

/// The predictions of one target for some of the rows that a model was asked about.
PartPredictions rows_among(const PartPredictions& all, const std::vector<std::int64_t>& wanted, std::size_t target) {
  std::vector<std::int64_t> sorted = wanted;
  std::sort(sorted.begin(), sorted.end());
  const Outcome& from = all.outcomes[target];
  const std::size_t classes = from.probabilities.size() / std::max<std::size_t>(all.rows.size(), 1);
  PartPredictions out;
  out.outcomes.resize(all.outcomes.size());
  Outcome& to = out.outcomes[target];
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    if (!std::binary_search(sorted.begin(), sorted.end(), all.rows[i])) continue;
    out.rows.push_back(all.rows[i]);
    to.prediction.push_back(from.prediction[i]);
    if (!from.likeliest.empty()) to.likeliest.push_back(from.likeliest[i]);
    to.probabilities.insert(to.probabilities.end(), from.probabilities.begin() + static_cast<std::ptrdiff_t>(i * classes), from.probabilities.begin() + static_cast<std::ptrdiff_t>((i + 1) * classes));
  }
  return out;
}

}  // namespace

bool wants_network(const Job& job) { return job.model.network != "none"; }

SavedNetwork fit_network(const Job& job, const Prepared& prepared, const Dictionaries& dictionaries, const std::vector<std::int64_t>& rows, Workshop& shop) {
  SavedNetwork out;
  const std::size_t target = network_target(prepared, job);
  out.target = static_cast<std::int64_t>(target);
  const std::vector<std::int32_t> labels = states_of(prepared.labels[target]);
  ExampleTable own;
  const FeatureSample sample{prepared.with_profiles(own), dictionaries, static_cast<std::int64_t>(prepared.features.profile_numeric.size()), rows, labels,
                             {job.targets[target].name, prepared.schemas[target].classes}};
  const FeatureStructure kind = structure_of(job.model.network);
  Network given;
  if (kind == FeatureStructure::given) given = read_network(job.model.network);
  out.fitted = fit_feature_network(kind, kind == FeatureStructure::given ? &given : nullptr, sample, *shop.backend, *shop.stream);
  return out;
}

BlendWeights blend_weights(const Job& job, const Prepared& prepared, const Dictionaries& dictionaries, const PartRequest& request, const PartResult& result,
                           const SavedNetwork& network, FitCheckpoint& checkpoint, Workshop& shop, const Observer& observer) {
  const auto target = static_cast<std::size_t>(network.target);
  const bool classes = result.fitted.architecture.heads[target].kind == HeadKind::classes;
  const auto weights = [&](const SavedNetwork& with, const PartPredictions& of_model) {
    ExampleTable own;
    const NetworkAnswer of_network = ask_network(with, classes, prepared.with_profiles(own), dictionaries, of_model.rows, shop);
    return fit_blend(of_model.outcomes[target], of_network.outcome, labels_of(prepared, target, of_model.rows));
  };
  if (!result.validation.empty()) return weights(network, rows_among(result.training, result.validation, target));
  const Halves halves = hold_out(prepared, request.training, request.seed ^ blend_draw);
  if (static_cast<std::int64_t>(halves.held.size()) < least_for_blend) return {};
  const PartResult again = fit_part(job, prepared, dictionaries, {halves.kept, halves.held, request.seed, request.name + ", blend", false}, checkpoint, shop, observer);
  return weights(fit_network(job, prepared, dictionaries, again.learned, shop), again.asked);
}

NamedOutcomes network_outcomes(const SavedNetwork& network, const std::vector<HeadSpec>& heads, const ExampleTable& table, const Dictionaries& dictionaries,
                               const PartPredictions& predictions, Workshop& shop) {
  const auto target = static_cast<std::size_t>(network.target);
  NamedOutcomes out{{"network", std::vector<Outcome>(heads.size())}, {"blend", std::vector<Outcome>(heads.size())}};
  Outcome& alone = out[0].second[target];
  alone = ask_network(network, heads[target].kind == HeadKind::classes, table, dictionaries, predictions.rows, shop).outcome;
  out[1].second[target] = blend(predictions.outcomes[target], alone, network.weights);
  return out;
}

BlendWeights tested_weights(const std::vector<TestedFold>& folds, const std::vector<std::vector<float>>& labels, std::int64_t target) {
  Outcome model, network;
  std::vector<float> known;
  const auto append = [](Outcome& to, const Outcome& from) {
    to.prediction.insert(to.prediction.end(), from.prediction.begin(), from.prediction.end());
    to.probabilities.insert(to.probabilities.end(), from.probabilities.begin(), from.probabilities.end());
  };
  for (const TestedFold& fold : folds)
    for (const auto& [name, outcomes] : fold.baselines) {
      if (name != "network") continue;
      append(model, fold.predictions.outcomes[static_cast<std::size_t>(target)]);
      append(network, outcomes[static_cast<std::size_t>(target)]);
      for (const std::int64_t row : fold.predictions.rows) known.push_back(labels[static_cast<std::size_t>(target)][static_cast<std::size_t>(row)]);
    }
  return fit_blend(model, network, known);
}

void add_network_figures(nlohmann::ordered_json& figures, const std::vector<HeadSpec>& heads, const std::vector<std::vector<float>>& labels,
                         const std::vector<TestedFold>& folds) {
  for (const char* name : {"network", "blend"}) {
    const nlohmann::ordered_json judged = figures_json(judge_baseline(name, heads, labels, folds));
    for (const auto& [target, values] : judged.items()) figures[target + "_" + name] = values;
  }
}

std::string describe_network(const std::string& name, const SavedNetwork& network) {
  std::size_t arcs = 0;
  for (const Family& family : network.fitted.network.families) arcs += family.parents.size();
  return fmt::format("{}: network of {} variables and {} arcs, blended {:.3f} x model + {:.3f} x network", name, network.fitted.network.size(), arcs, network.weights.first,
                     network.weights.second);
}

nlohmann::ordered_json network_json(const SavedNetwork& network, const Job& job) {
  std::size_t arcs = 0;
  for (const Family& family : network.fitted.network.families) arcs += family.parents.size();
  return {{"structure", job.model.network}, {"target", job.targets[static_cast<std::size_t>(network.target)].name}, {"variables", network.fitted.network.size()},
          {"arcs", arcs}, {"free_parameters", network.fitted.network.free_parameters()},
          {"weights", {{"model", network.weights.first}, {"network", network.weights.second}}}};
}

}  // namespace footfall
