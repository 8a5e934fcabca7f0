#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/bayes/structure.hpp"

namespace footfall {

enum class Prior : std::uint8_t {
  none,       ///< maximum likelihood; a row of parents that was never seen is uniform
  bdeu,       ///< `weight` pseudo-rows spread evenly over each family's table
  dirichlet,  ///< `weight` pseudo-counts in every cell
  back_off,   ///< `weight` pseudo-rows spread as the child is without its last parent, which is smoothed likewise; without parents evenly, one pseudo-row
};

struct ParameterSpec {
  Prior prior = Prior::none;
  double weight = 1.0;
};

/// P(child | parents) from counts [rows of the parents][states], the last parent varying fastest among the rows.
/// `parent_states` of each parent, in the order of the table.
[[nodiscard]] std::vector<double> family_table(const ParameterSpec& spec, std::span<const std::int64_t> counts, std::int32_t states, std::span<const std::int32_t> parent_states);
/// The same of expected counts.
[[nodiscard]] std::vector<double> family_table(const ParameterSpec& spec, std::span<const double> counts, std::int32_t states, std::span<const std::int32_t> parent_states);

/// A network of this structure with parameters from the rows where a family is observed. Parents keep the order that they are given in.
[[nodiscard]] Network learn_parameters(const TableCounts& counts, const Structure& structure, const ParameterSpec& spec);

}  // namespace footfall
