// All marginals of many cases of each network in $FOOTFALL_DATA/bayesnets/bif, 20 % of the variables observed, one case after the other on every thread.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "engine/bayes/inference.hpp"
#include "engine/bayes/sampling.hpp"
#include "host/networks/networks.hpp"
#include "kernels/device/random.hpp"

namespace footfall {
namespace {

constexpr std::int64_t cases = 2000;
constexpr float observed = 0.2F;

std::vector<Evidence> draw_cases(const Network& network) {
  std::vector<std::vector<std::int32_t>> codes;
  ForwardSampler(network, 21).draw(0, cases, codes);
  std::vector<Evidence> out(static_cast<std::size_t>(cases));
  for (std::size_t c = 0; c < out.size(); ++c)
    for (std::size_t v = 0; v < codes.size(); ++v) {
      const PhiloxWords words = philox({{static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(v), 0, 0}}, 22);
      out[c].states.push_back(unit_float(words.word[0]) < observed ? codes[v][c] : -1);
    }
  return out;
}

void all_marginals(benchmark::State& state, const std::filesystem::path& file) {
  const Network network = read_network(file);
  Team team(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  InferenceOptions options;
  options.team = &team;
  std::vector<CaseInference> inference;
  inference.emplace_back(factor_graph(network), options);
  while (static_cast<int>(inference.size()) < team.threads()) inference.push_back(inference[0].twin());
  std::vector<Marginals> out(inference.size());
  const std::vector<Evidence> evidence = draw_cases(network);
  // A few cases a time, so that a large network ends too.
  const std::int64_t block = team.threads() * 4;
  std::int64_t done = 0;
  for (auto _ : state) {
    team.run(block, [&](std::int64_t c, int thread) {
      const auto t = static_cast<std::size_t>(thread);
      benchmark::DoNotOptimize(inference[t].run(evidence[static_cast<std::size_t>((done + c) % cases)], out[t]));
    });
    done += block;
  }
  state.SetItemsProcessed(done);
}

[[maybe_unused]] const bool registered = [] {
  const char* data = std::getenv("FOOTFALL_DATA");
  std::error_code missing;
  if (data != nullptr)
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(data) / "bayesnets" / "bif", missing))
      benchmark::RegisterBenchmark(("bayes/marginals/" + entry.path().stem().string()).c_str(), [file = entry.path()](benchmark::State& state) { all_marginals(state, file); })
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace footfall
