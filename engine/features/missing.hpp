#pragma once

#include <cstdint>
#include <vector>

#include "engine/features/examples.hpp"

namespace footfall {

/// Whether an event is left out of every feature because a cell of it is missing ([missing] drop). Labels see it all the same.
[[nodiscard]] bool is_dropped(const Journeys& journeys, const FeatureSpec& spec, std::size_t event);

/// The cells of a column at the given events of one customer, oldest first; missing ones lie on the line, in time, between the nearest that are there,
/// or equal the nearest at the ends. All missing stay missing. Only the given events are looked at, so nothing after a cutoff is seen.
[[nodiscard]] std::vector<float> interpolated_cells(const Journeys& journeys, const std::vector<float>& column, const std::vector<std::size_t>& events);

}  // namespace footfall
