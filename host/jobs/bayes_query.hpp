#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "host/jobs/run.hpp"

namespace footfall {

/// What is asked of a network or a factor graph.
struct BayesQuery {
  std::filesystem::path network;         ///< .bif .xmlbif .net .uai; a UAI file may be a Markov network
  std::string evidence;                  ///< "smoke=yes,xray=yes"
  std::filesystem::path evidence_file;   ///< .evid; or `evidence`, not both
  std::string virtual_evidence;          ///< "xray=0.8:0.2"
  std::string joint;                     ///< "a,b": the distribution of these together
  std::string sensitivity;               ///< a variable: what each observation says about it
  bool most_probable = false;
  bool approximate = false;              ///< likelihood weighting instead of an exact answer
  std::int64_t samples = 100000;         ///< of it
  std::uint64_t seed = 1;
  bool normalise = false;
  std::int64_t memory = std::int64_t{8} << 30;   ///< bytes of tables
  std::filesystem::path out;             ///< .json, or .MAR with the .PR beside it; empty: nothing is written
  bool overwrite = false;
};

/// {"log10_evidence": x, "marginals": {variable: {state: probability}}} and, where asked for, "joint" (a list of {"states": {...}, "probability"}),
/// "most_probable" and "log10_most_probable", "weights_of_evidence" {observed: {state of the target: natural logarithm}}, and of an approximate answer
/// "standard_errors" (as the marginals), "log10_evidence_standard_error", "samples", "effective_samples".
[[nodiscard]] nlohmann::ordered_json answer_bayes_query(const BayesQuery& query, const RunOptions& options);

/// Draws rows of a network into a table of state names: .csv, .tsv or .parquet.
struct BayesSampleRequest {
  std::filesystem::path network, out;
  std::int64_t rows = 0;
  std::uint64_t seed = 1;
  bool normalise = false, overwrite = false;
};
void sample_bayes_network(const BayesSampleRequest& request, const RunOptions& options);

}  // namespace footfall
