#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace footfall {

/// A discrete random variable.
struct Variable {
  std::string name;
  std::vector<std::string> states;

  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(states.size()); }
};

/// P(child | parents) as a table: the child's state varies fastest, the first parent slowest.
///
///     table[((p_0 * size(parent_1) + p_1) * ... ) * size(child) + state]
struct Family {
  std::vector<std::int32_t> parents;   ///< indexes of variables, in the order of the table
  std::vector<double> table;           ///< each row of size(child) sums to 1
};

/// A Bayesian network: a family for each variable, without a directed cycle (Koller and Friedman 2009, definition 3.5).
struct Network {
  std::string name;
  std::vector<Variable> variables;
  std::vector<Family> families;        ///< [variables]

  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(variables.size()); }
  /// Index of a variable; Error{bad_input} that suggests the nearest name.
  [[nodiscard]] std::int32_t index_of(const std::string& variable) const;
  /// Index of a state of a variable; Error{bad_input} that lists its states.
  [[nodiscard]] std::int32_t state_of(std::int32_t variable, const std::string& state) const;
  /// Rows of a family's table: the product of its parents' sizes.
  [[nodiscard]] std::int64_t rows(std::int32_t variable) const;
  /// (size - 1) x rows, summed: the free parameters.
  [[nodiscard]] std::int64_t free_parameters() const;
};

/// Largest difference of a row's sum from 1 that is taken for rounding.
inline constexpr double row_tolerance = 1e-5;

/// Refuses what is no Bayesian network, Error{bad_input}: no state, a state or variable twice, a table of the wrong size, a negative or infinite
/// entry, a row off 1 by more than row_tolerance unless `normalise` (the row is named), a cycle (printed as a path). Rows are divided by their sum.
void check_network(Network& network, bool normalise = false);
/// What check_network says about one variable's parents and table.
void check_family(Network& network, std::int32_t variable, bool normalise = false);

/// Parents before children; of those that may come next the smallest index.
[[nodiscard]] std::vector<std::int32_t> topological_order(const Network& network);

/// Parents, children and the children's other parents, ascending (Pearl 1988, section 3.2.2).
[[nodiscard]] std::vector<std::int32_t> markov_blanket(const Network& network, std::int32_t variable);

/// A table over some variables, the last one varying fastest (the order of the UAI format).
struct Factor {
  std::vector<std::int32_t> variables;
  std::vector<double> values;
};

/// A product of factors over variables: what inference works on. Of a Bayesian network a factor is a family, variables = parents, then child.
struct FactorGraph {
  std::vector<Variable> variables;
  std::vector<Factor> factors;
};

[[nodiscard]] FactorGraph factor_graph(const Network& network);

}  // namespace footfall
