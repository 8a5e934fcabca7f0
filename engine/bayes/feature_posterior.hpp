#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/bayes/coded_table.hpp"
#include "engine/bayes/posterior.hpp"
#include "engine/score/outcome.hpp"

namespace footfall {

/// Posteriors of the target of a network for rows of a table.
struct NetworkAnswer {
  Outcome outcome;                     ///< binary: of the second state; or of classes
  std::vector<double> log_evidence;    ///< natural; NaN where the evidence is impossible: the outcome is then the share without any evidence
};

/// Answers rows of codes, a column a variable, as FeatureCodes encodes them. The answer to a row depends on its cells alone.
class FeaturePosterior {
 public:
  /// `columns` as of FeatureCodes. Error{bad_input} where the network is too wide for exact inference.
  /// `classes`: the outcome is that of a class target, else of a binary one.
  FeaturePosterior(const Network& network, std::int32_t target, bool classes, const std::vector<std::int32_t>& columns, Backend& backend, Stream& stream);

  [[nodiscard]] NetworkAnswer answer(std::span<const std::uint8_t> codes, std::int64_t rows);

 private:
  Stream& stream_;
  std::int64_t variables_;
  bool classes_;
  TablePosterior posterior_;
  std::vector<double> without_evidence_;
};

}  // namespace footfall
