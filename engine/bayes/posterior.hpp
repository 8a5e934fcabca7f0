#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/bayes/plan.hpp"
#include "kernels/backend.hpp"

namespace footfall {

struct TablePosteriorRequest {
  std::int32_t target = 0;
  std::vector<std::int32_t> columns;   ///< of each variable its column in the table; -1: it has none and is never observed
  bool log_evidence = false;
  std::int64_t memory = std::int64_t{1} << 30;   ///< bytes that plans may take
};

/// Exact posteriors of one variable for every row of a table of state codes, whatever cells are missing.
///
/// Rows without a missing cell go through a plan of fused tables. The others go through one plan for all of them, with evidence as likelihoods, where that
/// costs at most `most_open_entries` multiplications a row; in wider networks rows are grouped by which cells are missing, and each such pattern gets a plan
/// of its own, cut down by its evidence. The choice depends on the network alone, so a row's answer is the same bits in any chunk.
class TablePosterior {
 public:
  static constexpr double most_open_entries = 262144.0;

  /// Error{bad_input} where exact inference needs more memory than it may take (or later, for a pattern, in `answer`).
  TablePosterior(Backend& backend, const FactorGraph& graph, const TablePosteriorRequest& request, Stream& stream);
  ~TablePosterior();
  TablePosterior(TablePosterior&&) noexcept;
  TablePosterior& operator=(TablePosterior&&) noexcept;

  /// States of the target.
  [[nodiscard]] std::int32_t states() const;
  /// Rows are grouped by pattern.
  [[nodiscard]] bool by_pattern() const;

  /// Answers a chunk whose codes and answers lie in host memory; waits for the device. One call at a time. A row with an unseen cell (0xFE) in any column
  /// that a variable has is flagged, whether its answer needs the cell or not.
  void answer(const CodeColumns& codes, const PosteriorOutput& out, Stream& stream);
  /// Answers a chunk that lies on the device, stream-ordered. Not by pattern; unseen cells are flagged where a plan reads them.
  void answer_there(const CodeColumns& codes, const PosteriorOutput& out, Stream& stream);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace footfall
