// The recurrent model of DESIGN section 4: training by the trainer and scoring by the scorer that jobs use, on sequences in memory.
#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "engine/score/scorer.hpp"
#include "engine/train/trainer.hpp"
#include "host/bench/limits.hpp"
#include "host/bench/sequence_data.hpp"
#include "host/table/safetensors.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr double giga = 1e9;
constexpr const char* limit_name = "a large matrix product";

/// Seconds in which a table's events come to the device from page-locked memory; 0 on a CPU.
double copy_seconds(BenchRun& run, const SequenceData& data) {
  if (!run.on_cuda()) return 0.0;
  Stream& stream = *run.shop.stream;
  const auto values = static_cast<std::int64_t>(data.table.event_number.size());
  Pinned<float> host(stream, values);
  Array<float> there(stream, values);
  std::copy(data.table.event_number.begin(), data.table.event_number.end(), host.span().begin());
  const std::unique_ptr<Timer> timer = stream.make_timer();
  return time_once(stream, *timer, [&] { copy<float>(std::as_const(host).view(), there.view(), stream); }).kernel;
}

/// Work of a known number of operations on `data`, beside the product.
BenchFigure figure_of(const std::string& name, double operations, const SequenceData& data, const ProductLimit& product,
                      const std::vector<std::vector<BenchTime>>& times) {
  const BenchMiddle ours = middle_kernel(times[0]), most = middle_kernel(times[1]);
  BenchFigure figure;
  figure.name = name;
  figure.unit = "GFLOP/s";
  figure.rate = operations / giga / ours.seconds;
  figure.limit = product.operations() / giga / most.seconds;
  figure.limit_of = limit_name;
  figure.spread = ours.spread;
  figure.limit_spread = most.spread;
  figure.wall = middle_wall(times[0]).seconds;
  figure.kernel = ours.seconds;
  figure.more = {{"customers_per_s", static_cast<double>(data.table.size()) / ours.seconds}, {"events_per_s", static_cast<double>(data.steps()) / ours.seconds}};
  return figure;
}

std::vector<float> as_floats(const auto& values) { return std::vector<float>(values.begin(), values.end()); }

/// The data, the parameters by their names and what came out.
void dump(const std::filesystem::path& file, const SequenceData& data, const std::vector<float>& parameters, NamedTensor outcome) {
  if (file.empty()) return;
  const ExampleTable& table = data.table;
  TensorFile tensors;
  tensors.tensors = {{"numbers", {data.steps(), static_cast<std::int64_t>(table.event_numbers.size())}, table.event_number},
                     {"codes", {data.steps(), static_cast<std::int64_t>(table.event_codes.size())}, as_floats(table.event_code)},
                     {"length", {table.size()}, as_floats(table.length)},
                     {"labels", {table.size()}, data.labels.front()},
                     std::move(outcome)};
  const ParameterLayout layout(data.architecture);
  for (const Parameter& p : layout.all())
    tensors.tensors.push_back({p.name, p.shape, std::vector<float>(parameters.begin() + p.offset, parameters.begin() + p.offset + p.size())});
  save_tensors(file, tensors);
}

/// Epochs of the trainer over a few batches; the product runs between them.
void train_figure(BenchRun& run, const std::string& name, std::int64_t batch, const SequenceShape& shape) {
  if (!run.is_wanted(name)) return;
  Backend& backend = *run.shop.backend;
  Stream& stream = *run.shop.stream;
  const SequenceData data = draw_sequences(run.request.sizes, shape, run.request.seed);
  const ParameterLayout layout(data.architecture);
  const DeviceExamples device = upload_examples(data.table, data.transform, false, backend, stream);
  ResidentFeed feed(data.table, device);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(data.table.size()));
  std::iota(rows.begin(), rows.end(), 0);
  TrainingSpec spec;
  spec.epochs = run.request.sizes.repeats + 1;   // the first one sets everything up and is not counted
  spec.batch = batch;
  spec.patience = 0;
  spec.seed = run.request.seed;
  ProductLimit product(run);
  std::vector<std::vector<BenchTime>> times(2);
  const std::unique_ptr<Timer> timer = stream.make_timer();
  timer->begin();
  TrainingHooks hooks;
  hooks.progress = [&](const EpochRecord& record) {
    timer->end();
    const double kernel = timer->seconds();
    const BenchTime limit = product.once();
    if (record.epoch > 1) {
      times[0].push_back({record.seconds, run.on_cuda() ? kernel : record.seconds});
      times[1].push_back(limit);
    }
    timer->begin();
  };
  const std::vector<float> initial = initial_parameters(data.architecture, layout, run.request.seed);
  const TrainingResult result = train(data.architecture, layout, spec, {feed, data.transform, data.labels, rows, {}}, initial, backend, stream, hooks);
  BenchFigure figure = figure_of(name, 3.0 * data.forward_operations(), data, product, times);
  figure.copy = copy_seconds(run, data);
  figure.more.emplace_back("padding", result.padding);
  std::vector<float> losses;
  for (const EpochRecord& record : result.history) losses.push_back(static_cast<float>(record.training.front()));
  dump(run.dump_file(name), data, initial, {"losses", {static_cast<std::int64_t>(losses.size())}, losses});
  run.report(std::move(figure));
}

/// A chunk through the scorer, from the host's memory to the host's memory.
void score_figure(BenchRun& run, const std::string& name, std::int64_t batch, const SequenceShape& shape) {
  if (!run.is_wanted(name)) return;
  Backend& backend = *run.shop.backend;
  Stream& stream = *run.shop.stream;
  const SequenceData data = draw_sequences(run.request.sizes, shape, run.request.seed);
  const ParameterLayout layout(data.architecture);
  const std::vector<float> parameters = initial_parameters(data.architecture, layout, run.request.seed);
  Scorer scorer(data.architecture, data.transform, parameters, {data.table.size(), data.steps(), batch, data.longest()}, backend, stream);
  StagedChunk chunk = scorer.make_chunk();
  std::vector<std::int64_t> rows(static_cast<std::size_t>(data.table.size()));
  std::iota(rows.begin(), rows.end(), 0);
  const BatchPlan plan = plan_groups(data.table.length, std::vector<std::vector<std::int64_t>>{rows}, batch);
  std::vector<float> outputs;
  const std::unique_ptr<Timer> timer = stream.make_timer();
  ProductLimit product(run);
  const double copy = copy_seconds(run, data);
  auto times = in_turns(run.request.sizes.repeats, {[&] {
                                                      return time_once(stream, *timer, [&] {
                                                        static_cast<void>(scorer.send(data.table, plan, chunk));
                                                        chunk.outputs_of(plan, outputs);
                                                      });
                                                    },
                                                    [&] { return product.once(); }});
  for (BenchTime& time : times[0]) time.kernel -= copy;   // the events of the device stand around the copy too
  BenchFigure figure = figure_of(name, data.forward_operations(), data, product, times);
  figure.copy = copy;
  figure.more.emplace_back("padding", plan.padding());
  dump(run.dump_file(name), data, parameters, {"predictions", {data.table.size()}, outputs});
  run.report(std::move(figure));
}

/// Enough batches for a tenth of a second or so.
std::int64_t sequences_for(std::int64_t batch, std::int64_t at_least) { return (std::max(batch, at_least) + batch - 1) / batch * batch; }

}  // namespace

void bench_lstm(BenchRun& run) {
  const BenchSizes& sizes = run.request.sizes;
  for (const std::int64_t batch : sizes.train_batches) train_figure(run, fmt::format("lstm/train/{}", batch), batch, {sequences_for(batch, sizes.lstm_sequences / 8)});
  train_figure(run, fmt::format("lstm/train/ragged/{}", sizes.ragged_batch), sizes.ragged_batch, {sequences_for(sizes.ragged_batch, sizes.lstm_sequences * 2), true});
  for (const std::int64_t batch : sizes.score_batches) {
    score_figure(run, fmt::format("lstm/score/{}", batch), batch, {sequences_for(batch, sizes.lstm_sequences)});
    score_figure(run, fmt::format("lstm/score/embedded/{}", batch), batch, {sequences_for(batch, sizes.lstm_sequences), false, true});
    score_figure(run, fmt::format("lstm/score/ragged/{}", batch), batch, {sequences_for(batch, sizes.lstm_sequences), true});
  }
}

}  // namespace footfall
