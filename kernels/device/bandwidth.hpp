#pragma once

#include "kernels/device/array.hpp"

namespace footfall {

class Team;

/// What the memory of the host gives at most: the limits that `footfall bench` holds operations against. Both are cut over the team as
/// operations are. Host memory only.

/// to = from past the caches, as STREAM's copy with non-temporal stores (McCalpin 1995). Reads and writes each value once.
void copy_past_caches(Team& team, View<const float> from, View<float> to);

/// Reads each value once; returns their sum, in an order of its own, so that no compiler leaves a read out.
[[nodiscard]] float read_all(Team& team, View<const float> from);

}  // namespace footfall
