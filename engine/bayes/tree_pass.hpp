#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/bayes/evidence.hpp"
#include "engine/bayes/join_tree.hpp"

namespace footfall {

/// A join tree with its tables and the loops of every message laid out: what is the same for all cases. Shared by threads, never changed.
class CompiledTree {
 public:
  CompiledTree(const FactorGraph& graph, const Elimination& elimination);

  /// A table of one node: the product of some of its factors, its largest entry in [0.5, 1).
  struct Potential {
    std::vector<std::int32_t> scope;
    std::vector<double> values;
  };
  /// Where an input of a contraction comes from.
  struct Source {
    enum class Kind { potential, up, down } kind = Kind::potential;
    std::int32_t index = 0;   ///< a potential; or the node below the edge that the message crosses
  };
  struct Step {
    Contraction contraction;
    std::vector<Source> sources;
  };
  /// Where a variable's marginal is cheapest.
  struct MarginalStep {
    std::int32_t variable = 0;
    bool of_separator = false;   ///< of the two messages between a node and its parent; else of all that comes to the node
    Step step;
  };

  [[nodiscard]] const JoinTree& tree() const { return tree_; }
  [[nodiscard]] const std::vector<Potential>& potentials() const { return potentials_; }
  [[nodiscard]] const Step& up(std::int32_t node) const { return up_[static_cast<std::size_t>(node)]; }
  [[nodiscard]] const Step& down(std::int32_t node) const { return *down_[static_cast<std::size_t>(node)]; }
  /// Marginals that are read at a node or at the edge to its parent.
  [[nodiscard]] const std::vector<MarginalStep>& marginals(std::int32_t node) const { return marginals_[static_cast<std::size_t>(node)]; }
  /// The potential that evidence on a variable is put into, and the node it lies in.
  [[nodiscard]] std::int32_t evidence_potential(std::int32_t variable) const { return evidence_potential_[static_cast<std::size_t>(variable)]; }
  [[nodiscard]] std::int32_t node_of(std::int32_t potential) const { return node_of_[static_cast<std::size_t>(potential)]; }
  /// Binary logarithm of what the potentials were divided by.
  [[nodiscard]] std::int64_t exponent() const { return exponent_; }
  /// What the factors of no variable leave beside `exponent`, in (0, 1].
  [[nodiscard]] double constant() const { return constant_; }
  /// A factor is zero everywhere.
  [[nodiscard]] bool zero() const { return zero_; }
  /// The distribution over some variables that one node holds all of, with them in the order of the tree's tables.
  struct Belief {
    std::int32_t node = 0;
    Step step;
    std::vector<std::int32_t> scope;
  };
  [[nodiscard]] Belief belief(std::vector<std::int32_t> scope) const;

 private:
  void multiply_factors(const FactorGraph& graph);
  void add_potential(std::int32_t node, std::vector<std::int32_t> scope, std::vector<double> values);
  void lay_out_messages();
  void lay_out_marginals();
  [[nodiscard]] Step step(const std::vector<Source>& sources, const std::vector<std::int32_t>& out) const;
  [[nodiscard]] std::vector<Source> sources_of(std::int32_t node, std::int32_t without_child, bool with_parent) const;
  [[nodiscard]] const std::vector<std::int32_t>& scope_of(const Source& source) const;

  JoinTree tree_;
  std::vector<Potential> potentials_;
  std::vector<std::vector<std::int32_t>> of_node_;   ///< [nodes] potentials
  std::vector<std::int32_t> node_of_, evidence_potential_;
  std::vector<Step> up_;
  std::vector<std::optional<Step>> down_;
  std::vector<std::vector<MarginalStep>> marginals_;
  std::int64_t exponent_ = 0;
  double constant_ = 1.0;
  bool zero_ = false;
};

/// The messages of one case over a compiled tree (Shafer and Shenoy 1990): upward to the roots for P(evidence), downward for marginals. No message
/// is ever divided by another. One for each thread; reused from case to case.
///
/// Messages are float64, scaled. Where an entry has fallen below the range of its table, what that may have cost is bounded afterwards; a case whose
/// answer it could touch is computed again in logarithms.
class TreePass {
 public:
  /// `lean`: every message is freed as soon as it is not needed any more, so a pass can be made once; else buffers are kept, and messages from
  /// below which there is no evidence are those of the first case without any.
  TreePass(const CompiledTree& compiled, bool lean);

  /// Starts a case: hard evidence by states [variables] (-1 not observed; empty for none), virtual evidence as likelihoods.
  void set_evidence(const Evidence& evidence);
  /// Binary logarithm of the sum (or the maximum) of the product over all states; nothing when it is zero.
  [[nodiscard]] std::optional<double> upward(Reduction reduction = Reduction::sum, Team* team = nullptr);
  /// After upward by sums: [variables] probabilities of the states. With `belief` its table is filled too.
  void downward(std::vector<std::vector<double>>& marginals, Team* team = nullptr, const CompiledTree::Belief* belief = nullptr, std::vector<double>* joint = nullptr);
  /// After upward by maxima: the states of the largest product.
  [[nodiscard]] std::vector<std::int32_t> best_states() const;

 private:
  [[nodiscard]] const double* values_of(const CompiledTree::Source& source) const;
  Contraction::Scale run(const CompiledTree::Step& step, double* out, Reduction reduction, Team* team);
  [[nodiscard]] std::optional<double> try_upward(Reduction reduction, Team* team);
  void try_downward(std::vector<std::vector<double>>& marginals, Team* team, const CompiledTree::Belief* belief, std::vector<double>* joint);
  void use_logs();
  void normalise(std::vector<double>& values) const;
  /// At most so much, in units of its largest entry, has an answer lost to entries that were too small.
  [[nodiscard]] double loss(const CompiledTree::Step& step, std::int64_t exponent) const;
  void read_marginals(std::int32_t node, bool of_separator, std::vector<std::vector<double>>& marginals, Team* team);
  void weigh(std::int32_t variable, const double* likelihood);
  void compute_prior();

  const CompiledTree* compiled_;
  bool lean_;
  std::vector<std::vector<double>> up_, down_, changed_;
  std::vector<std::int64_t> exponents_;
  std::vector<std::vector<double>> prior_;          ///< messages upward without evidence
  std::vector<std::int64_t> prior_exponents_;
  bool prior_zero_ = false, prior_lost_ = false;
  std::vector<double> up_loss_, down_loss_;         ///< [nodes] bounds, where lost_
  bool lost_ = false;                               ///< some entry of this case underflowed
  bool bounding_ = false;                           ///< bounds are computed on the way downward
  double worst_loss_ = 0.0;                         ///< of an answer
  bool in_logs_ = false;                            ///< messages of this case are logarithms
  std::vector<std::vector<double>> log_tables_;     ///< [potentials] then
  std::vector<char> touched_;                       ///< [nodes] evidence lies at or below
  std::vector<std::int32_t> dirty_;                 ///< potentials that the case has changed
  std::vector<char> is_dirty_;
  std::vector<const double*> inputs_;
};

}  // namespace footfall
