#pragma once

#include <cstdint>
#include <vector>

#include "kernels/bayes/bayes.hpp"

namespace footfall {

/// A column of a cover's joint table.
struct CoverColumn {
  std::int32_t column = 0;
  std::int32_t states = 0;   ///< a code from here on is no state
  std::int32_t stride = 0;
};

/// A joint table that is counted in one pass, and from which the tables of several sets are summed.
struct Cover {
  std::vector<CoverColumn> columns;
  std::int64_t size = 0;           ///< entries of the table; one more follows, for rows that are left out
  std::int64_t offset = 0;         ///< of its first entry in the totals of all covers
  bool extended = false;           ///< each column has a digit more, for cells without a state: no row is left out
  std::vector<std::int32_t> sets;  ///< which sets are read from it
};

/// Tables up to this many entries are shared by sets: two copies of it fit the first cache of a core, three in a multiprocessor's shared memory.
inline constexpr std::int64_t shared_cover_entries = 4096;

struct CoverPlan {
  std::vector<std::int32_t> states;  ///< of each column
  ColumnSets sets;
  std::vector<Cover> covers;
  std::int64_t entries = 0;          ///< of all covers together, with the entry that each has more
};

/// Which joint tables are counted. Greedy: a cover begins with a set that is not counted yet and takes, while it has room, the column that completes most others.
/// Throws Error{bad_input} for a set with a column twice or outside the table, or with a table of more than 2^31 entries.
[[nodiscard]] CoverPlan plan_covers(const std::vector<std::int32_t>& states, const ColumnSets& sets);

/// The tables of the sets from the counted tables of the covers.
[[nodiscard]] std::vector<std::vector<std::int64_t>> tables_of_sets(const CoverPlan& plan, const std::vector<std::int64_t>& totals);

}  // namespace footfall
