#pragma once

namespace footfall {

/// The quantile of the standard normal distribution, 0 < p < 1, to about 1e-9 (Acklam's rational approximation, then one step of Halley's method).
[[nodiscard]] double normal_quantile(double p);

}  // namespace footfall
