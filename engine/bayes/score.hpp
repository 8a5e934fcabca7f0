#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/bayes/coded_table.hpp"
#include "engine/bayes/family_counts.hpp"

namespace footfall {

enum class StructureScore : std::uint8_t {
  bic,   ///< log likelihood - ln(n) / 2 x free parameters (Schwarz 1978)
  bdeu,  ///< ln P(data | structure), a Dirichlet prior of `equivalent_sample_size` spread evenly (Heckerman, Geiger and Chickering 1995, equation 28)
  k2,    ///< the same with one pseudo-count a cell (Cooper and Herskovits 1992)
};

struct ScoreSpec {
  StructureScore score = StructureScore::bic;
  double equivalent_sample_size = 10.0;   ///< of bdeu
};

/// The score of one family, natural logarithm; the score of a structure is the sum over its families.
///
/// counts [parent rows][states], n rows of the table. Where cells are missing, counts see fewer rows: the part that comes from the data is then that of the
/// rows seen, times n over their number (node-average likelihood, Balov 2013), so that a family is not better for being seen less often.
[[nodiscard]] double family_score(const ScoreSpec& spec, std::span<const std::int64_t> counts, std::int32_t states, std::int64_t n);

/// Sum over the families of a structure: parents[v] of each variable, in any order.
[[nodiscard]] double structure_score(const ScoreSpec& spec, const std::vector<std::vector<std::int32_t>>& parents, FamilyCounts& counts);

/// Mutual information of a pair from its counts [a][b], in nats; 0 without rows (Chow and Liu 1968).
[[nodiscard]] double mutual_information(std::span<const std::int64_t> counts, std::int32_t states_b);
/// Of a pair given a third: counts [c][a][b] (Friedman, Geiger and Goldszmidt 1997, section 4).
[[nodiscard]] double conditional_mutual_information(std::span<const std::int64_t> counts, std::int32_t states_a, std::int32_t states_b);

}  // namespace footfall
