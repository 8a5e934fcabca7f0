#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/bayes/network.hpp"

namespace footfall {

/// Where a numeric column is cut into bands: ascending, distinct, finite. Band 0 is x < cuts[0], band k is cuts[k - 1] <= x < cuts[k], the last one is
/// x >= cuts.back(). No cut: one band that holds every number.
using Cuts = std::vector<double>;

enum class Banding : std::uint8_t {
  quantile,  ///< about as many rows in each band; equal values are never parted
  width,     ///< bands of the same width from the smallest to the largest value
  entropy,   ///< cuts that tell about the target, as many as pay for their description (MDLP: Fayyad and Irani 1993)
};

/// Cuts of the values that are not NaN. A cut lies between two neighbouring values, at the number with the fewest digits there, so that names of states are short.
/// At most bands - 1 of them; fewer where values repeat. Error{bad_input} for less than one band.
[[nodiscard]] Cuts quantile_cuts(std::span<const double> values, std::int32_t bands);
/// At lowest + k (highest - lowest) / bands, whatever lies there; none where all values are equal.
[[nodiscard]] Cuts width_cuts(std::span<const double> values, std::int32_t bands);
/// Splits at the boundary of least class entropy as long as the gain exceeds (log2(n - 1) + log2(3^k - 2) - k H + k1 H1 + k2 H2) / n, in each part again
/// (Fayyad and Irani 1993, section 3 and equation 9). Of equal boundaries the lowest. labels [values] below `classes`; rows whose label is negative or
/// whose value is NaN are left out. At most `most` cuts, the earliest splits first.
[[nodiscard]] Cuts entropy_cuts(std::span<const double> values, std::span<const std::int32_t> labels, std::int32_t classes, std::int32_t most = 253);

/// The band of a number, which is not NaN.
[[nodiscard]] std::int32_t band_of(const Cuts& cuts, double value);

/// "<2.5", "2.5..7", ">=7": the cuts as states, exact to the bit. Without a cut the one state is "any".
[[nodiscard]] std::vector<std::string> band_names(const Cuts& cuts);
/// The cuts that such names tell; nothing when the states are no bands.
[[nodiscard]] std::optional<Cuts> cuts_of(const std::vector<std::string>& states);

}  // namespace footfall
