#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/base.hpp"
#include "host/journeys/base_reader.hpp"
#include "host/journeys/store/schema.hpp"
#include "host/journeys/store/spill.hpp"

namespace footfall {

/// What is known of a partition without reading its columns.
struct PieceFacts {
  std::int64_t customers = 0, events = 0;
  std::int64_t lines = 0;                     ///< rows that became the events
  std::int64_t duplicates = 0;                ///< of those, taken out
  std::int64_t profile_rows = 0;
  std::int64_t customers_without_events = 0, customers_without_row = 0;
  std::int64_t oldest = 0, newest = 0;        ///< times; of no meaning without events
  std::int64_t longest = 0;                   ///< events of the customer that has most

  void add(const PieceFacts& more);
};

/// The customers of one partition, in the order of a Base; codes are final ones.
struct Piece {
  PieceFacts facts;
  CustomerIds ids;
  Journeys journeys;     ///< `first` begins at 0; without names
  std::vector<std::vector<std::int32_t>> codes;   ///< of the events, by StoreSchema::event_names
  Profiles profiles;     ///< dictionaries are left empty
  std::vector<Column> targets;
};

/// Final codes by numbers of the vocabularies.
struct CodeMaps {
  std::vector<std::vector<std::int32_t>> events, profiles, targets;
};

/// What pieces are made with.
struct PieceRecipe {
  const StoreSchema& schema;
  const Job& job;
  const CodeMaps& codes;
  std::vector<std::string> customer_files;   ///< for messages
  bool drop_duplicates = false;
};

/// Groups the rows of a partition by customer, in each by time, rows of equal time in their order; merges lines; joins the rows of the
/// customer table. Frees the columns of `events` as it goes. Equals what read_base makes of the same rows, bit for bit.
/// Throws Error{bad_input} when a customer is in the table twice, or the numbers of merged lines add up to too much.
[[nodiscard]] Piece make_piece(const PieceRecipe& recipe, SpilledRows events, SpilledRows profiles);

/// Bytes that make_piece and what it gives need for so many rows of events.
[[nodiscard]] std::int64_t piece_bytes(const StoreSchema& schema, const EventsSpec& spec, std::int64_t rows);

}  // namespace footfall
