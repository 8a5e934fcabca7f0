// Posteriors on the CPU: tiles of rows for the team, in each the rows of the complete plan and those of the general one, and rows whose numbers span more
// than float32 once more in float64.

#include <algorithm>
#include <bit>
#include <optional>

#include "hwy/cache_control.h"
#include "kernels/bayes/cpu_bayes.hpp"
#include "kernels/bayes/posterior_check.hpp"
#include "kernels/bayes/posterior_loops.hpp"
#include "kernels/device/tiles.hpp"

namespace footfall {
namespace {

constexpr std::int64_t tile_rows = 4096;

/// A plan and its values in both precisions.
class LoadedPlan {
 public:
  explicit LoadedPlan(const PosteriorPlan& plan) : plan_(plan), narrow_(plan.values.begin(), plan.values.end()) {}

  [[nodiscard]] const PosteriorPlan& plan() const { return plan_; }
  [[nodiscard]] PlanView<float> narrow() const { return view(narrow_.data()); }
  [[nodiscard]] PlanView<double> wide() const { return view(plan_.values.data()); }

 private:
  template <class T>
  [[nodiscard]] PlanView<T> view(const T* values) const {
    return {plan_.inputs.data(), plan_.terms.data(), plan_.steps.data(), plan_.operands.data(), values,
            static_cast<std::int32_t>(plan_.inputs.size()), static_cast<std::int32_t>(plan_.steps.size()), plan_.slots, plan_.result, plan_.states,
            plan_.normalised, plan_.log_scale};
  }

  PosteriorPlan plan_;
  std::vector<float> narrow_;
};

/// Scratch of one thread.
struct Desk {
  PlanScratch lanes;
  std::vector<double> wide;
  std::vector<std::uint8_t> complete = std::vector<std::uint8_t>(tile_rows);
  std::vector<std::int64_t> few;
};

void run_wide(const PlanView<double>& plan, const CodeColumns& codes, std::int64_t row, Desk& desk, const PosteriorOutput& out) {
  desk.wide.resize(static_cast<std::size_t>(plan.slots));
  const RowCells cells{codes.data + row, codes.stride};
  const RowSlots<double> slots{desk.wide.data(), 1};
  const RowRun<double> run = run_row(plan, cells, slots);
  bool unseen = false;
  for (std::int32_t i = 0; i < plan.input_count; ++i) unseen = unseen || is_unseen(cells[plan.inputs[i].column], plan.inputs[i].states);
  const bool possible = run.sum > 0.0;
  for (std::int32_t s = 0; s < plan.states; ++s)
    out.posterior.data[s * out.posterior.stride + row] = possible ? static_cast<float>(slots[plan.result + s] / run.sum) : 0.0F;
  out.status.data[row] = static_cast<std::uint8_t>(status_of(possible, unseen));
  if (!out.log_evidence.empty()) out.log_evidence.data[row] = log_of_scaled(run.sum, run.exponent, plan.log_scale);
}

class CpuPosterior final : public Posterior {
 public:
  CpuPosterior(Team& team, const PosteriorPlan& general, const PosteriorPlan* complete) : team_(team), general_(general) {
    if (complete != nullptr) complete_.emplace(*complete);
    desks_.resize(static_cast<std::size_t>(team.threads()));
  }

  void run(const CodeColumns& codes, View<const std::int64_t> rows, const PosteriorOutput& out, Stream& /*stream*/) override {
    check_posterior(general_.plan(), codes, out);
    require_host(rows, out.posterior, out.log_evidence, out.status);
    const std::int64_t total = rows.empty() ? codes.rows : rows.size;
    team_.run((total + tile_rows - 1) / tile_rows, [&](std::int64_t tile, int thread) {
      const std::int64_t first = tile * tile_rows;
      const PlanBlock block{codes, first, rows.empty() ? nullptr : rows.data + first, std::min(tile_rows, total - first)};
      Desk& desk = desks_[static_cast<std::size_t>(thread)];
      if (complete_)
        run_both(block, desk, out);
      else
        run_all(general_, block, false, desk, out);
      hwy::FlushStream();  // what was written past the caches is there before the team says that it is done
    });
  }

 private:
  /// A tile whose rows go through one plan.
  static void run_all(const LoadedPlan& plan, const PlanBlock& tile, bool inside, Desk& desk, const PosteriorOutput& out) {
    if (plan.plan().wide) {
      for (std::int64_t l = 0; l < tile.count; ++l) run_wide(plan.wide(), tile.codes, tile.row(l), desk, out);
      return;
    }
    const PlanView<float> narrow = plan.narrow();
    for (std::int64_t l = 0; l < tile.count; l += plan_lanes) {
      const PlanBlock block{tile.codes, tile.first + l, tile.rows == nullptr ? nullptr : tile.rows + l, std::min(plan_lanes, tile.count - l)};
      std::uint32_t deep = run_plan_block(narrow, block, inside, desk.lanes, out);
      for (; deep != 0; deep &= deep - 1) run_wide(plan.wide(), tile.codes, block.row(std::countr_zero(deep)), desk, out);
    }
  }

  /// The plan of most rows runs over all of them, which follow each other in memory; the rest is then answered again by the other.
  void run_both(const PlanBlock& tile, Desk& desk, const PosteriorOutput& out) {
    const bool consecutive = tile.rows == nullptr;
    std::int64_t found = 0;
    if (consecutive) {
      found = find_complete(complete_->narrow(), tile.codes, tile.first, tile.count, desk.complete.data());
    } else {
      for (std::int64_t l = 0; l < tile.count; ++l)
        found += find_complete(complete_->narrow(), tile.codes, tile.row(l), 1, desk.complete.data() + l);
    }
    const bool mostly = 2 * found > tile.count;
    const LoadedPlan& most = mostly ? *complete_ : general_;
    const LoadedPlan& rest = mostly ? general_ : *complete_;
    run_all(most, tile, mostly, desk, out);
    if (found == 0 || found == tile.count) return;
    desk.few.clear();
    for (std::int64_t l = 0; l < tile.count; ++l)
      if ((desk.complete[static_cast<std::size_t>(l)] != 0) != mostly) desk.few.push_back(tile.row(l));
    hwy::FlushStream();
    run_all(rest, PlanBlock{tile.codes, 0, desk.few.data(), static_cast<std::int64_t>(desk.few.size())}, false, desk, out);
  }

  Team& team_;
  LoadedPlan general_;
  std::optional<LoadedPlan> complete_;
  std::vector<Desk> desks_;
};

class CpuBayes final : public Bayes {
 public:
  explicit CpuBayes(Team& team) : team_(team) {}

  [[nodiscard]] std::unique_ptr<Counter> make_counter(const std::vector<std::int32_t>& states, const ColumnSets& sets, Stream& /*stream*/) override {
    return make_cpu_counter(team_, states, sets);
  }
  [[nodiscard]] std::unique_ptr<Posterior> make_posterior(const PosteriorPlan& general, const PosteriorPlan* complete, Stream& /*stream*/) override {
    return make_cpu_posterior(team_, general, complete);
  }

 private:
  Team& team_;
};

}  // namespace

std::unique_ptr<Posterior> make_cpu_posterior(Team& team, const PosteriorPlan& general, const PosteriorPlan* complete) {
  check_plans(general, complete);
  return std::make_unique<CpuPosterior>(team, general, complete);
}

std::unique_ptr<Bayes> make_cpu_bayes(Team& team) { return std::make_unique<CpuBayes>(team); }

}  // namespace footfall
