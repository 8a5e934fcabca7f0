#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "kernels/backend.hpp"

namespace footfall::micro {

/// The backend that all benchmarks of a run use: FOOTFALL_BENCH_DEVICE (default cpu) and FOOTFALL_BENCH_THREADS (default: all processors).
struct Place {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Stream> stream;
  std::unique_ptr<Timer> timer;
};
[[nodiscard]] Place& place();

/// Runs `work` until the benchmark has enough, each time by the device's own clock; then tells bytes, operations and items of a run.
struct Amount {
  double bytes = 0.0;        ///< read and written
  double operations = 0.0;   ///< two a multiply-add
  double items = 0.0;        ///< rows, events, ...
};
template <class Work>
void measure(benchmark::State& state, const Amount& amount, const Work& work) {
  Place& at = place();
  work();   // scratch grows in the first call
  at.stream->synchronize();
  for (auto unused : state) {
    static_cast<void>(unused);
    at.timer->begin();
    work();
    at.timer->end();
    state.SetIterationTime(at.timer->seconds());
  }
  const auto runs = static_cast<double>(state.iterations());
  const auto rate = [&](double value) { return benchmark::Counter(value * runs, benchmark::Counter::kIsRate, benchmark::Counter::kIs1000); };
  if (amount.bytes > 0.0) state.counters["bytes"] = rate(amount.bytes);
  if (amount.operations > 0.0) state.counters["flop"] = rate(amount.operations);
  if (amount.items > 0.0) state.counters["items"] = rate(amount.items);
}

/// Numbers in [-1, 1) on the device; a share of them missing (NaN).
[[nodiscard]] Array<float> numbers(std::int64_t count, double missing = 0.0);
/// Whole numbers in [0, below).
[[nodiscard]] Array<std::int32_t> codes(std::int64_t count, std::int64_t below);

}  // namespace footfall::micro
