#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/pipeline/stage_time.hpp"
#include "host/jobs/run.hpp"
#include "host/table/read.hpp"

namespace footfall {

struct PosteriorRequest {
  std::filesystem::path network;      ///< .bif, .xmlbif, .net or .uai
  std::vector<std::string> cases;     ///< tables, or patterns of their names
  std::string target;
  std::filesystem::path out;          ///< .parquet or .csv; empty: chunks go to `show`
  std::function<void(const Table&)> show;
  TextOptions text;                   ///< of cases that are text
  bool log_evidence = false;
  bool normalise = false;             ///< divide rows of the network's tables by their sums
  bool overwrite = false;
};

struct PosteriorSummary {
  std::int64_t rows = 0;
  std::int64_t impossible = 0;                 ///< rows whose evidence has probability 0
  std::int64_t unseen = 0;                     ///< rows with a value that is no state
  std::vector<std::string> unseen_columns;     ///< where such values stand
  bool by_pattern = false;                     ///< the network is wide: a plan for each pattern of missing cells
  std::vector<StageTime> stages;
  double seconds = 0.0;
};

/// The exact posterior of one variable for every row of the cases, streamed from files to a file of the columns `row` (from 0), one of each state (named
/// VARIABLE_STATE where its name is taken), `log_evidence` when asked for, and `status`. A row whose evidence is impossible has empty cells
/// but for its status. The target's own column is not read. Columns of the network that the cases lack are never observed, which the observer is told; others are ignored.
[[nodiscard]] PosteriorSummary posterior(const PosteriorRequest& request, const RunOptions& options);

}  // namespace footfall
