#pragma once

namespace footfall {

/// A number c with below < c <= above that has as few digits as possible, near the middle: everything up to `below` is under the cut, `above` is not.
[[nodiscard]] double cut_between(double below, double above);

}  // namespace footfall
