#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/base.hpp"
#include "host/job/job.hpp"
#include "host/journeys/store/spill.hpp"
#include "host/table/table.hpp"

namespace footfall {

/// What a journeys store holds beside ids and times: the names of a Base's columns, in its order.
struct StoreSchema {
  struct Target {
    std::string name;
    ColumnType type = ColumnType::number;
    TimeResolution resolution = TimeResolution::none;
    bool operator==(const Target&) const = default;
  };

  bool text_ids = false;
  bool clock_steps = false;
  std::int64_t clock_resolution = 1;
  bool amount = false;
  std::string type, item;                 ///< empty: the job names none
  std::vector<std::string> categorical, numeric;
  std::vector<std::int32_t> code_bytes;   ///< of event_names: 1, 2 or 4 bytes a code in the files, known once all names are
  bool profiles = false;
  std::vector<std::string> profile_categorical, profile_numeric;
  std::vector<Target> targets;            ///< columns of the customer table that are targets

  [[nodiscard]] Clock clock() const { return {.steps = clock_steps, .resolution = clock_resolution}; }
  /// Columns of names, each once: of the events, of the customer table, of the targets that are text.
  [[nodiscard]] std::vector<std::string> event_names() const;
  [[nodiscard]] std::vector<std::string> profile_names() const { return profile_categorical; }
  [[nodiscard]] std::vector<std::string> target_names() const;
  bool operator==(const StoreSchema&) const = default;
};

/// Bytes of a code of so many names; the largest value stands for a missing one.
[[nodiscard]] std::int32_t code_bytes_of(std::int64_t names);

/// The schema of a job ("auto" being resolved) over tables of these columns; `customers` may be null.
[[nodiscard]] StoreSchema schema_of(const Job& job, const Table& events, const Table* customers, bool targets);

inline constexpr std::size_t no_column = static_cast<std::size_t>(-1);

/// Which spilled column is what of an event.
struct EventLayout {
  SpillLayout spill;
  bool merged = false;                 ///< numbers are float64, to be summed; else float32
  std::size_t key = 0, time = 0;
  std::size_t amount = no_column;      ///< float64
  std::size_t merge = no_column;       ///< 128 bits of a hash of the text that lines share; 0 where it is missing
  std::vector<std::size_t> codes;      ///< by StoreSchema::event_names: numbers of a Vocabulary, -1 missing
  std::vector<std::size_t> numbers;    ///< by EventsSpec::numeric
};
[[nodiscard]] EventLayout event_layout(const StoreSchema& schema, const EventsSpec& spec);

/// Which spilled column is what of a row of the customer table.
struct ProfileLayout {
  SpillLayout spill;
  std::size_t key = 0;
  std::size_t position = 0;            ///< row or line in its file
  std::size_t file = 0;                ///< index of the file
  std::vector<std::size_t> codes;      ///< by StoreSchema::profile_names
  std::vector<std::size_t> numbers;    ///< by StoreSchema::profile_numeric, float32
  std::vector<std::size_t> targets;    ///< 8 bytes: int64, float64, or the number of a name
  std::vector<std::size_t> targets_valid;
};
[[nodiscard]] ProfileLayout profile_layout(const StoreSchema& schema);

}  // namespace footfall
