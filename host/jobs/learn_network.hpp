#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/bayes/discretise.hpp"
#include "engine/bayes/score.hpp"
#include "host/jobs/run.hpp"
#include "host/table/read.hpp"

namespace footfall {

struct LearnRequest {
  std::vector<std::string> files;        ///< tables, or patterns of their names: .parquet or text
  std::string structure;                 ///< naive, chow-liu, tan, hill-climb, or the file of a network whose arcs and states are taken
  std::string target;                    ///< of naive and tan; the root of chow-liu; what entropy bands tell about
  std::filesystem::path out;             ///< .bif, .xmlbif, .net or .uai
  std::vector<std::string> ignore;       ///< columns that are left out
  TextOptions text;

  StructureScore score = StructureScore::bic;
  std::int32_t max_parents = 4;
  std::vector<std::pair<std::string, std::string>> required, forbidden;   ///< arcs by name, of hill-climb

  std::optional<Banding> banding;        ///< left out: entropy with a target, quantile without
  std::int32_t bands = 5;                ///< of quantile and width

  std::optional<double> equivalent_sample_size;   ///< BDeu parameters, and that of the score
  std::optional<double> pseudo_count;             ///< Dirichlet parameters
  std::optional<double> back_off;                 ///< back-off parameters. None of the three: maximum likelihood
  bool em = false;                       ///< expected counts where cells are missing, instead of those of whole families
  bool overwrite = false;
};

struct LearnSummary {
  std::int64_t rows = 0;
  std::int64_t missing = 0;              ///< cells that are empty, or no state of a given network
  std::int32_t variables = 0, arcs = 0;
  std::int64_t free_parameters = 0;
  std::int32_t iterations = 0;           ///< of expectation and maximisation
  double score = 0.0;                    ///< of the structure on these rows
  double seconds = 0.0;
};

/// Learns a network from tables and writes it. Text columns, truth values and whole numbers of at most ten different values are states as they are; other
/// numbers become bands. A column with more than 254 states is an error that names it; one with a single value keeps that one state.
/// The tables are read twice in chunks: for the states, then as codes, one byte a cell; numbers that are cut are held once as float64.
/// The same rows in any order give the same file.
[[nodiscard]] LearnSummary learn_network(const LearnRequest& request, const RunOptions& options);

}  // namespace footfall
