#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/jobs/prepared.hpp"
#include "host/jobs/run.hpp"

namespace footfall {

/// The examples of a job and what is told of the data they come from.
struct JobExamples {
  /// Out of core: ids and target columns of all customers, every column and dictionary, but no event and no row of the customer table.
  ReadBase read;
  std::vector<std::int64_t> cutoffs;            ///< the job's first
  Prepared prepared;
  EventCounts counts;                           ///< at the job's cutoff
  nlohmann::ordered_json missing_cells;
  std::string fingerprint;                      ///< fingerprint_of all of the base
  std::vector<std::string> window_notices;      ///< of labels.hpp, where the job has a cutoff
  double seconds_reading = 0.0;                 ///< until the first feature was built
};

/// A model's features and targets, where there is one.
struct KnownExamples {
  const FeatureSpec& features;
  const std::vector<LabelSchema>& schemas;
};

/// What reading a store partition by partition and learning from spilled examples take, in bytes.
struct ExampleMemory {
  std::int64_t in_memory = 0;     ///< all events and three copies of the features at once
  std::int64_t each = 0;          ///< out of core: ids, labels, places and predictions of every example
  std::int64_t learning = 0;      ///< afterwards: columns that are sorted, or a block of examples, without the network
  std::int64_t partitions = 0;    ///< the partitions that are read together, and the examples made of them
};
/// The part of it that is `each`.
[[nodiscard]] std::int64_t held_of_examples(std::int64_t examples, std::int64_t customers, const Job& job);
[[nodiscard]] ExampleMemory example_memory(const Job& job, std::int64_t memory);

/// Reads the job's data and builds its examples. In memory; or, where the job names a journeys store that does not fit, a few partitions at a time into
/// files in `folder` that nobody else sees (host/examples). Both give the same examples in the same order.
/// Throws as read_base and prepare_examples do; Error{failed} when the disk is full; Error{bad_input} when what is held of every customer is more than the memory.
[[nodiscard]] JobExamples examples_of_job(const Job& job, const KnownExamples* known, const std::filesystem::path& folder, const RunOptions& options, Team& team);

/// The dictionaries are those of `examples.read`, which must stay.
[[nodiscard]] Dictionaries dictionaries_of(const JobExamples& examples);

}  // namespace footfall
