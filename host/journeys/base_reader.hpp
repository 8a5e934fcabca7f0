#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/data/base.hpp"
#include "host/job/job.hpp"
#include "host/table/table.hpp"

namespace footfall {

struct BaseOptions {
  /// Read the columns of the customer table that are targets. Off for scoring, where nobody knows them and the file may lack them.
  bool targets = true;
};

/// What happened to the rows of the files.
struct ReadCounts {
  std::int64_t event_rows = 0;                ///< rows of the event files
  std::int64_t event_rows_filtered = 0;       ///< of those, left out by `where`
  std::int64_t event_rows_merged = 0;         ///< of the rest, joined into another event by `merge`
  std::int64_t event_rows_duplicate = 0;      ///< of the rest, taken out as duplicates, which only a journeys store does, and when asked to
  std::int64_t events = 0;                    ///< what is left: event_rows = filtered + merged + duplicate + events
  std::int64_t customer_rows = 0;             ///< rows of the customer table
  std::int64_t customers_without_events = 0;  ///< in the table only
  std::int64_t customers_without_row = 0;     ///< with events only, where there is a table

  [[nodiscard]] std::int64_t rows_read() const { return event_rows + customer_rows; }
};

/// Columns of the customer table that are targets, by name: a row a customer of the base, missing where the table lacks the customer.
using TargetColumns = std::map<std::string, Column>;

struct ReadBase {
  Base base;
  TargetColumns targets;
  Job job;  ///< the job with "auto" columns resolved: reads other files the same way
  ReadCounts counts;
  std::vector<std::string> notices;  ///< what a user should know of how the data was read, a sentence each
};

/// Reads the events and the customer table of a job into memory, in the order of Base: whatever the order of the rows, but for events of
/// one customer at the same time, which keep their order in (list of files, row). The customers are those of the events and of the table.
///
/// `where`, an `amount` that is an expression, and `merge` are applied; max_length and missing policies are not. With `merge`, the lines of
/// one customer that share the column are one event at their earliest time: amount summed, every numeric column X as X_sum and X_mean, the
/// column `lines` their number, of type, item and categories the first line's. A line without a value there is an event of its own.
///
/// A job that names a journeys store is given what is stored there instead.
///
/// Throws bad_input with file and row for what the tables must not hold: an empty customer or time, a customer twice in the table, ids that
/// are whole numbers in one place and text in the other, an infinite amount, and all that read_table refuses.
[[nodiscard]] ReadBase read_base(const Job& job, const BaseOptions& options = {});

}  // namespace footfall
