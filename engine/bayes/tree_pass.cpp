#include "engine/bayes/tree_pass.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/error.hpp"

namespace footfall {
namespace {

void normalise(std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  for (double& value : values) value /= sum;
}

void release(std::vector<double>& values) { std::vector<double>().swap(values); }

}  // namespace

TreePass::TreePass(const CompiledTree& compiled, bool lean)
    : compiled_(&compiled), lean_(lean), up_(compiled.tree().nodes().size()), down_(up_.size()), changed_(compiled.potentials().size()), exponents_(up_.size(), 0),
      touched_(up_.size(), 1), is_dirty_(changed_.size(), 0) {
  if (!lean_) compute_prior();
}

void TreePass::compute_prior() {
  prior_zero_ = !upward().has_value();
  prior_ = up_;
  prior_exponents_ = exponents_;
}

const double* TreePass::values_of(const CompiledTree::Source& source) const {
  const auto index = static_cast<std::size_t>(source.index);
  switch (source.kind) {
    case CompiledTree::Source::Kind::potential: return is_dirty_[index] != 0 ? changed_[index].data() : compiled_->potentials()[index].values.data();
    case CompiledTree::Source::Kind::up: return touched_[index] == 0 ? prior_[index].data() : up_[index].data();
    case CompiledTree::Source::Kind::down: break;
  }
  return down_[index].data();
}

Contraction::Scale TreePass::run(const CompiledTree::Step& step, double* out, Reduction reduction, Team* team) {
  inputs_.clear();
  for (const CompiledTree::Source& source : step.sources) inputs_.push_back(values_of(source));
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
  const std::vector<std::int32_t>& sizes = compiled_->tree().sizes();
  std::vector<double> likelihood;
  for (std::size_t v = 0; v < evidence.states.size(); ++v) {
    if (evidence.states[v] < 0) continue;
    likelihood.assign(static_cast<std::size_t>(sizes[v]), 0.0);
    likelihood[static_cast<std::size_t>(evidence.states[v])] = 1.0;
    weigh(static_cast<std::int32_t>(v), likelihood.data());
  }
  for (const Likelihood& each : evidence.likelihoods) weigh(each.variable, each.values.data());
  if (lean_) return;
  std::fill(touched_.begin(), touched_.end(), 0);
  for (const std::int32_t p : dirty_)
    for (std::int32_t n = compiled_->node_of(p); n >= 0 && touched_[static_cast<std::size_t>(n)] == 0; n = compiled_->tree().nodes()[static_cast<std::size_t>(n)].parent)
      touched_[static_cast<std::size_t>(n)] = 1;
}

std::optional<double> TreePass::upward(Reduction reduction, Team* team) {
  if (compiled_->zero() || prior_zero_) return std::nullopt;
  const std::vector<JoinTree::Node>& nodes = compiled_->tree().nodes();
  // Only sums are kept from case to case.
  if (reduction == Reduction::maximum) std::fill(touched_.begin(), touched_.end(), 1);
  double log2 = static_cast<double>(compiled_->exponent()) + std::log2(compiled_->constant());
  for (const std::int32_t n : compiled_->tree().upward()) {
    const auto node = static_cast<std::size_t>(n);
    if (touched_[node] != 0) {
      const CompiledTree::Step& step = compiled_->up(n);
      up_[node].resize(static_cast<std::size_t>(step.contraction.entries()));
      const Contraction::Scale scale = run(step, up_[node].data(), reduction, team);
      if (scale.zero) return std::nullopt;
      exponents_[node] = scale.exponent;
    }
    const std::vector<double>& message = touched_[node] != 0 ? up_[node] : prior_[node];
    log2 += static_cast<double>(touched_[node] != 0 ? exponents_[node] : prior_exponents_[node]);
    if (nodes[node].parent < 0) log2 += std::log2(message[0]);
  }
  return log2;
}

void TreePass::read_marginals(std::int32_t node, bool of_separator, std::vector<std::vector<double>>& marginals, Team* team) {
  for (const CompiledTree::MarginalStep& each : compiled_->marginals(node)) {
    if (each.of_separator != of_separator) continue;
    std::vector<double>& marginal = marginals[static_cast<std::size_t>(each.variable)];
    marginal.resize(static_cast<std::size_t>(each.step.contraction.entries()));
    (void)run(each.step, marginal.data(), Reduction::sum, team);
    normalise(marginal);
  }
}

void TreePass::downward(std::vector<std::vector<double>>& marginals, Team* team, const CompiledTree::Belief* belief, std::vector<double>* joint) {
  const JoinTree& tree = compiled_->tree();
  marginals.resize(tree.sizes().size());
  for (auto at = tree.upward().rbegin(); at != tree.upward().rend(); ++at) {
    const std::int32_t n = *at;
    const JoinTree::Node& node = tree.nodes()[static_cast<std::size_t>(n)];
    for (const std::int32_t child : node.children) {
      const CompiledTree::Step& step = compiled_->down(child);
      std::vector<double>& message = down_[static_cast<std::size_t>(child)];
      message.resize(static_cast<std::size_t>(step.contraction.entries()));
      (void)run(step, message.data(), Reduction::sum, team);
    }
    for (const std::int32_t child : node.children) read_marginals(child, true, marginals, team);
    read_marginals(n, false, marginals, team);
    if (belief != nullptr && belief->node == n) {
      joint->resize(static_cast<std::size_t>(belief->step.contraction.entries()));
      (void)run(belief->step, joint->data(), Reduction::sum, team);
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
    long double largest = -1.0L;
    for (bool more = true; more;) {
      for (std::size_t i = 0; i < open.size(); ++i) states[static_cast<std::size_t>(open[i])] = trial[i];
      long double product = 1.0L;  // long double: the product of a few tables underflows in no case
      for (const CompiledTree::Source& source : compiled_->up(*at).sources) product *= value(source);
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
