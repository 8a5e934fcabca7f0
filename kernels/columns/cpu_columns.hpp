#pragma once

#include <memory>

#include "kernels/columns/columns.hpp"

namespace footfall {

class Team;

/// The CPU's implementation, for its backend alone. The team must outlive it.
[[nodiscard]] std::unique_ptr<Columns> make_cpu_columns(Team& team);

}  // namespace footfall
