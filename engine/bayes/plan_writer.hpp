#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/bayes/plan_piece.hpp"

namespace footfall {

/// Writes the steps of a plan: gives out slots and takes them back, lays tables down, and puts rescale steps where a product could leave float32's range.
class PlanWriter {
 public:
  PlanWriter(const Radix& radix, const PlanRequest& request) : radix_(radix), request_(request) {}

  /// The likelihoods of a variable that may be missing.
  [[nodiscard]] Piece evidence(std::int32_t variable);
  /// The row of a constant piece that a row's codes index.
  [[nodiscard]] Piece gathered(const Piece& piece);
  /// The product of several such over the same scope, one multiplied onto the other.
  [[nodiscard]] Piece gathered(const std::vector<Piece>& pieces);
  /// The product of pieces without an index, summed over a variable where one is named. Slots of the operands are taken back. At most one operand is constant.
  [[nodiscard]] Piece contracted(std::vector<Piece> operands, std::optional<std::int32_t> summed);

  [[nodiscard]] PosteriorPlan finish(const Piece& result, bool normalised, double log_scale);

 private:
  [[nodiscard]] std::int32_t input_of(std::int32_t variable);
  [[nodiscard]] std::int32_t table_of(const Piece& piece);
  [[nodiscard]] std::int32_t take_slots(std::int64_t count);
  void give_back(const Piece& piece);
  void rescale(Piece& piece);
  void add_gather(const Piece& piece, std::int32_t to, PlanOp op);
  void keep_in_range(std::vector<Piece>& operands);
  void multiply_small(std::vector<Piece>& operands);
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> smallest_pair(const std::vector<Piece>& operands) const;
  void join(std::vector<Piece>& operands, std::pair<std::size_t, std::size_t> pair);
  [[nodiscard]] Piece contracted_at_once(const std::vector<Piece>& operands, std::optional<std::int32_t> summed);

  struct Run {
    std::int32_t first, count;
  };

  const Radix& radix_;
  const PlanRequest& request_;
  PosteriorPlan plan_;
  std::vector<Run> free_;             // ascending, never touching each other
  std::vector<std::int32_t> inputs_;  // variable of each input
};

}  // namespace footfall
