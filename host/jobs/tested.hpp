#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/metrics/figures.hpp"
#include "host/jobs/part.hpp"

namespace footfall {

/// Predictions of one fold (or of the one test) with what is needed to judge them.
struct TestedFold {
  std::int32_t fold = 0;
  PartPredictions predictions;
  std::vector<std::pair<std::string, std::vector<Outcome>>> baselines;
};

/// The figures of a target over the folds, of predictions or of a baseline.
struct JudgedTarget {
  std::string name;
  FoldedFigures figures;
  std::vector<std::int64_t> confusion;   ///< of a class target, over all folds
};

/// Figures of every target. Labels that are unknown are left out. `labels` [targets][examples].
[[nodiscard]] std::vector<JudgedTarget> judge(const std::vector<HeadSpec>& heads, const std::vector<std::vector<float>>& labels,
                                              const std::vector<TestedFold>& folds);
/// The same of a baseline; targets for which it has no predictions are left out.
[[nodiscard]] std::vector<JudgedTarget> judge_baseline(const std::string& baseline, const std::vector<HeadSpec>& heads,
                                                       const std::vector<std::vector<float>>& labels, const std::vector<TestedFold>& folds);

/// {TARGET: {FIGURE: ..., "standard_deviation": {...}}} as metrics.json holds it.
[[nodiscard]] nlohmann::ordered_json figures_json(const std::vector<JudgedTarget>& targets);

/// Writes customer, fold, target, label, prediction (a class: its index, and the probability of the true class) of every tested example,
/// and a column for each baseline that a fold has: its prediction in the same form, missing for a target it cannot predict.
void write_test_predictions(const std::filesystem::path& file, const CustomerIds& ids, const std::vector<HeadSpec>& heads, const Prepared& prepared,
                            const std::vector<TestedFold>& folds);

}  // namespace footfall
