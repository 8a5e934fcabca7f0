#include "engine/bayes/tree_pass.hpp"

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/error.hpp"

namespace footfall {
namespace {

/// What an answer may have lost to underflow and still be exact to rounding.
constexpr double harmless = 1e-14;
/// Logarithms of more combinations of states would take minutes.
constexpr double most_log_work = 0x1p31;
constexpr double smallest = std::numeric_limits<double>::denorm_min();

void release(std::vector<double>& values) { std::vector<double>().swap(values); }

}  // namespace

TreePass::TreePass(const CompiledTree& compiled, bool lean)
    : compiled_(&compiled), lean_(lean), up_(compiled.tree().nodes().size()), down_(up_.size()), changed_(compiled.potentials().size()), exponents_(up_.size(), 0),
      up_loss_(up_.size(), 0.0), down_loss_(up_.size(), 0.0), touched_(up_.size(), 1), is_dirty_(changed_.size(), 0) {
  if (!lean_) compute_prior();
}

void TreePass::compute_prior() {
  const std::optional<double> log2 = try_upward(Reduction::sum, nullptr);
  prior_lost_ = lost_;
  prior_zero_ = !log2.has_value() && !lost_;
  // Messages that may have lost something are not kept: every case makes its own.
  if (!log2.has_value() || lost_) return;
  prior_ = up_;
  prior_exponents_ = exponents_;
}

const double* TreePass::values_of(const CompiledTree::Source& source) const {
  const auto index = static_cast<std::size_t>(source.index);
  switch (source.kind) {
    case CompiledTree::Source::Kind::potential:
      if (in_logs_) return log_tables_[index].data();
      return is_dirty_[index] != 0 ? changed_[index].data() : compiled_->potentials()[index].values.data();
    case CompiledTree::Source::Kind::up: return touched_[index] == 0 ? prior_[index].data() : up_[index].data();
    case CompiledTree::Source::Kind::down: break;
  }
  return down_[index].data();
}

Contraction::Scale TreePass::run(const CompiledTree::Step& step, double* out, Reduction reduction, Team* team) {
  inputs_.clear();
  for (const CompiledTree::Source& source : step.sources) inputs_.push_back(values_of(source));
  if (in_logs_) return {0, step.contraction.run_logs(inputs_, out, reduction)};
  return step.contraction.run(inputs_, out, reduction, team);
}

/// Multiplies the table that evidence on the variable goes into.
void TreePass::weigh(std::int32_t variable, const double* likelihood) {
  const auto p = static_cast<std::size_t>(compiled_->evidence_potential(variable));
  const CompiledTree::Potential& potential = compiled_->potentials()[p];
  if (is_dirty_[p] == 0) {
    changed_[p] = potential.values;
    is_dirty_[p] = 1;
    dirty_.push_back(static_cast<std::int32_t>(p));
  }
  std::size_t stride = 1;
  for (std::size_t d = potential.scope.size(); d-- > 0 && potential.scope[d] != variable;)
    stride *= static_cast<std::size_t>(compiled_->tree().sizes()[static_cast<std::size_t>(potential.scope[d])]);
  const auto size = static_cast<std::size_t>(compiled_->tree().sizes()[static_cast<std::size_t>(variable)]);
  double* at = changed_[p].data();
  for (const double* const end = at + changed_[p].size(); at != end;)
    for (std::size_t s = 0; s < size; ++s)
      for (std::size_t i = 0; i < stride; ++i) *at++ *= likelihood[s];
}

void TreePass::set_evidence(const Evidence& evidence) {
  for (const std::int32_t p : dirty_) is_dirty_[static_cast<std::size_t>(p)] = 0;
  dirty_.clear();
  in_logs_ = false;
  const std::vector<std::int32_t>& sizes = compiled_->tree().sizes();
  std::vector<double> likelihood;
  for (std::size_t v = 0; v < evidence.states.size(); ++v) {
    if (evidence.states[v] < 0) continue;
    likelihood.assign(static_cast<std::size_t>(sizes[v]), 0.0);
    likelihood[static_cast<std::size_t>(evidence.states[v])] = 1.0;
    weigh(static_cast<std::int32_t>(v), likelihood.data());
  }
  for (const Likelihood& each : evidence.likelihoods) weigh(each.variable, each.values.data());
  std::fill(touched_.begin(), touched_.end(), 1);
  if (prior_.empty()) return;
  std::fill(touched_.begin(), touched_.end(), 0);
  for (const std::int32_t p : dirty_)
    for (std::int32_t n = compiled_->node_of(p); n >= 0 && touched_[static_cast<std::size_t>(n)] == 0; n = compiled_->tree().nodes()[static_cast<std::size_t>(n)].parent)
      touched_[static_cast<std::size_t>(n)] = 1;
}

void TreePass::normalise(std::vector<double>& values) const {
  if (in_logs_) {
    const double largest = *std::max_element(values.begin(), values.end());
    for (double& value : values) value = std::exp(value - largest);
  }
  double sum = 0.0;
  for (const double value : values) sum += value;
  for (double& value : values) value /= sum;
}

/// A product of k entries of at most 1 is off by no more than the sum of what they are off, and k times the smallest number for its own roundings;
/// a sum adds these up, and scaling the result to 1 makes them larger.
double TreePass::loss(const CompiledTree::Step& step, std::int64_t exponent) const {
  double each = static_cast<double>(step.sources.size()) * smallest;
  for (const CompiledTree::Source& source : step.sources) {
    const auto index = static_cast<std::size_t>(source.index);
    if (source.kind == CompiledTree::Source::Kind::up) each += up_loss_[index];
    if (source.kind == CompiledTree::Source::Kind::down) each += down_loss_[index];
  }
  const double terms = step.contraction.work() / static_cast<double>(step.contraction.entries());
  const auto shift = static_cast<int>(std::clamp<std::int64_t>(1 - exponent, -4000, 4000));
  return std::max(smallest, std::ldexp(each * terms, shift));
}

void TreePass::use_logs() {
  double work = 0.0;
  for (const std::int32_t n : compiled_->tree().upward()) work += compiled_->up(n).contraction.work();
  if (work > most_log_work)
    throw failure("the numbers of this problem lie further apart than float64 can hold, and it is too wide to be computed in logarithms", "observe more variables, or take --approximate");
  log_tables_.resize(compiled_->potentials().size());
  for (std::size_t p = 0; p < log_tables_.size(); ++p) {
    log_tables_[p] = is_dirty_[p] != 0 ? changed_[p] : compiled_->potentials()[p].values;
    for (double& value : log_tables_[p]) value = std::log(value);
  }
  std::fill(touched_.begin(), touched_.end(), 1);
  in_logs_ = true;
}

std::optional<double> TreePass::upward(Reduction reduction, Team* team) {
  if (compiled_->zero() || prior_zero_) return std::nullopt;
  // Only sums are kept from case to case.
  if (reduction == Reduction::maximum) std::fill(touched_.begin(), touched_.end(), 1);
  std::optional<double> log2 = try_upward(reduction, team);
  if (lost_ && (!log2 || !(worst_loss_ <= harmless))) {
    use_logs();
    log2 = try_upward(reduction, team);
  }
  return log2;
}

std::optional<double> TreePass::try_upward(Reduction reduction, Team* team) {
  const std::vector<JoinTree::Node>& nodes = compiled_->tree().nodes();
  std::feclearexcept(FE_UNDERFLOW);
  bool zero = false;
  double log2 = static_cast<double>(compiled_->exponent()) + std::log2(compiled_->constant());
  for (const std::int32_t n : compiled_->tree().upward()) {
    const auto node = static_cast<std::size_t>(n);
    if (touched_[node] != 0) {
      const CompiledTree::Step& step = compiled_->up(n);
      up_[node].resize(static_cast<std::size_t>(step.contraction.entries()));
      const Contraction::Scale scale = run(step, up_[node].data(), reduction, team);
      exponents_[node] = scale.exponent;
      zero = scale.zero;
      if (zero) break;
    }
    const std::vector<double>& message = touched_[node] != 0 ? up_[node] : prior_[node];
    log2 += static_cast<double>(touched_[node] != 0 ? exponents_[node] : prior_exponents_[node]);
    if (nodes[node].parent < 0) log2 += in_logs_ ? message[0] / std::numbers::ln2 : std::log2(message[0]);
  }
  lost_ = std::fetestexcept(FE_UNDERFLOW) != 0 && !in_logs_;
  worst_loss_ = 0.0;
  if (zero) return std::nullopt;
  if (lost_)
    for (const std::int32_t n : compiled_->tree().upward()) {
      const auto node = static_cast<std::size_t>(n);
      up_loss_[node] = loss(compiled_->up(n), touched_[node] != 0 ? exponents_[node] : prior_exponents_[node]);
      if (nodes[node].parent < 0) worst_loss_ = std::max(worst_loss_, up_loss_[node]);
    }
  return log2;
}

void TreePass::read_marginals(std::int32_t node, bool of_separator, std::vector<std::vector<double>>& marginals, Team* team) {
  for (const CompiledTree::MarginalStep& each : compiled_->marginals(node)) {
    if (each.of_separator != of_separator) continue;
    std::vector<double>& marginal = marginals[static_cast<std::size_t>(each.variable)];
    marginal.resize(static_cast<std::size_t>(each.step.contraction.entries()));
    const Contraction::Scale scale = run(each.step, marginal.data(), Reduction::sum, team);
    if (bounding_) worst_loss_ = std::max(worst_loss_, scale.zero ? 1.0 : loss(each.step, scale.exponent));
    normalise(marginal);
  }
}

void TreePass::downward(std::vector<std::vector<double>>& marginals, Team* team, const CompiledTree::Belief* belief, std::vector<double>* joint) {
  if (!lost_) {
    std::fill(up_loss_.begin(), up_loss_.end(), 0.0);  // a bound of an earlier case
    std::feclearexcept(FE_UNDERFLOW);
  }
  worst_loss_ = 0.0;
  // A case that is one of many has its bounds computed only when it needs them, which it hardly ever does.
  bounding_ = lean_ || lost_;
  try_downward(marginals, team, belief, joint);
  lost_ = (lost_ || std::fetestexcept(FE_UNDERFLOW) != 0) && !in_logs_;
  if (lost_ && !bounding_) {
    bounding_ = true;
    try_downward(marginals, team, belief, joint);
  }
  if (!lost_ || worst_loss_ <= harmless) return;
  use_logs();
  require(try_upward(Reduction::sum, team).has_value(), "evidence that was possible is not any more");
  try_downward(marginals, team, belief, joint);
}

void TreePass::try_downward(std::vector<std::vector<double>>& marginals, Team* team, const CompiledTree::Belief* belief, std::vector<double>* joint) {
  const JoinTree& tree = compiled_->tree();
  marginals.resize(tree.sizes().size());
  for (auto at = tree.upward().rbegin(); at != tree.upward().rend(); ++at) {
    const std::int32_t n = *at;
    const JoinTree::Node& node = tree.nodes()[static_cast<std::size_t>(n)];
    for (const std::int32_t child : node.children) {
      const CompiledTree::Step& step = compiled_->down(child);
      std::vector<double>& message = down_[static_cast<std::size_t>(child)];
      message.resize(static_cast<std::size_t>(step.contraction.entries()));
      const Contraction::Scale scale = run(step, message.data(), Reduction::sum, team);
      if (bounding_) down_loss_[static_cast<std::size_t>(child)] = scale.zero ? 1.0 : loss(step, scale.exponent);
    }
    for (const std::int32_t child : node.children) read_marginals(child, true, marginals, team);
    read_marginals(n, false, marginals, team);
    if (belief != nullptr && belief->node == n) {
      joint->resize(static_cast<std::size_t>(belief->step.contraction.entries()));
      const Contraction::Scale scale = run(belief->step, joint->data(), Reduction::sum, team);
      worst_loss_ = std::max(worst_loss_, scale.zero ? 1.0 : loss(belief->step, scale.exponent));
      normalise(*joint);
    }
    if (!lean_) continue;
    for (const std::int32_t child : node.children) release(up_[static_cast<std::size_t>(child)]);
    release(down_[static_cast<std::size_t>(n)]);
  }
}

std::vector<std::int32_t> TreePass::best_states() const {
  const JoinTree& tree = compiled_->tree();
  std::vector<std::int32_t> states(tree.sizes().size(), -1);
  const auto value = [&](const CompiledTree::Source& source) {
    const std::vector<std::int32_t>& scope =
        source.kind == CompiledTree::Source::Kind::potential ? compiled_->potentials()[static_cast<std::size_t>(source.index)].scope : tree.nodes()[static_cast<std::size_t>(source.index)].separator;
    std::size_t index = 0;
    for (const std::int32_t v : scope) index = index * static_cast<std::size_t>(tree.sizes()[static_cast<std::size_t>(v)]) + static_cast<std::size_t>(states[static_cast<std::size_t>(v)]);
    return static_cast<long double>(values_of(source)[index]);
  };
  for (auto at = tree.upward().rbegin(); at != tree.upward().rend(); ++at) {
    const JoinTree::Node& node = tree.nodes()[static_cast<std::size_t>(*at)];
    // The separator's states are chosen already, by a node above.
    std::vector<std::int32_t> open;
    for (const std::int32_t v : node.scope)
      if (states[static_cast<std::size_t>(v)] < 0) open.push_back(v);
    std::vector<std::int32_t> trial(open.size(), 0), best = trial;
    long double largest = -std::numeric_limits<long double>::infinity();
    for (bool more = true; more;) {
      for (std::size_t i = 0; i < open.size(); ++i) states[static_cast<std::size_t>(open[i])] = trial[i];
      long double product = in_logs_ ? 0.0L : 1.0L;  // long double: the product of a few tables underflows in no case
      for (const CompiledTree::Source& source : compiled_->up(*at).sources) product = in_logs_ ? product + value(source) : product * value(source);
      if (product > largest) {
        largest = product;
        best = trial;
      }
      more = false;
      for (std::size_t i = open.size(); i-- > 0;) {
        if (++trial[i] < tree.sizes()[static_cast<std::size_t>(open[i])]) {
          more = true;
          break;
        }
        trial[i] = 0;
      }
    }
    for (std::size_t i = 0; i < open.size(); ++i) states[static_cast<std::size_t>(open[i])] = best[i];
  }
  return states;
}

}  // namespace footfall
