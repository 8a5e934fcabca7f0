#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace footfall {

/// How far the journeys of some customers have gone through the recurrent layers. Lists of one entry a customer, in the order of their partitions.
struct CarriedStates {
  std::vector<std::int64_t> seen;    ///< usable events that went through, from the oldest on
  std::vector<std::int64_t> first;   ///< of them the first that did: older ones were more than max_length before the newest
  std::vector<float> values;         ///< [customers, Architecture::carried_width()]

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(seen.size()); }
};

/// Writes the states of a partition beside the file's name and renames it; returns the checksum (XXH64) of all bytes: a header of 64 bytes (`STATES01`,
/// size of the file, customers, width), then seen and first (int64) and values (float32), little-endian.
std::uint64_t write_states(const std::filesystem::path& file, const CarriedStates& states, std::int64_t width);

/// Appends the states of a file. Throws Error{bad_input} naming it when it is missing, damaged, or not of so many customers and of this width.
void read_states(const std::filesystem::path& file, std::int64_t customers, std::int64_t width, std::uint64_t checksum, CarriedStates& states);

}  // namespace footfall
