#pragma once

#include <cstdint>
#include <vector>

#include "engine/bayes/coded_table.hpp"
#include "engine/bayes/learn.hpp"

namespace footfall {

class Team;

struct EmSpec {
  ParameterSpec prior;              ///< none, bdeu or dirichlet
  std::int32_t most_iterations = 200;
  double tolerance = 1e-7;          ///< gain of the objective a row below which the iteration ends
};

struct EmResult {
  Network network;
  std::vector<double> objective;    ///< of the parameters that each iteration began with: log likelihood of the observed cells, natural, plus what the prior
                                    ///< adds (pseudo-counts times logarithms of parameters). Never falls but for rounding
  double log_likelihood = 0.0;      ///< of the network that is returned
  bool converged = false;
};

/// Parameters of a structure where cells are missing at random, by expectation and maximisation (Dempster, Laird and Rubin 1977; Lauritzen 1995): counts of a
/// family are expected ones, by exact inference from each row's other cells. It begins with the counts of the rows where a family is whole and one
/// pseudo-count a cell. Without a missing cell the answer is that of learn_parameters, to the bit. Equal rows are answered once.
///
/// Same answer for any number of threads and any order of the rows. Error{bad_input} for back-off, which maximises nothing, and where inference needs too much memory.
[[nodiscard]] EmResult learn_em(const TableCounts& counts, const Structure& structure, const EmSpec& spec, Team& team);

}  // namespace footfall
