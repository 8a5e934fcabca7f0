#pragma once

#include <optional>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "host/jobs/tested.hpp"

namespace footfall {

/// The best AUROC that any model can expect on the tested examples of a simulated shop: that of true_probability against the labels, the
/// unweighted mean over the folds. Nothing where no truth is known: there is no truth.parquet beside the job file (or beside the folder of
/// its events) with the customer's column, the truth is of another cutoff or lacks a customer, or no target is a purchase within 30 days.
[[nodiscard]] std::optional<double> best_auroc(const Job& job, const CustomerIds& ids, const Prepared& prepared,
                                               const std::vector<TestedFold>& folds);

/// Puts it as "best_auroc" with the figures of the target purchase, {TARGET: {FIGURE: ...}}.
void add_best_auroc(nlohmann::ordered_json& figures, const Job& job, const CustomerIds& ids, const Prepared& prepared,
                    const std::vector<TestedFold>& folds);

}  // namespace footfall
