#pragma once

namespace footfall {

/// Registers Arrow's compute functions (casts, comparisons). Cheap after the first time; safe from any thread.
void start_arrow();

}  // namespace footfall
