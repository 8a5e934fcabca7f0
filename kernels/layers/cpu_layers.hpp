#pragma once

#include <memory>

#include "kernels/layers/layers.hpp"

namespace footfall {

class Team;

/// The CPU's implementation, for its backend alone. The team must outlive it.
[[nodiscard]] std::unique_ptr<Layers> make_cpu_layers(Team& team);

}  // namespace footfall
