#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/bayes/evidence.hpp"
#include "kernels/device/team.hpp"

namespace footfall {

/// What exact inference may use.
struct InferenceOptions {
  std::int64_t memory = std::int64_t{8} << 30;   ///< bytes of tables; a problem that needs more is refused before anything is computed
  Team* team = nullptr;                          ///< threads for large tables; the answers do not depend on them
  std::uint64_t seed = 1;                        ///< of the search for an elimination order
};

/// What an exact answer costs, known before anything is computed.
struct WidthEstimate {
  std::int32_t variables = 0;    ///< that are open: not observed and not fixed by the zeros of a table
  double bytes = 0.0;            ///< of the messages that are held at once
  double largest = 0.0;          ///< states of the largest clique
  double work = 0.0;             ///< states of all cliques
};

/// Every function below computes in float64, exactly but for rounding, and throws Error{bad_input} when the evidence is impossible (its probability
/// is 0) or the tables need more than options.memory (the message names the amount).
[[nodiscard]] WidthEstimate estimate_width(const FactorGraph& graph, const Evidence& evidence, const InferenceOptions& options = {});

struct Marginals {
  double log_evidence = 0.0;                     ///< natural; of a factor graph the logarithm of its partition function
  std::vector<std::vector<double>> of;           ///< [variables] P(state | evidence); of an observed variable 1 and 0
};
[[nodiscard]] Marginals infer_marginals(const FactorGraph& graph, const Evidence& evidence, const InferenceOptions& options = {});

/// Natural logarithm of P(evidence).
[[nodiscard]] double log_evidence(const FactorGraph& graph, const Evidence& evidence, const InferenceOptions& options = {});

struct Joint {
  double log_evidence = 0.0;
  std::vector<double> table;                     ///< P(variables | evidence), the last one varying fastest
};
/// Error{bad_input} when a variable is named twice.
[[nodiscard]] Joint infer_joint(const FactorGraph& graph, const Evidence& evidence, const std::vector<std::int32_t>& variables, const InferenceOptions& options = {});

struct Explanation {
  std::vector<std::int32_t> states;              ///< [variables] of the most probable combination that agrees with the evidence
  double log_probability = 0.0;                  ///< natural; of that combination, the evidence included
};
[[nodiscard]] Explanation most_probable_explanation(const FactorGraph& graph, const Evidence& evidence, const InferenceOptions& options = {});

/// What one observation says (Good 1985): for a state x of the target, log P(e_i | x, the rest of e) - log P(e_i | not x, the rest of e), which is
/// log odds(x | e) - log odds(x | e without e_i). Infinite when the observation proves or rules out the state.
struct WeightOfEvidence {
  std::int32_t variable = 0;                     ///< the observed one
  std::vector<double> weights;                   ///< [states of the target] natural
  std::vector<double> without;                   ///< [states of the target] P(state | e without this observation)
};
/// One entry an observed variable, by index. Error{bad_input} when the target is observed.
[[nodiscard]] std::vector<WeightOfEvidence> weights_of_evidence(const FactorGraph& graph, const Evidence& evidence, std::int32_t target, const InferenceOptions& options = {});

/// All marginals of many cases: the join tree is made once, for the graph without evidence, and each case is two passes over it.
class CaseInference {
 public:
  explicit CaseInference(const FactorGraph& graph, const InferenceOptions& options = {});
  ~CaseInference();
  CaseInference(CaseInference&&) noexcept;
  CaseInference& operator=(CaseInference&&) noexcept;
  CaseInference(const CaseInference&) = delete;             // it holds a tree's messages
  CaseInference& operator=(const CaseInference&) = delete;  // likewise
  /// Another one over the same tree, for another thread.
  [[nodiscard]] CaseInference twin() const;

  /// False when the evidence is impossible; `out` then holds nothing that means anything. `out` is reused, so that a loop allocates nothing.
  bool run(const Evidence& evidence, Marginals& out);
  /// log P(evidence) alone, half the work. False as above.
  bool run_evidence(const Evidence& evidence, double& log_evidence);

 private:
  struct Parts;
  explicit CaseInference(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace footfall
