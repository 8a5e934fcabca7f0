#include <algorithm>
#include <cfenv>
#include <cmath>
#include <limits>

#include "engine/bayes/tree_pass.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Factors of a node are multiplied beforehand as long as the product is no larger than this, or than one of them.
constexpr double small_product = 4096.0;

}  // namespace

CompiledTree::CompiledTree(const FactorGraph& graph, const Elimination& elimination) : tree_(graph, elimination), of_node_(tree_.nodes().size()) {
  multiply_factors(graph);
  lay_out_messages();
  lay_out_marginals();
}

void CompiledTree::add_potential(std::int32_t node, std::vector<std::int32_t> scope, std::vector<double> values) {
  of_node_[static_cast<std::size_t>(node)].push_back(static_cast<std::int32_t>(potentials_.size()));
  node_of_.push_back(node);
  potentials_.push_back({std::move(scope), std::move(values)});
}

void CompiledTree::multiply_factors(const FactorGraph& graph) {
  for (const Factor& factor : graph.factors)  // a factor of no variable
    if (factor.variables.empty()) {
      int exponent = 0;
      const double mantissa = std::frexp(factor.values.at(0), &exponent);
      zero_ = zero_ || mantissa == 0.0;
      exponent_ += exponent;
      constant_ *= mantissa;
      if (constant_ < 0x1p-500) {
        constant_ *= 0x1p500;
        exponent_ -= 500;
      }
    }
  // Nothing when the product has entries too far apart for one table; then the factors stay apart.
  const auto take = [&](const std::vector<std::vector<std::int32_t>>& scopes, const std::vector<const double*>& inputs, const std::vector<std::int32_t>& out) {
    const Contraction contraction(tree_.sizes(), scopes, out);
    std::vector<double> values(static_cast<std::size_t>(contraction.entries()));
    std::feclearexcept(FE_UNDERFLOW);
    const Contraction::Scale scale = contraction.run(inputs, values.data());
    if (inputs.size() > 1 && std::fetestexcept(FE_UNDERFLOW) != 0) return std::vector<double>();
    exponent_ += scale.exponent;
    zero_ = zero_ || scale.zero;
    return values;
  };
  for (std::size_t n = 0; n < tree_.nodes().size(); ++n) {
    std::vector<Potential> products;
    std::vector<std::int32_t> factors = tree_.nodes()[n].factors;
    std::stable_sort(factors.begin(), factors.end(), [&](std::int32_t a, std::int32_t b) {
      return graph.factors[static_cast<std::size_t>(a)].values.size() > graph.factors[static_cast<std::size_t>(b)].values.size();
    });
    for (const std::int32_t f : factors) {
      const Factor& factor = graph.factors[static_cast<std::size_t>(f)];
      std::vector<std::int32_t> scope = factor.variables;
      tree_.sort(scope);
      Potential* host = nullptr;
      std::vector<std::int32_t> joined;
      for (Potential& each : products) {
        joined = each.scope;
        for (const std::int32_t v : scope)
          if (std::find(joined.begin(), joined.end(), v) == joined.end()) joined.push_back(v);
        if (tree_.entries(joined) <= std::max(small_product, static_cast<double>(each.values.size()))) {
          host = &each;
          break;
        }
      }
      std::vector<double> product;
      if (host != nullptr) {
        tree_.sort(joined);
        product = take({host->scope, factor.variables}, {host->values.data(), factor.values.data()}, joined);
      }
      if (product.empty()) {
        products.push_back({scope, take({factor.variables}, {factor.values.data()}, scope)});
        continue;
      }
      host->values = std::move(product);
      host->scope = joined;
    }
    for (Potential& each : products) add_potential(static_cast<std::int32_t>(n), std::move(each.scope), std::move(each.values));
  }
  // Evidence on a variable goes into the smallest table that has it.
  evidence_potential_.assign(tree_.sizes().size(), -1);
  const auto offer = [&](std::int32_t p) {
    for (const std::int32_t v : potentials_[static_cast<std::size_t>(p)].scope) {
      std::int32_t& chosen = evidence_potential_[static_cast<std::size_t>(v)];
      if (chosen < 0 || potentials_[static_cast<std::size_t>(p)].values.size() < potentials_[static_cast<std::size_t>(chosen)].values.size()) chosen = p;
    }
  };
  for (std::size_t p = 0; p < potentials_.size(); ++p) offer(static_cast<std::int32_t>(p));
  for (std::size_t n = 0; n < tree_.nodes().size(); ++n)
    for (const std::int32_t v : tree_.nodes()[n].scope)
      if (evidence_potential_[static_cast<std::size_t>(v)] < 0) {  // no factor has it
        add_potential(static_cast<std::int32_t>(n), {v}, std::vector<double>(static_cast<std::size_t>(tree_.sizes()[static_cast<std::size_t>(v)]), 0.5));
        exponent_ += 1;
        offer(static_cast<std::int32_t>(potentials_.size()) - 1);
      }
}

const std::vector<std::int32_t>& CompiledTree::scope_of(const Source& source) const {
  if (source.kind == Source::Kind::potential) return potentials_[static_cast<std::size_t>(source.index)].scope;
  return tree_.nodes()[static_cast<std::size_t>(source.index)].separator;
}

CompiledTree::Step CompiledTree::step(const std::vector<Source>& sources, const std::vector<std::int32_t>& out) const {
  std::vector<std::vector<std::int32_t>> scopes;
  for (const Source& source : sources) scopes.push_back(scope_of(source));
  return {Contraction(tree_.sizes(), scopes, out), sources};
}

std::vector<CompiledTree::Source> CompiledTree::sources_of(std::int32_t node, std::int32_t without_child, bool with_parent) const {
  std::vector<Source> sources;
  for (const std::int32_t p : of_node_[static_cast<std::size_t>(node)]) sources.push_back({Source::Kind::potential, p});
  for (const std::int32_t child : tree_.nodes()[static_cast<std::size_t>(node)].children)
    if (child != without_child) sources.push_back({Source::Kind::up, child});
  if (with_parent && tree_.nodes()[static_cast<std::size_t>(node)].parent >= 0) sources.push_back({Source::Kind::down, node});
  return sources;
}

void CompiledTree::lay_out_messages() {
  const auto count = static_cast<std::int32_t>(tree_.nodes().size());
  down_.resize(static_cast<std::size_t>(count));
  for (std::int32_t n = 0; n < count; ++n) {
    const JoinTree::Node& node = tree_.nodes()[static_cast<std::size_t>(n)];
    up_.push_back(step(sources_of(n, -1, false), node.separator));
    if (node.parent >= 0) down_[static_cast<std::size_t>(n)] = step(sources_of(node.parent, n, true), node.separator);
  }
}

void CompiledTree::lay_out_marginals() {
  const auto variables = static_cast<std::int32_t>(tree_.sizes().size());
  std::vector<double> cost(static_cast<std::size_t>(variables), std::numeric_limits<double>::infinity());
  std::vector<std::int32_t> node(static_cast<std::size_t>(variables), -1);
  std::vector<char> by_separator(static_cast<std::size_t>(variables), 0);
  const auto offer = [&](std::int32_t v, std::int32_t n, double price, bool separator) {
    if (price >= cost[static_cast<std::size_t>(v)]) return;
    cost[static_cast<std::size_t>(v)] = price;
    node[static_cast<std::size_t>(v)] = n;
    by_separator[static_cast<std::size_t>(v)] = separator;
  };
  for (std::int32_t n = 0; n < static_cast<std::int32_t>(tree_.nodes().size()); ++n) {
    const JoinTree::Node& each = tree_.nodes()[static_cast<std::size_t>(n)];
    for (const std::int32_t v : each.separator) offer(v, n, 2.0 * tree_.entries(each.separator), true);
    const double price = tree_.entries(each.scope) * static_cast<double>(sources_of(n, -1, true).size());
    for (const std::int32_t v : each.scope) offer(v, n, price, false);
  }
  marginals_.resize(tree_.nodes().size());
  for (std::int32_t v = 0; v < variables; ++v) {
    const std::int32_t n = node[static_cast<std::size_t>(v)];
    const std::vector<Source> sources =
        by_separator[static_cast<std::size_t>(v)] != 0 ? std::vector<Source>{{Source::Kind::up, n}, {Source::Kind::down, n}} : sources_of(n, -1, true);
    marginals_[static_cast<std::size_t>(n)].push_back({v, by_separator[static_cast<std::size_t>(v)] != 0, step(sources, {v})});
  }
}

CompiledTree::Belief CompiledTree::belief(std::vector<std::int32_t> scope) const {
  tree_.sort(scope);
  std::int32_t best = -1;
  for (std::int32_t n = 0; n < static_cast<std::int32_t>(tree_.nodes().size()); ++n) {
    const std::vector<std::int32_t>& held = tree_.nodes()[static_cast<std::size_t>(n)].scope;
    const bool all = std::all_of(scope.begin(), scope.end(), [&](std::int32_t v) { return std::find(held.begin(), held.end(), v) != held.end(); });
    if (all && (best < 0 || tree_.entries(held) < tree_.entries(tree_.nodes()[static_cast<std::size_t>(best)].scope))) best = n;
  }
  require(best >= 0, "no node of the join tree holds the variables of a joint distribution");
  return {best, step(sources_of(best, -1, true), scope), scope};
}

}  // namespace footfall
