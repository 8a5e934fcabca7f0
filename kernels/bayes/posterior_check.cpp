#include "kernels/bayes/posterior_check.hpp"

#include <algorithm>

#include "kernels/error.hpp"

namespace footfall {
namespace {

void check_gather(const PosteriorPlan& plan, const PlanStep& step) {
  require(step.first >= 0 && step.width >= 0 && step.first + step.width <= static_cast<std::int32_t>(plan.terms.size()), "a plan's terms end early");
  std::int64_t last = static_cast<std::int64_t>(step.table) + step.count;
  for (std::int32_t t = step.first; t < step.first + step.width; ++t) {
    const PlanTerm& term = plan.terms[static_cast<std::size_t>(t)];
    require(term.input >= 0 && term.input < static_cast<std::int32_t>(plan.inputs.size()), "a plan's term has no input");
    last += static_cast<std::int64_t>(plan.inputs[static_cast<std::size_t>(term.input)].states - 1) * term.stride;
  }
  require(step.table >= 0 && last <= static_cast<std::int64_t>(plan.values.size()), "a plan's table ends early");
}

void check_contract(const PosteriorPlan& plan, const PlanStep& step) {
  const std::int64_t operands = static_cast<std::int64_t>(step.count) * step.summed * step.width;
  require(step.width >= 1 && step.summed >= 1 && step.first >= 0 && step.first + operands <= static_cast<std::int64_t>(plan.operands.size()),
          "a plan's operands end early");
  for (std::int64_t i = step.first; i < step.first + operands; ++i) {
    const std::int32_t operand = plan.operands[static_cast<std::size_t>(i)];
    require(operand < 0 ? ~operand < static_cast<std::int32_t>(plan.values.size()) : operand < plan.slots, "a plan's operand is not there");
  }
}

void check_plan(const PosteriorPlan& plan) {
  require(plan.states >= 1 && plan.result >= 0 && plan.result + plan.states <= plan.slots, "a plan's result is outside its slots");
  for (const PlanInput& input : plan.inputs) require(input.column >= 0 && input.states >= 1 && input.states <= most_states, "a plan's input has no states");
  for (const PlanStep& step : plan.steps) {
    require(step.to >= 0 && step.count >= 1 && step.to + step.count <= plan.slots, "a plan's step writes outside its slots");
    if (step.op == PlanOp::gather || step.op == PlanOp::multiply) check_gather(plan, step);
    if (step.op == PlanOp::contract) check_contract(plan, step);
    if (step.op == PlanOp::evidence) require(step.first >= 0 && step.first < static_cast<std::int32_t>(plan.inputs.size()), "a plan's evidence has no input");
  }
}

}  // namespace

void check_plans(const PosteriorPlan& general, const PosteriorPlan* complete) {
  check_plan(general);
  if (complete == nullptr) return;
  check_plan(*complete);
  require(complete->states == general.states && complete->evidence == general.evidence, "two plans of one posterior have different targets");
}

void check_posterior(const PosteriorPlan& plan, const CodeColumns& codes, const PosteriorOutput& out) {
  require(codes.stride >= codes.rows, "columns of codes overlap");
  for (const PlanInput& input : plan.inputs) require(input.column < codes.columns, "a table of codes lacks a column of the plan");
  require(out.posterior.rows == plan.states && out.posterior.columns >= codes.rows && out.status.size >= codes.rows, "a posterior does not fit its output");
  require(out.log_evidence.empty() || (plan.evidence && out.log_evidence.size >= codes.rows), "a plan without evidence is asked for its logarithm");
}

}  // namespace footfall
