#pragma once

#include <cstdint>
#include <filesystem>

#include "host/jobs/run.hpp"

namespace footfall {

struct SimulateRequest {
  std::int64_t customers = 0;  ///< >= 1; their ids are 1 .. customers
  std::filesystem::path out;   ///< folder of the shop
  std::uint64_t seed = 42;
  bool overwrite = false;
};

struct SimulateSummary {
  std::int64_t customers = 0;
  std::int64_t events = 0;
  std::int64_t buyers = 0;       ///< customers with a purchase in the horizon
  double expected_buyers = 0.0;  ///< sum of true_probability
  double seconds = 0.0;
};

/// Writes a shop with a known truth: events/part-NNNNN.parquet, customers.parquet, truth.parquet and, last, job.toml.
///
/// The shop grows in a folder beside its own and moves there when whole; a failure leaves nothing of it. The same seed gives the same bytes
/// for any number of threads, and customer i is the same customer in a shop of any size. Memory does not grow with the customers.
/// Throws Error{bad_input} when `out` is there and `overwrite` is not given, Error{failed} when the disk is full.
SimulateSummary simulate(const SimulateRequest& request, const RunOptions& options);

}  // namespace footfall
