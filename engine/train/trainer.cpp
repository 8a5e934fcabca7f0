#include "engine/train/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "engine/train/predict.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t sorted_window = 32;       ///< batches that are sorted by length together

double signed_log(double y) { return std::copysign(std::log1p(std::abs(y)), y); }

/// A plan's columns, laid out as its batches read them, on the device; lengths on the host too.
struct EpochData {
  Array<std::int64_t> examples, rows, first;
  Array<std::int32_t> length;
  Array<float> labels;                    ///< [heads, order]
  Array<StepState> states;                ///< a step
  std::vector<std::int32_t> host_length;
};

/// The buffers of the optimizer and the loop over epochs.
class Trainer {
 public:
  Trainer(const Architecture& spec, const ParameterLayout& layout, const TrainingSpec& training, const TrainingData& data, const std::vector<float>& initial,
          Backend& backend, Stream& stream)
      : spec_(spec),
        training_(training),
        data_(data),
        backend_(backend),
        stream_(stream),
        parameters_(upload(initial, stream)),
        gradient_(stream, layout.size()),
        first_moment_(stream, layout.size()),
        second_moment_(stream, layout.size()),
        ranges_(upload(layout.ranges(training.weight_decay), stream)),
        norm_(stream, 1),
        loss_(stream, static_cast<std::int64_t>(spec.heads.size())) {
    clear(first_moment_.view(), stream);
    clear(second_moment_.view(), stream);
    clear(norm_.view(), stream);
    std::int64_t time = 0;
    for (const std::int64_t e : data.training) time = std::max(time, steps_of(e));
    for (const std::int64_t e : data.validation) time = std::max(time, steps_of(e));
    network_ = std::make_unique<NeuralNetwork>(spec, layout, data.transform.events.scale, data.feed.device(), NeuralNetwork::Size{training.batch, time, true}, training.seed, backend, stream);
    if (data.validation.empty()) return;
    const std::vector<std::int64_t> examples(data.validation.begin(), data.validation.end());
    validation_ = plan_groups(data.feed.lengths(), windows_of(examples), prediction_batch);
    validator_ = std::make_unique<NeuralNetwork>(spec, layout, data.transform.events.scale, data.feed.device(), NeuralNetwork::Size{prediction_batch, time, false}, training.seed, backend, stream);
  }

  TrainingResult run(const TrainingHooks& hooks) {
    hooks_ = &hooks;
    if (hooks.from != nullptr) restore(*hooks.from);
    for (; now_.epoch <= training_.epochs; ++now_.epoch) {
      EpochRecord record = run_epoch();
      if (validator_) {
        const std::vector<float> predictions = predict(*validator_, spec_, data_.feed, validation_, std::as_const(parameters_).view(), stream_);
        record.validation = prediction_losses(spec_, predictions, validation_.order, data_.labels);
      }
      record.seconds = seconds_so_far();
      if (!judge(std::move(record))) break;
    }
    TrainingResult& result = now_.so_far;
    if (result.parameters.empty()) result.parameters = download(parameters_.view(), stream_);
    result.padding = now_.padded == 0 ? 0.0 : 1.0 - static_cast<double>(result.steps) / static_cast<double>(now_.padded);
    return std::move(result);
  }

 private:
  [[nodiscard]] std::int64_t steps_of(std::int64_t e) const { return data_.feed.lengths().empty() ? 0 : data_.feed.lengths()[static_cast<std::size_t>(e)]; }

  /// Takes an epoch's figures into the account. False: it is time to stop.
  bool judge(EpochRecord record) {
    const std::vector<double>& judged = record.validation.empty() ? record.training : record.validation;
    const double sum = std::accumulate(judged.begin(), judged.end(), 0.0);
    if (!std::isfinite(sum)) throw failure("the loss is no longer finite after epoch " + std::to_string(record.epoch), "lower [train] learning_rate");
    now_.so_far.history.push_back(record);
    if (hooks_->progress) hooks_->progress(record);
    const bool stops_early = validator_ && training_.patience > 0;
    if (stops_early && sum >= now_.best) return ++now_.waited < training_.patience;
    now_.best = sum;
    now_.waited = 0;
    now_.so_far.best_epoch = record.epoch;
    if (stops_early) now_.so_far.parameters = download(parameters_.view(), stream_);
    return true;
  }

  void restore(const TrainingState& state) {
    require(static_cast<std::int64_t>(state.parameters.size()) == parameters_.size() && state.first_moment.size() == state.parameters.size() &&
                state.second_moment.size() == state.parameters.size() && static_cast<std::int64_t>(state.loss.size()) == loss_.size(),
            "a training state of another model");
    now_ = state;
    const auto put = [&](const auto& from, auto& to) {
      copy(view_of(from), to.view(), stream_);
    };
    put(state.parameters, parameters_);
    put(state.first_moment, first_moment_);
    put(state.second_moment, second_moment_);
    put(state.loss, loss_);
    stream_.synchronize();
    step_ = (state.epoch - 1) * batches_an_epoch();
  }

  void keep_if_due(std::int64_t done) {
    if (!hooks_->due || !hooks_->due()) return;
    now_.batches = done;
    now_.parameters = download(parameters_.view(), stream_);
    now_.first_moment = download(first_moment_.view(), stream_);
    now_.second_moment = download(second_moment_.view(), stream_);
    now_.loss = download(loss_.view(), stream_);
    const double before = std::exchange(now_.seconds, seconds_so_far());
    hooks_->keep(now_);
    now_.seconds = before;
    now_.batches = 0;
  }

  [[nodiscard]] double seconds_so_far() const { return now_.seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }
  [[nodiscard]] std::int64_t batches_an_epoch() const { return (static_cast<std::int64_t>(data_.training.size()) + training_.batch - 1) / training_.batch; }

  /// Loshchilov and Hutter 2017, eq. 5, without restarts, behind a linear warm-up.
  [[nodiscard]] float rate_at(std::int64_t step) const {
    const auto steps = static_cast<double>(training_.epochs * batches_an_epoch());
    const double t = static_cast<double>(step) / steps;
    const double warm = t < training_.warm_up ? t / training_.warm_up : 1.0;
    const double fall = training_.cosine ? (1.0 + std::cos(std::numbers::pi * t)) / 2.0 : 1.0;
    return static_cast<float>(training_.learning_rate * warm * fall);
  }

  EpochData lay_out(const BatchPlan& plan) {
    EpochData out;
    std::vector<StepState> states;
    for (std::int64_t k = 0; k < plan.batches(); ++k) {
      ++step_;
      states.push_back({static_cast<std::uint64_t>(step_), rate_at(step_), training_.largest_norm});
    }
    std::vector<float> labels;
    for (const std::vector<float>& column : data_.labels)
      for (const std::int64_t e : plan.order) labels.push_back(column[static_cast<std::size_t>(e)]);
    if (spec_.has_events())
      for (const std::int64_t e : plan.order) out.host_length.push_back(data_.feed.lengths()[static_cast<std::size_t>(e)]);
    const Placement placement = data_.feed.lay_out(plan);
    out.examples = upload(plan.order, stream_);
    out.rows = upload(placement.profile, stream_);
    out.first = upload(placement.first, stream_);
    out.length = upload(out.host_length, stream_);
    out.labels = upload(labels, stream_);
    out.states = upload(states, stream_);
    return out;
  }

  /// Moves what batch k reads to the network's fixed places.
  Batch place(const EpochData& epoch, const BatchPlan& plan, std::int64_t k) {
    const std::int64_t begin = plan.start[static_cast<std::size_t>(k)], size = plan.start[static_cast<std::size_t>(k) + 1] - begin;
    const auto n = static_cast<std::int64_t>(plan.order.size());
    BatchSlots& slots = network_->slots();
    copy<std::int64_t>(epoch.examples.view().sub(begin, size), slots.examples.view().sub(0, size), stream_);
    copy<std::int64_t>(epoch.rows.view().sub(begin, size), slots.rows.view().sub(0, size), stream_);
    for (std::int64_t c = 0; c < static_cast<std::int64_t>(data_.labels.size()); ++c)
      copy<float>(epoch.labels.view().sub(c * n + begin, size), slots.labels.view().sub(c * training_.batch, size), stream_);
    copy<StepState>(epoch.states.view().sub(k, 1), slots.state.view(), stream_);
    Batch batch{size, 0, {}};
    if (spec_.has_events()) {
      copy<std::int64_t>(epoch.first.view().sub(begin, size), slots.first.view().sub(0, size), stream_);
      copy<std::int32_t>(epoch.length.view().sub(begin, size), slots.length.view().sub(0, size), stream_);
      batch.lengths = view_of(epoch.host_length).sub(begin, size);
      batch.time = epoch.host_length[static_cast<std::size_t>(begin)];
    }
    return batch;
  }

  void update() {
    Layers& ops = backend_.layers();
    if (training_.largest_norm > 0.0F) ops.squared_norm(std::as_const(gradient_).view(), norm_.view(), stream_);
    ops.adam(parameters_.view(), std::as_const(gradient_).view(), first_moment_.view(), second_moment_.view(), std::as_const(ranges_).view(), AdamSpec{},
             std::as_const(network_->slots().state).view(), std::as_const(norm_).view(), stream_);
  }

  /// Goes on behind the batches that are done.
  EpochRecord run_epoch() {
    began_ = std::chrono::steady_clock::now();
    const std::uint64_t seed = training_.seed + static_cast<std::uint64_t>(now_.epoch) * 0x9E3779B97F4A7C15ULL;
    const std::vector<std::vector<std::int64_t>> windows = epoch_windows(data_.training, training_.batch, training_.window, seed);
    const std::int64_t done = std::exchange(now_.batches, 0);
    if (done == 0) {
      clear(loss_.view(), stream_);
      now_.seconds = 0.0;
    }
    std::int64_t before = 0, steps = 0, padded = 0;
    for (std::size_t w = 0; w < windows.size(); ++w) {
      const BatchPlan plan = plan_epoch(data_.feed.lengths(), windows[w], training_.batch, sorted_window, seed + static_cast<std::uint64_t>(w) * 0xD1342543DE82EF95ULL);
      run_window(plan, before, std::max<std::int64_t>(0, done - before));
      before += plan.batches();
      steps += plan.steps;
      padded += plan.padded;
    }
    now_.so_far.steps += steps;
    now_.padded += padded;
    EpochRecord record;
    record.epoch = now_.epoch;
    record.learning_rate = rate_at(step_);
    for (const double sum : download(loss_.view(), stream_)) record.training.push_back(sum / static_cast<double>(before));
    return record;
  }

  /// A window of the epoch, behind `before` batches of others and the `done` first ones of its own.
  void run_window(const BatchPlan& plan, std::int64_t before, std::int64_t done) {
    if (done >= plan.batches()) {
      step_ += plan.batches();
      return;
    }
    const EpochData laid = lay_out(plan);
    for (std::int64_t k = done; k < plan.batches(); ++k) {
      data_.feed.bring(k);
      const Batch batch = place(laid, plan, k);
      clear(gradient_.view(), stream_);
      network_->learn(batch, std::as_const(parameters_).view(), gradient_.view(), loss_.view());
      if (updates_++ == 0) {
        update();  // once as it is, so that every operation has its scratch before it is recorded
      } else {
        if (!recorded_) recorded_ = stream_.record([this] { update(); });
        recorded_->replay();
      }
      keep_if_due(before + k + 1);
    }
    stream_.synchronize();  // what it reads goes with it
  }

  const Architecture& spec_;
  const TrainingSpec& training_;
  const TrainingData& data_;
  Backend& backend_;
  Stream& stream_;
  Array<float> parameters_, gradient_, first_moment_, second_moment_;
  Array<ParameterRange> ranges_;
  Array<double> norm_, loss_;
  std::unique_ptr<NeuralNetwork> network_, validator_;
  BatchPlan validation_;
  std::unique_ptr<Recording> recorded_;
  std::int64_t step_ = 0, updates_ = 0;
  TrainingState now_;
  std::chrono::steady_clock::time_point began_;   ///< the part of the epoch that this process does
  const TrainingHooks* hooks_ = nullptr;
};

}  // namespace

std::vector<float> loss_labels(const HeadSpec& head, std::span<const float> labels) {
  std::vector<float> out(labels.begin(), labels.end());
  if (head.kind == HeadKind::number)
    for (float& y : out) y = static_cast<float>((signed_log(y) - head.center) / head.spread);
  return out;
}

namespace {

/// n / (classes n_k), so that the weights' mean over the examples is 1 (King and Zeng 2001, section 4.2); a class that is never seen weighs 1.
std::vector<float> balanced_weights(std::int64_t classes, std::span<const float> labels, std::span<const std::int64_t> training) {
  std::vector<double> seen(static_cast<std::size_t>(classes));
  double n = 0.0;
  for (const std::int64_t e : training) {
    const float y = labels[static_cast<std::size_t>(e)];
    if (std::isnan(y)) continue;
    seen[static_cast<std::size_t>(y)] += 1.0;
    n += 1.0;
  }
  std::vector<float> weights;
  for (const double count : seen) weights.push_back(count > 0.0 ? static_cast<float>(n / (static_cast<double>(classes) * count)) : 1.0F);
  return weights;
}

}  // namespace

void fit_head(HeadSpec& head, std::span<const float> labels, std::span<const std::int64_t> training) {
  double sum = 0.0, squares = 0.0, n = 0.0;
  for (const std::int64_t e : training) {
    const double y = labels[static_cast<std::size_t>(e)];
    if (std::isnan(y)) continue;
    const double value = head.kind == HeadKind::number ? signed_log(y) : y;
    sum += value;
    squares += value * value;
    n += 1.0;
  }
  if (n == 0.0) return;
  if (head.balanced && head.kind != HeadKind::number) head.weights = balanced_weights(head.kind == HeadKind::binary ? 2 : head.outputs(), labels, training);
  if (head.kind == HeadKind::binary) head.rate = std::clamp(sum / n, 0.5 / n, 1.0 - 0.5 / n);
  if (head.kind != HeadKind::number) return;
  head.center = sum / n;
  const double variance = squares / n - head.center * head.center;
  head.spread = variance > 1e-12 ? std::sqrt(variance) : 1.0;
}

void take_weights_out(Architecture& spec, const ParameterLayout& layout, std::vector<float>& parameters) {
  float* bias = parameters.data() + layout.at("heads.bias").offset;
  for (std::int64_t m = 0; m < spec.members; ++m)
    for (const HeadSpec& head : spec.heads) {
      if (head.kind == HeadKind::binary && !head.weights.empty()) *bias -= std::log(head.weights[1] / head.weights[0]);
      if (head.kind == HeadKind::classes)
        for (std::size_t c = 0; c < head.weights.size(); ++c) bias[c] -= std::log(head.weights[c]);
      bias += head.outputs();
    }
  for (HeadSpec& head : spec.heads) head.weights.clear();
}

std::vector<double> prediction_losses(const Architecture& spec, std::span<const float> predictions, std::span<const std::int64_t> rows,
                                      const std::vector<std::vector<float>>& labels) {
  const std::int64_t outputs = spec.outputs();
  std::vector<double> losses;
  std::int64_t at = 0;
  const auto log_loss = [](double p) { return -std::log(std::clamp(p, 1e-7, 1.0 - 1e-7)); };
  for (std::size_t h = 0; h < spec.heads.size(); ++h) {
    const HeadSpec& head = spec.heads[h];
    double sum = 0.0, n = 0.0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const float* p = predictions.data() + static_cast<std::int64_t>(i) * outputs + at;
      const float y = labels[h][static_cast<std::size_t>(rows[i])];
      if (std::isnan(y)) continue;
      const double weight = head.weights.empty() ? 1.0 : static_cast<double>(head.weights[static_cast<std::size_t>(y)]);
      n += weight;
      if (head.kind == HeadKind::classes) sum += weight * log_loss(p[static_cast<std::size_t>(y)]);
      if (head.kind == HeadKind::binary) sum += weight * (y > 0.5F ? log_loss(p[0]) : log_loss(1.0 - p[0]));
      if (head.kind == HeadKind::number) sum += 0.5 * (p[0] - y) * (p[0] - y);
    }
    losses.push_back(n > 0.0 ? sum / n : 0.0);
    at += head.outputs();
  }
  return losses;
}

TrainingResult train(const Architecture& spec, const ParameterLayout& layout, const TrainingSpec& training, const TrainingData& data,
                     const std::vector<float>& initial, Backend& backend, Stream& stream, const TrainingHooks& hooks) {
  return Trainer(spec, layout, training, data, initial, backend, stream).run(hooks);
}

}  // namespace footfall
