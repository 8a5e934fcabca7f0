#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "host/jobs/run.hpp"

namespace footfall {

/// How much a benchmark works on; the defaults take under a minute on two cores. The names in DESIGN section 4 stand for these sizes.
struct BenchSizes {
  std::int64_t rows = 8'000'000;   ///< standardize
  std::int64_t columns = 32;
  double missing = 0.05;           ///< share of the cells
  bool in_place = false;           ///< the table is standardized where it lies, without a second one
  std::int64_t time = 32;          ///< lstm: steps of a sequence
  std::int64_t features = 32;      ///< of a step
  std::vector<std::int64_t> hidden{128, 64};
  std::vector<std::int64_t> train_batches{32, 1024};
  std::int64_t ragged_batch = 256;
  std::vector<std::int64_t> score_batches{4096};
  std::int64_t lstm_sequences = 4096;   ///< scored; an eighth is trained on, and twice as many ragged ones
  std::int64_t product = 0;        ///< rows, columns and depth of the matrix product that is the limit; 0: 2048, on CUDA 8192
  std::int64_t cases = 4'000'000;  ///< posterior: rows
  std::int64_t customers = 20'000; ///< pipeline
  std::int64_t repeats = 5;        ///< of each figure and of its limit, in turns
};

/// One measured rate beside what the machine could do at most, taken in the same run in turns with it.
struct BenchFigure {
  std::string name;          ///< a path: "lstm/train/32"
  double rate = 0.0;         ///< median
  std::string unit;          ///< "GB/s", "GFLOP/s", "events/s" ...
  double limit = 0.0;        ///< median, in the same unit
  std::string limit_of;      ///< what the limit is the rate of: "a copy of as many bytes"
  double spread = 0.0;       ///< distance of the quartiles over the median, of the rate
  double limit_spread = 0.0;
  double wall = 0.0;         ///< seconds of one repeat, by the clock of the host
  double kernel = 0.0;       ///< of its work on the device, by the device's events; on a CPU the wall
  double copy = 0.0;         ///< of its copies to and from the device alone; 0 on a CPU
  std::vector<std::pair<std::string, double>> more;   ///< further rates: {"customers_per_s", 9000}

  [[nodiscard]] double share() const { return rate / limit; }
};

struct BenchRequest {
  std::string subject;       ///< one of bench_subjects(), or "all"
  BenchSizes sizes;
  std::filesystem::path network;   ///< posterior: instead of its own network; with its target
  std::string target;
  std::string only;          ///< figures whose names begin with this; empty: all of the subject
  std::filesystem::path dump;      ///< a folder that gets what was worked on and what came out, a safetensors file a figure; empty: nowhere
  std::filesystem::path scratch;   ///< folder for the files of `pipeline`; empty: the system's
  std::uint64_t seed = 42;
};

/// "standardize", "lstm", ...; in the order in which "all" runs them.
[[nodiscard]] std::vector<std::string> bench_subjects();

/// Runs the subject; `done` hears each figure as soon as it is there. Throws Error{bad_input} for an unknown subject.
std::vector<BenchFigure> bench(const BenchRequest& request, const RunOptions& options, const std::function<void(const BenchFigure&)>& done);

/// A figure as one line of JSON, without the end of the line.
[[nodiscard]] std::string bench_json(const BenchFigure& figure, const RunOptions& options);

}  // namespace footfall
