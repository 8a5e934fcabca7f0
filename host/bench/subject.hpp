#pragma once

#include <functional>
#include <vector>

#include "host/bench/bench.hpp"

namespace footfall {

/// What a subject measures with.
struct BenchRun {
  const BenchRequest& request;
  const RunOptions& options;
  Workshop& shop;
  std::function<void(BenchFigure)> report;

  [[nodiscard]] bool is_wanted(const std::string& name) const { return name.rfind(request.only, 0) == 0; }
  /// Where a figure's tensors go: lstm/train/32 to lstm_train_32.safetensors; empty where they are not wanted.
  [[nodiscard]] std::filesystem::path dump_file(std::string name) const;

  [[nodiscard]] bool on_cuda() const { return options.device.is_cuda(); }
};

/// The subjects, one a file; bench.cpp has the list of them.
void bench_standardize(BenchRun& run);
void bench_lstm(BenchRun& run);
void bench_posterior(BenchRun& run);
void bench_pipeline(BenchRun& run);

}  // namespace footfall
