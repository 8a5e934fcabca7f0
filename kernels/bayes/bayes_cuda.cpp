// Counting and posteriors on CUDA: shapes are checked here, the work is launched from the .cu files.

#include <algorithm>
#include <optional>

#include "kernels/bayes/bayes_kernels.hpp"
#include "kernels/bayes/cuda_bayes.hpp"
#include "kernels/bayes/posterior_check.hpp"

namespace footfall {
namespace {

/// Covers of one kind on the device.
struct CoverGroup {
  std::vector<CoverOnDevice> covers;
  std::int64_t largest = 0;
  Array<CoverOnDevice> there;
};

class CudaCounter final : public Counter {
 public:
  CudaCounter(const std::vector<std::int32_t>& states, const ColumnSets& sets, Stream& stream) : plan_(plan_covers(states, sets)) {
    std::vector<CoverColumn> columns;
    for (const Cover& cover : plan_.covers) {
      CoverGroup& group = cover.size < most_block_entries ? small_ : large_;
      group.covers.push_back({cover.size, cover.offset, static_cast<std::int32_t>(columns.size()), static_cast<std::int32_t>(cover.columns.size()), cover.extended ? 1 : 0});
      group.largest = std::max(group.largest, cover.size);
      columns.insert(columns.end(), cover.columns.begin(), cover.columns.end());
    }
    small_.there = upload(small_.covers, stream);
    large_.there = upload(large_.covers, stream);
    columns_ = upload(columns, stream);
    totals_ = Array<std::int64_t>(stream, plan_.entries);
    clear(totals_.view(), stream);
  }

  void add(const CodeColumns& codes, Stream& stream) override {
    require(codes.columns >= static_cast<std::int64_t>(plan_.states.size()), "a chunk has fewer columns than the counter");
    if (codes.rows == 0) return;
    require(codes.place == Place::device, "host memory is given to an operation on CUDA");
    CudaStream& order = cuda_stream(stream);
    if (!small_.covers.empty()) launch_count(codes, small_.there.view(), columns_.view(), small_.largest, true, totals_.view(), order);
    if (!large_.covers.empty()) launch_count(codes, large_.there.view(), columns_.view(), large_.largest, false, totals_.view(), order);
  }

  [[nodiscard]] std::vector<std::vector<std::int64_t>> counts(Stream& stream) override { return tables_of_sets(plan_, download(totals_.view(), stream)); }

 private:
  CoverPlan plan_;
  CoverGroup small_, large_;
  Array<CoverColumn> columns_;
  Array<std::int64_t> totals_;
};

/// A plan on the device, its values in both precisions.
class LoadedPlan {
 public:
  LoadedPlan(const PosteriorPlan& plan, Stream& stream)
      : plan_(plan),
        inputs_(upload(plan.inputs, stream)),
        terms_(upload(plan.terms, stream)),
        steps_(upload(plan.steps, stream)),
        operands_(upload(plan.operands, stream)),
        narrow_(upload(std::vector<float>(plan.values.begin(), plan.values.end()), stream)) {
    const auto is = [&](PlanOp op) { return [op](const PlanStep& step) { return step.op == op; }; };
    may_be_deep_ = !plan.wide && std::any_of(plan.steps.begin(), plan.steps.end(), is(PlanOp::rescale));
    if (plan.wide || may_be_deep_) wide_ = upload(plan.values, stream);
    fused_ = !plan.wide && plan.states <= most_fused_states && plan.slots == plan.states && !plan.steps.empty() && plan.steps.front().op == PlanOp::gather &&
             std::all_of(plan.steps.begin() + 1, plan.steps.end(), is(PlanOp::multiply)) &&
             std::all_of(plan.steps.begin(), plan.steps.end(), [&](const PlanStep& step) { return step.count == plan.states; });
  }

  [[nodiscard]] const PosteriorPlan& plan() const { return plan_; }

  void run(RowsOnDevice rows, const OutputOnDevice& out, CudaStream& stream) const {
    if (plan_.wide) return launch_posterior(view(wide_), rows, out, stream);
    if (fused_) return launch_fused_posterior(view(narrow_), rows, out, stream);
    launch_posterior(view(narrow_), rows, out, stream);
    if (!may_be_deep_) return;
    rows.wanted = RowsWanted::deep;
    launch_posterior(view(wide_), rows, out, stream);
  }

 private:
  template <class T>
  [[nodiscard]] PlanView<T> view(const Array<T>& values) const {
    return {inputs_.view().data, terms_.view().data, steps_.view().data, operands_.view().data, values.view().data,
            static_cast<std::int32_t>(plan_.inputs.size()), static_cast<std::int32_t>(plan_.steps.size()), plan_.slots, plan_.result, plan_.states,
            plan_.normalised, plan_.log_scale};
  }

  PosteriorPlan plan_;
  Array<PlanInput> inputs_;
  Array<PlanTerm> terms_;
  Array<PlanStep> steps_;
  Array<std::int32_t> operands_;
  Array<float> narrow_;
  Array<double> wide_;
  bool may_be_deep_ = false;
  bool fused_ = false;
};

class CudaPosterior final : public Posterior {
 public:
  CudaPosterior(const PosteriorPlan& general, const PosteriorPlan* complete, Stream& stream) : general_(general, stream) {
    if (complete != nullptr) complete_.emplace(*complete, stream);
  }

  void run(const CodeColumns& codes, View<const std::int64_t> rows, const PosteriorOutput& out, Stream& stream) override {
    check_posterior(general_.plan(), codes, out);
    if (codes.rows == 0) return;
    require(codes.place == Place::device && out.posterior.place == Place::device && out.status.place == Place::device &&
                (rows.empty() || rows.place == Place::device) && (out.log_evidence.empty() || out.log_evidence.place == Place::device),
            "host memory is given to an operation on CUDA");
    CudaStream& order = cuda_stream(stream);
    const OutputOnDevice to{out.posterior.data, out.posterior.stride, out.log_evidence.empty() ? nullptr : out.log_evidence.data, out.status.data};
    RowsOnDevice what{codes, rows.empty() ? nullptr : rows.data, rows.empty() ? codes.rows : rows.size, RowsWanted::all, deep_general};
    if (complete_) {
      what.wanted = RowsWanted::complete;
      what.deep_mark = deep_complete;
      complete_->run(what, to, order);
      what.wanted = RowsWanted::pending;
      what.deep_mark = deep_general;
    }
    general_.run(what, to, order);
  }

 private:
  static constexpr std::uint8_t deep_general = 0xF1;
  static constexpr std::uint8_t deep_complete = 0xF2;

  LoadedPlan general_;
  std::optional<LoadedPlan> complete_;
};

class CudaBayes final : public Bayes {
 public:
  [[nodiscard]] std::unique_ptr<Counter> make_counter(const std::vector<std::int32_t>& states, const ColumnSets& sets, Stream& stream) override {
    return std::make_unique<CudaCounter>(states, sets, stream);
  }
  [[nodiscard]] std::unique_ptr<Posterior> make_posterior(const PosteriorPlan& general, const PosteriorPlan* complete, Stream& stream) override {
    check_plans(general, complete);
    return std::make_unique<CudaPosterior>(general, complete, stream);
  }
};

}  // namespace

std::unique_ptr<Bayes> make_cuda_bayes() { return std::make_unique<CudaBayes>(); }

}  // namespace footfall
