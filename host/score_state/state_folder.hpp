#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/journeys/store/journeys_store.hpp"
#include "host/score_state/state_file.hpp"

namespace footfall {

/// What a state folder tells of itself.
struct StateFacts {
  static constexpr int format = 1;      ///< of the folder; another one is refused

  std::string model;                    ///< digest of its model.json
  std::int64_t as_of = 0;               ///< in the numbers of the clock: events before it went through the layers
  std::int64_t width = 0;               ///< values of a customer's state; 0: the model has no recurrent layers
  std::vector<std::int64_t> customers;  ///< of each partition
  std::vector<std::uint64_t> checksums; ///< of its states
};

/// A folder that `score --save-state` wrote: the events of every customer that has any, as a journeys store (without the customer table, which is read
/// anew each time), and how far they have gone through the model. docs/update.md has its layout.
class StateFolder {
 public:
  /// Throws Error{bad_input} when the folder is no state, of another format, or damaged.
  explicit StateFolder(std::filesystem::path folder);

  [[nodiscard]] const StateFacts& facts() const { return facts_; }
  [[nodiscard]] const JourneysStore& journeys() const { return journeys_; }
  /// The states of the customers of journeys().load(first, end).
  [[nodiscard]] CarriedStates load(std::int32_t first, std::int32_t end) const;
  /// Changes with what is in it.
  [[nodiscard]] std::string fingerprint() const;

  [[nodiscard]] static std::filesystem::path journeys_path(const std::filesystem::path& folder) { return folder / "journeys"; }
  [[nodiscard]] static std::filesystem::path states_path(const std::filesystem::path& folder, std::int32_t partition);

 private:
  std::filesystem::path folder_;
  StateFacts facts_;
  JourneysStore journeys_;
};

[[nodiscard]] bool holds_state(const std::filesystem::path& folder);

/// Writes state.json, which comes last: it holds a digest of the store's manifest, by which the two know each other.
void write_state_facts(const std::filesystem::path& folder, const StateFacts& facts);

}  // namespace footfall
