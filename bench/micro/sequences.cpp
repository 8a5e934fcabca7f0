// Packing of events and recurrent layers: hidden sizes 32 to 512, lengths 1 to 200, batches 1 to 8192.
#include <algorithm>
#include <utility>

#include "bench/micro/place.hpp"

namespace footfall::micro {
namespace {

constexpr std::int64_t most_steps = std::int64_t{1} << 18;   ///< time * batch of a run

std::vector<std::int32_t> lengths_of(std::int64_t batch, std::int64_t time) { return std::vector<std::int32_t>(static_cast<std::size_t>(batch), static_cast<std::int32_t>(time)); }

double operations(const RnnSpec& spec, std::int64_t steps) {
  double sum = 0.0;
  std::int64_t input = spec.input;
  for (const std::int64_t hidden : spec.hidden) {
    sum += 2.0 * static_cast<double>(gates(spec.cell) * hidden * (input + hidden));
    input = hidden;
  }
  return sum * static_cast<double>(steps);
}

void run_rnn(benchmark::State& state, Cell cell, std::vector<std::int64_t> hidden, std::int64_t time, std::int64_t batch, bool training) {
  Stream& stream = *place().stream;
  const RnnSpec spec{cell, 32, std::move(hidden), batch, time, training, Precision::float32};
  const std::unique_ptr<Rnn> rnn = place().backend->sequences().make_rnn(spec, stream);
  const Array<float> x = numbers(time * batch * spec.input);
  std::vector<float> drawn = download(numbers(stack_weights(spec)).view(), stream);
  for (float& w : drawn) w *= 0.1F;
  const Array<float> weights = upload(drawn, stream);
  Array<float> hn(stream, batch * state_width(spec)), dweights(stream, weights.size());
  const Array<float> dhn = numbers(hn.size());
  clear(dweights.view(), stream);
  const std::vector<std::int32_t> lengths = lengths_of(batch, time);
  RnnForward run;
  run.x = x.matrix(time * batch, spec.input);
  run.lengths = view_of(lengths);
  run.weights = weights.view();
  run.hn = hn.view();
  RnnBackward back;
  back.forward = run;
  back.dhn = dhn.view();
  back.dweights = dweights.view();
  measure(state, {0.0, (training ? 3.0 : 1.0) * operations(spec, time * batch), static_cast<double>(time * batch)}, [&] {
    rnn->forward(run, training, stream);
    if (training) rnn->backward(back, stream);
  });
}

void layer_shapes(benchmark::internal::Benchmark* all) {
  for (const std::int64_t hidden : {32, 64, 128, 256, 512})
    for (const std::int64_t time : {1, 12, 32, 200})
      for (const std::int64_t batch : {1, 32, 256, 1024, 8192})
        if (time * batch * hidden <= most_steps * 64) all->Args({hidden, time, batch});
  all->ArgNames({"hidden", "time", "batch"})->UseManualTime();
}

void lstm_forward(benchmark::State& state) { run_rnn(state, Cell::lstm, {state.range(0)}, state.range(1), state.range(2), false); }
BENCHMARK(lstm_forward)->Apply(layer_shapes);
void lstm_training(benchmark::State& state) { run_rnn(state, Cell::lstm, {state.range(0)}, state.range(1), state.range(2), true); }
BENCHMARK(lstm_training)->Apply(layer_shapes);
void gru_training(benchmark::State& state) { run_rnn(state, Cell::gru, {state.range(0)}, state.range(1), state.range(2), true); }
BENCHMARK(gru_training)->Args({128, 32, 32})->Args({128, 32, 1024})->ArgNames({"hidden", "time", "batch"})->UseManualTime();
void seed_stack_training(benchmark::State& state) { run_rnn(state, Cell::lstm, {128, 64}, state.range(0), state.range(1), true); }
BENCHMARK(seed_stack_training)->Args({32, 32})->Args({32, 1024})->Args({10, 32})->ArgNames({"time", "batch"})->UseManualTime();
void seed_stack_forward(benchmark::State& state) { run_rnn(state, Cell::lstm, {128, 64}, state.range(0), state.range(1), false); }
BENCHMARK(seed_stack_forward)->Args({32, 4096})->Args({32, 256})->ArgNames({"time", "batch"})->UseManualTime();

/// `numeric` numbers and two embedded categories of 16 each.
void pack(benchmark::State& state, bool backward) {
  Stream& stream = *place().stream;
  const std::int64_t numeric = state.range(0), time = state.range(1), batch = state.range(2), words = 500, width = 16, steps = time * batch;
  const std::vector<EmbeddingTable> tables = {{0, static_cast<std::int32_t>(words), static_cast<std::int32_t>(width)},
                                              {words * width, static_cast<std::int32_t>(words), static_cast<std::int32_t>(width)}};
  const std::unique_ptr<Pack> plan = place().backend->sequences().make_pack({numeric, 0, tables, steps}, stream);
  const Array<float> numeric_cells = numbers(steps * numeric, 0.05), parameters = numbers(2 * words * width);
  const Array<std::int32_t> code_cells = codes(steps * 2, words);
  const Array<ColumnScale> scale = upload(std::vector<ColumnScale>(static_cast<std::size_t>(numeric)), stream);
  const Array<EmbeddingTable> there = upload(tables, stream);
  std::vector<std::int64_t> first;
  for (std::int64_t b = 0; b < batch; ++b) first.push_back(b * time);
  const Array<std::int64_t> starts = upload(first, stream);
  const Array<std::int32_t> lengths = upload(lengths_of(batch, time), stream);
  const PackInput in{numeric_cells.matrix(steps, numeric), scale.view(), code_cells.matrix(steps, 2), there.view(), parameters.view(), starts.view(), lengths.view()};
  Array<float> out(stream, steps * plan->features()), gradient(stream, parameters.size());
  clear(gradient.view(), stream);
  clear(out.view(), stream);
  measure(state, {8.0 * static_cast<double>(steps * plan->features()), 0.0, static_cast<double>(steps)}, [&] {
    if (backward) {
      plan->backward(in, time, std::as_const(out).matrix(steps, plan->features()), gradient.view(), stream);
    } else {
      plan->forward(in, time, out.matrix(steps, plan->features()), stream);
    }
  });
}
void pack_shapes(benchmark::internal::Benchmark* all) {
  for (const std::int64_t numeric : {1, 8, 32, 128})
    for (const std::int64_t time : {1, 12, 32, 200})
      for (const std::int64_t batch : {1, 32, 1024, 8192})
        if (time * batch <= most_steps) all->Args({numeric, time, batch});
  all->ArgNames({"numeric", "time", "batch"})->UseManualTime();
}
void pack_forward(benchmark::State& state) { pack(state, false); }
BENCHMARK(pack_forward)->Apply(pack_shapes);
void pack_backward(benchmark::State& state) { pack(state, true); }
BENCHMARK(pack_backward)->Apply(pack_shapes);

}  // namespace
}  // namespace footfall::micro
