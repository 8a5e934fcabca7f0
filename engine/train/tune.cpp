#include "engine/train/tune.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace footfall {
namespace {

constexpr int repetitions = 9;

/// The layer alone, with inputs of zeros: no cell's time depends on its values.
double time_layer(const RnnSpec& spec, Backend& backend, Stream& stream) {
  const auto plan = backend.sequences().make_rnn(spec, stream);
  const std::int64_t rows = spec.max_time * spec.max_batch, states = state_width(spec) * spec.max_batch;
  Array<float> x(stream, rows * spec.input), dx(stream, rows * spec.input), weights(stream, stack_weights(spec)), gradient(stream, stack_weights(spec));
  Array<float> hn(stream, states), dhn(stream, states);
  for (const View<float> each : {x.view(), weights.view(), gradient.view(), dhn.view()}) clear(each, stream);
  const std::vector<std::int32_t> lengths(static_cast<std::size_t>(spec.max_batch), static_cast<std::int32_t>(spec.max_time));
  RnnBackward run;
  run.forward.x = x.matrix(rows, spec.input);
  run.forward.lengths = view_of(lengths);
  run.forward.weights = weights.view();
  run.forward.hn = hn.view();
  run.dhn = dhn.view();
  run.dx = dx.matrix(rows, spec.input);
  run.dweights = gradient.view();
  std::vector<double> taken;
  for (int i = 0; i <= repetitions; ++i) {
    stream.synchronize();
    const auto began = std::chrono::steady_clock::now();
    plan->forward(run.forward, true, stream);
    plan->backward(run, stream);
    stream.synchronize();
    if (i > 0) taken.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());  // the first one loads kernels
  }
  std::nth_element(taken.begin(), taken.begin() + repetitions / 2, taken.end());
  return taken[repetitions / 2];
}

}  // namespace

std::vector<AlgorithmTime> time_algorithms(const Architecture& model, std::int64_t batch, std::int64_t time, Backend& backend, Stream& stream) {
  std::vector<AlgorithmTime> times;
  if (!model.has_events()) return times;
  std::int64_t input = model.step_width();
  for (std::size_t l = 0; l < model.hidden.size(); ++l) {
    for (const RnnAlgorithm algorithm : {RnnAlgorithm::standard, RnnAlgorithm::persistent, RnnAlgorithm::persistent_small}) {
      const RnnSpec spec{model.cell, input, {model.hidden[l]}, batch, time, true, model.precision, {algorithm}};
      if (backend.sequences().has_algorithms(spec, stream)) times.push_back({l, algorithm, time_layer(spec, backend, stream)});
    }
    input = model.hidden[l];
  }
  return times;
}

std::vector<RnnAlgorithm> fastest_algorithms(const std::vector<AlgorithmTime>& times, std::size_t layers) {
  std::vector<RnnAlgorithm> fastest(layers, RnnAlgorithm::standard);
  std::vector<double> best(layers, std::numeric_limits<double>::infinity());
  for (const AlgorithmTime& each : times) {
    if (each.milliseconds >= best[each.layer]) continue;
    best[each.layer] = each.milliseconds;
    fastest[each.layer] = each.algorithm;
  }
  return fastest;
}

}  // namespace footfall
