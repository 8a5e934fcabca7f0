#include "engine/bayes/feature_posterior.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace footfall {
namespace {

TablePosteriorRequest request_of(std::int32_t target, const std::vector<std::int32_t>& columns) {
  TablePosteriorRequest request;
  request.target = target;
  request.columns = columns;
  request.columns[static_cast<std::size_t>(target)] = -1;
  request.log_evidence = true;
  return request;
}

struct Answers {
  std::vector<float> posterior;
  std::vector<double> log_evidence;
  std::vector<std::uint8_t> status;
};

Answers answers_of(TablePosterior& posterior, std::span<const std::uint8_t> codes, std::int64_t rows, std::int64_t columns, Stream& stream) {
  const auto n = static_cast<std::size_t>(rows);
  Answers out{std::vector<float>(n * static_cast<std::size_t>(posterior.states())), std::vector<double>(n), std::vector<std::uint8_t>(n)};
  const View<float> all(out.posterior.data(), static_cast<std::int64_t>(out.posterior.size()), Place::host);
  posterior.answer(CodeColumns(View<const std::uint8_t>(codes.data(), static_cast<std::int64_t>(codes.size()), Place::host), rows, columns),
                   {MatrixView<float>(all, posterior.states(), rows), View<double>(out.log_evidence.data(), rows, Place::host), View<std::uint8_t>(out.status.data(), rows, Place::host)}, stream);
  return out;
}

}  // namespace

FeaturePosterior::FeaturePosterior(const Network& network, std::int32_t target, bool classes, const std::vector<std::int32_t>& columns, Backend& backend, Stream& stream)
    : stream_(stream), variables_(network.size()), classes_(classes), posterior_(backend, factor_graph(network), request_of(target, columns), stream) {
  const std::vector<std::uint8_t> nothing(network.variables.size(), missing_code);
  for (const float p : answers_of(posterior_, nothing, 1, variables_, stream_).posterior) without_evidence_.push_back(p);
}

NetworkAnswer FeaturePosterior::answer(std::span<const std::uint8_t> codes, std::int64_t rows) {
  const Answers answers = answers_of(posterior_, codes, rows, variables_, stream_);
  const auto n = static_cast<std::size_t>(rows), states = without_evidence_.size();
  NetworkAnswer out;
  out.log_evidence = answers.log_evidence;
  std::vector<double> p(states);
  for (std::size_t i = 0; i < n; ++i) {
    const bool impossible = answers.status[i] == static_cast<std::uint8_t>(RowStatus::impossible_evidence);
    for (std::size_t s = 0; s < states; ++s) p[s] = impossible ? without_evidence_[s] : static_cast<double>(answers.posterior[s * n + i]);
    if (impossible) out.log_evidence[i] = std::numeric_limits<double>::quiet_NaN();
    if (!classes_) {
      out.outcome.prediction.push_back(p[1]);
      continue;
    }
    const auto best = std::max_element(p.begin(), p.end());
    out.outcome.prediction.push_back(*best);
    out.outcome.likeliest.push_back(static_cast<std::int32_t>(best - p.begin()));
    out.outcome.probabilities.insert(out.outcome.probabilities.end(), p.begin(), p.end());
  }
  return out;
}

}  // namespace footfall
