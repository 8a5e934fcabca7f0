#pragma once

#include <string>
#include <vector>

#include "host/report/record.hpp"

namespace footfall {

/// What a target means, in sentences. All are HTML: names of the user's are escaped.
struct TargetWords {
  std::string question;   ///< "Which customers come back (any event) in the 181 days from 1998-01-01 on?"
  std::string positives;  ///< binary: "customers with an event"
  std::string unit;       ///< number: what it is counted in, as text for an axis: not escaped
};
[[nodiscard]] TargetWords words_of(const FitRecord& record, std::size_t target);

/// "181 days" of "181d".
[[nodiscard]] std::string horizon_text(const Horizon& horizon);

/// How the figures came about and what that means for their reader: a paragraph of HTML.
[[nodiscard]] std::string how_tested(const FitRecord& record, std::size_t target);

/// "Logistic regression" of "logistic"; a number's is linear.
[[nodiscard]] std::string baseline_title(const std::string& name, HeadKind kind);
/// What each baseline that the metrics hold does, a paragraph of HTML; empty when there is none.
[[nodiscard]] std::string baselines_explained(const FitRecord& record, std::size_t target);

/// The baselines that metrics.json has figures of, for a target, the strongest first as a rule: logistic, recency, constant.
[[nodiscard]] std::vector<std::string> baselines_of(const FitRecord& record, const std::string& target);

/// A figure of metrics.json: section "test" or "train", or of a baseline. NaN where it is absent.
[[nodiscard]] double metric(const FitRecord& record, const std::string& part, const std::string& target, const std::string& figure);
[[nodiscard]] double baseline_metric(const FitRecord& record, const std::string& target, const std::string& baseline,
                                     const std::string& figure);
[[nodiscard]] double deviation(const FitRecord& record, const std::string& part, const std::string& target, const std::string& figure);

}  // namespace footfall
