#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/sequences/sequences.hpp"

namespace footfall {

/// Where a table lies and how its text is cut. Paths are absolute and may hold `*` and `?`.
struct FilesSpec {
  std::vector<std::string> files;
  std::vector<std::string> header;  ///< names of the columns of a text file that has no header line; empty: it has one
  std::optional<char> delimiter;    ///< nullopt: by the ending of the file

  bool operator==(const FilesSpec&) const = default;
};

/// Columns that a job names, or "auto": every column of that type which nothing else of the job uses.
struct ColumnChoice {
  bool automatic = false;
  std::vector<std::string> names;

  bool operator==(const ColumnChoice&) const = default;
};

/// The behaviour log, one row per event. A text that is empty was left out.
struct EventsSpec {
  FilesSpec table;
  std::string customer;
  std::string time;
  std::string time_format;  ///< strftime form of a time column that is text
  std::string type;
  std::string item;
  std::string amount;  ///< a column, or an expression over columns
  std::vector<std::string> numeric;
  std::vector<std::string> categorical;
  std::string merge;             ///< lines of one customer that share this column become one event
  std::int64_t max_length = 64;  ///< the newest events kept for a customer
  std::string where;             ///< row filter, applied before every other check

  bool operator==(const EventsSpec&) const = default;
};

/// The customer table, one row per customer.
struct CustomersSpec {
  FilesSpec table;
  std::string customer;  ///< empty, only without events: the row number, from 0
  ColumnChoice numeric;
  ColumnChoice categorical;
  std::vector<std::string> ignore;  ///< what "auto" does not take

  bool operator==(const CustomersSpec&) const = default;
};

enum class MissingNumber { mean, median, mode, zero, interpolate, drop };
enum class MissingCategory { own, mode, drop };

struct MissingSpec {
  MissingNumber numeric = MissingNumber::mean;
  MissingCategory categorical = MissingCategory::own;
  std::vector<std::string> missing_tokens{"", "NA"};

  bool operator==(const MissingSpec&) const = default;
};

enum class TargetKind {
  happens,  ///< binary: an event in [cutoff, cutoff + horizon)
  silent,   ///< binary: no event in the window
  sum,      ///< number: the sum of `amount` in the window
  column,   ///< from the customer table: binary, a class or a number, as its values say
};

/// A length of time: microseconds, or steps when the job wrote a bare whole number.
struct Horizon {
  std::int64_t amount = 0;
  bool steps = false;
  std::string text;  ///< as the job wrote it

  bool operator==(const Horizon&) const = default;
};

struct TargetSpec {
  std::string name;
  TargetKind kind = TargetKind::happens;
  std::string event;                    ///< happens, silent, sum: only events of this type; empty: any
  Horizon horizon;                      ///< happens, silent, sum
  std::string column;                   ///< column: the name in the customer table
  std::optional<std::string> positive;  ///< column: the value that counts as 1
  bool as_class = false;                ///< column: `as = "class"`, a class even if binary or numeric

  [[nodiscard]] bool windowed() const { return kind != TargetKind::column; }
  bool operator==(const TargetSpec&) const = default;
};

/// How a model is tested: exactly one way.
enum class SplitKind { test, folds, test_files, out_of_time };

struct SplitSpec {
  SplitKind kind = SplitKind::test;
  std::optional<std::string> cutoff;    ///< read against the clock of the events by parse_cutoff; absent: no window is asked for
  double test = 0.2;                    ///< share of the customers held out; used with SplitKind::test only
  std::int32_t folds = 0;               ///< SplitKind::folds
  std::vector<std::string> test_files;  ///< SplitKind::test_files
  std::int32_t steps_back = 0;
  std::uint64_t seed = 42;
  bool refit = true;  ///< fit once more on all examples after the test, and save that model

  bool operator==(const SplitSpec&) const = default;
};

enum class CellKind { lstm, gru };
enum class ScaleKind { standard, minmax, none };

/// nullopt is "auto": chosen for the data.
struct ModelSpec {
  std::vector<std::int32_t> lstm{128, 64};
  CellKind cell = CellKind::lstm;
  std::optional<std::vector<std::int32_t>> profile;
  bool derived = true;
  std::optional<std::int32_t> members;
  ScaleKind scale = ScaleKind::standard;
  std::optional<double> dropout;
  std::string network = "none";

  bool operator==(const ModelSpec&) const = default;
};

/// nullopt is "auto": chosen for the data.
struct TrainSpec {
  std::optional<std::int32_t> epochs;
  std::optional<std::int32_t> batch;
  std::optional<double> learning_rate;
  std::optional<double> weight_decay;
  std::optional<double> validation;      ///< share of the training part
  std::optional<std::int32_t> patience;  ///< 0 turns early stopping off
  std::optional<Precision> precision;
  bool balanced = false;                 ///< class_weight = "balanced": rare classes weigh as much in the loss as frequent ones
  std::vector<RnnAlgorithm> algorithms;  ///< one a recurrent layer, as --tune measured; empty ("auto"): the fixed rule

  bool operator==(const TrainSpec&) const = default;
};

/// A job file, checked: at least one of events and customers, at least one target, every path absolute.
struct Job {
  std::string source;  ///< the job file's name, for messages; no part of equality
  std::optional<EventsSpec> events;
  std::optional<CustomersSpec> customers;
  MissingSpec missing;
  std::vector<TargetSpec> targets;
  SplitSpec split;
  ModelSpec model;
  TrainSpec train;
  std::string journeys;  ///< folder of a journeys store that is read instead of the files; empty: none. No part of the job file nor of equality

  /// The longest horizon of the targets; its amount is 0 when no target looks at a window.
  [[nodiscard]] Horizon longest_horizon() const;
  /// The columns of the customer table that are targets.
  [[nodiscard]] std::vector<std::string> target_columns() const;

  bool operator==(const Job& other) const;
};

/// Reads a job file; its relative paths are taken from its folder.
/// Throws bad_input with file:line for what is no TOML, an unknown key or table (with the nearest known one), a wrong type, a value out of
/// range, two ways of testing, and what footfall cannot do yet.
[[nodiscard]] Job read_job(const std::string& path);

/// The same from text; `name` stands in messages, relative paths are taken from `folder`.
[[nodiscard]] Job parse_job(const std::string& text, const std::string& name, const std::string& folder);

/// The whole job as TOML, every key written out ("auto" where undecided): parse_job of it gives an equal Job in any folder.
[[nodiscard]] std::string to_toml(const Job& job);

/// "30d", "4w", "24h", "15min", "90s", or a whole number of steps. Throws bad_input.
[[nodiscard]] Horizon parse_horizon(const std::string& text);

/// A column of the customer table as found in the file.
struct SeenColumn {
  enum class Kind { number, name, other };  ///< other: a time, which no list takes by itself
  std::string name;
  Kind kind = Kind::name;
};

/// Turns "auto" into names: the columns of numbers, or those of names, that are neither the customer, nor ignored, nor a target, nor named
/// by the other list. Also drops a target from the lists where the job names it. Throws bad_input with near names when a column that
/// the job names is absent.
void resolve_columns(Job& job, const std::vector<SeenColumn>& customer_table);

}  // namespace footfall
