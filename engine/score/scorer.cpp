#include "engine/score/scorer.hpp"

#include <algorithm>
#include <utility>

#include "kernels/device/team.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t encoded_at_once = 16'384;
constexpr std::int64_t batches_a_thread = 2;   ///< fewer would leave threads without work at the end of a chunk

std::int64_t count(const auto& list) { return static_cast<std::int64_t>(list.size()); }

/// Copies host values into page-locked memory and from there, in the stream, to the device. Returns their bytes.
template <class T>
std::int64_t send_values(std::span<const T> values, Pinned<T>& staged, Array<T>& there, Stream& stream) {
  std::copy(values.begin(), values.end(), staged.span().begin());
  copy<T>(std::as_const(staged).view().sub(0, count(values)), there.view().sub(0, count(values)), stream);
  return static_cast<std::int64_t>(values.size_bytes());
}

}  // namespace

void StagedChunk::outputs_of(const BatchPlan& plan, std::vector<float>& outputs) {
  done_->synchronize();
  outputs.resize(plan.order.size() * static_cast<std::size_t>(columns_));
  const std::span<float> answers = answers_.span();
  for (std::int64_t i = 0; i < count(plan.order); ++i)
    std::copy_n(answers.begin() + i * columns_, columns_, outputs.begin() + plan.order[static_cast<std::size_t>(i)] * columns_);
}

Scorer::Scorer(const Architecture& architecture, const Transform& transform, const std::vector<float>& parameters, Size largest, Backend& backend, Stream& stream)
    : architecture_(architecture),
      layout_(architecture),
      largest_(largest),
      team_(backend.team()),
      stream_(stream),
      parameters_(upload(parameters, stream)),
      answers_(stream, largest.examples * architecture.outputs()) {
  if (!architecture.has_events()) {
    largest_.event_rows = largest_.time = 0;
    largest_.carries = false;
  }
  now_ = make_inputs(transform);
  if (stream.place() == Place::device) {
    next_ = make_inputs(transform);
    copies_ = backend.make_stream();
    arrived_ = stream.make_event();
    for (std::unique_ptr<Event>& each : used_) {
      each = stream.make_event();
      stream.mark(*each);  // the memory is there
    }
  }
  if (architecture.profile_width > 0) {
    data_.profile = Array<float>(stream, largest.examples * architecture.profile_width);
    encoder_ = std::make_unique<ProfileEncoder>(transform, std::min(encoded_at_once, largest.examples), backend, stream);
  }
  network_ = std::make_unique<NeuralNetwork>(architecture_, layout_, transform.events.scale, data_, NeuralNetwork::Size{largest_.batch, largest_.time, false, largest_.carries}, 0, backend, stream);
  const std::int64_t threads = team_.threads();
  if (stream.place() == Place::host && threads > 1 && largest_.examples >= batches_a_thread * threads * largest_.batch) make_lanes(transform, threads);
}

void Scorer::make_lanes(const Transform& transform, std::int64_t threads) {
  for (std::int64_t i = 0; i < threads; ++i) {
    Lane lane;
    lane.backend = make_backend(Device{});
    lane.stream = lane.backend->make_stream();
    lane.network = std::make_unique<NeuralNetwork>(architecture_, layout_, transform.events.scale, data_, NeuralNetwork::Size{largest_.batch, largest_.time, false, largest_.carries}, 0,
                                                   *lane.backend, *lane.stream);
    lanes_.push_back(std::move(lane));
  }
}

/// A batch's bits depend on its shape alone, so it does not matter whether one thread or all of them work on it. Where there are enough
/// batches each thread takes whole ones: none waits for another between two layers.
void Scorer::predict(const BatchPlan& plan, const PlacedPlan& placed) {
  const View<const float> parameters = std::as_const(parameters_).view();
  const MatrixView<float> answers = answers_.matrix(count(plan.order), architecture_.outputs());
  const auto predict_one = [&](NeuralNetwork& network, std::int64_t k, Stream& stream) {
    if (largest_.carries) {
      predict_carried(network, plan, k, placed, answers, stream);
    } else {
      predict_batch(network, plan, k, placed, parameters, answers, stream);
    }
  };
  if (lanes_.empty() || plan.batches() < batches_a_thread * count(lanes_)) {
    for (std::int64_t k = 0; k < plan.batches(); ++k) predict_one(*network_, k, stream_);
    return;
  }
  team_.run(plan.batches(), [&](std::int64_t k, int thread) {
    Lane& lane = lanes_[static_cast<std::size_t>(thread)];
    predict_one(*lane.network, k, *lane.stream);
  });
}

/// Of the batch's examples, which come by their number of events, those that have any are the first.
void Scorer::predict_carried(NeuralNetwork& network, const BatchPlan& plan, std::int64_t k, const PlacedPlan& placed, MatrixView<float> answers, Stream& stream) {
  BatchSlots& slots = network.slots();
  const std::int64_t begin = plan.start[static_cast<std::size_t>(k)], size = plan.start[static_cast<std::size_t>(k) + 1] - begin;
  const View<const std::int32_t> lengths = placed.host_length.sub(begin, size);
  const std::int64_t begun = std::find(lengths.data, lengths.data + size, 0) - lengths.data;
  copy<std::int64_t>(placed.rows.sub(begin, size), slots.rows.view().sub(0, size), stream);
  copy<std::int64_t>(std::as_const(now_.closing).view().sub(begin, size), slots.closing.view().sub(0, size), stream);
  Batch events{begun, 0, lengths.sub(0, begun)};
  if (begun > 0) {
    copy<std::int64_t>(placed.first.sub(begin, begun), slots.first.view().sub(0, begun), stream);
    copy<std::int32_t>(placed.length.sub(begin, begun), slots.length.view().sub(0, begun), stream);
    events.time = lengths.data[0];
  }
  const MatrixView<float> carried = now_.carried.matrix(count(plan.order), architecture_.carried_width()).row_range(begin, size);
  const MatrixView<const float> out = network.predict_carried(events, carried, std::as_const(parameters_).view());
  const std::int64_t values = size * out.columns;
  copy<float>(View<const float>(out.data, values, out.place), View<float>(answers.row_range(begin, size).data, values, answers.place), stream);
}

Scorer::~Scorer() {
  if (!copies_) return;
  try {
    copies_->synchronize();
  } catch (const Error&) {
    // The device is lost: whoever waits for an answer has heard it, and nothing is copied any more.
  }
}

Scorer::Inputs Scorer::make_inputs(const Transform& transform) const {
  Inputs inputs;
  inputs.rows = Array<std::int64_t>(stream_, largest_.examples);
  if (architecture_.has_events()) {
    inputs.first = Array<std::int64_t>(stream_, largest_.examples);
    inputs.length = Array<std::int32_t>(stream_, largest_.examples);
    if (largest_.carries) {
      inputs.closing = Array<std::int64_t>(stream_, largest_.examples);
      inputs.carried = Array<float>(stream_, largest_.examples * architecture_.carried_width());
    }
    inputs.event_number = Array<float>(stream_, largest_.event_rows * count(transform.events.names));
    inputs.event_code = Array<std::int32_t>(stream_, largest_.event_rows * count(transform.event_words));
  }
  if (architecture_.profile_width > 0) {
    inputs.profile_number = Array<float>(stream_, largest_.examples * count(transform.profile.names));
    inputs.profile_code = Array<std::int32_t>(stream_, largest_.examples * count(transform.profile_words));
  }
  return inputs;
}

StagedChunk Scorer::make_chunk() const {
  StagedChunk chunk;
  chunk.columns_ = architecture_.outputs();
  chunk.answers_ = Pinned<float>(stream_, answers_.size());
  chunk.rows_ = Pinned<std::int64_t>(stream_, now_.rows.size());
  chunk.first_ = Pinned<std::int64_t>(stream_, now_.first.size());
  chunk.length_ = Pinned<std::int32_t>(stream_, now_.length.size());
  chunk.closing_ = Pinned<std::int64_t>(stream_, now_.closing.size());
  chunk.carried_ = Pinned<float>(stream_, now_.carried.size());
  chunk.event_number_ = Pinned<float>(stream_, now_.event_number.size());
  chunk.event_code_ = Pinned<std::int32_t>(stream_, now_.event_code.size());
  chunk.profile_number_ = Pinned<float>(stream_, now_.profile_number.size());
  chunk.profile_code_ = Pinned<std::int32_t>(stream_, now_.profile_code.size());
  chunk.done_ = stream_.make_event();
  return chunk;
}

void Scorer::copy_inputs(const ExampleTable& table, const BatchPlan& plan, StagedChunk& chunk) {
  Stream& stream = copies_ ? *copies_ : stream_;
  Inputs& to = copies_ ? next_ : now_;
  sent_bytes_ += send_values<std::int64_t>(plan.order, chunk.rows_, to.rows, stream);
  if (architecture_.has_events()) {
    sent_bytes_ += send_values<float>(table.event_number, chunk.event_number_, to.event_number, stream);
    sent_bytes_ += send_values<std::int32_t>(table.event_code, chunk.event_code_, to.event_code, stream);
    const std::int64_t n = count(plan.order);
    for (std::int64_t i = 0; i < n; ++i) {
      const auto e = static_cast<std::size_t>(plan.order[static_cast<std::size_t>(i)]);
      chunk.first_[i] = table.first[e];
      chunk.length_[i] = table.length[e];
      if (!largest_.carries) continue;
      --chunk.length_[i];
      chunk.closing_[i] = chunk.first_[i] + chunk.length_[i];
    }
    copy<std::int64_t>(std::as_const(chunk.first_).view().sub(0, n), to.first.view().sub(0, n), stream);
    copy<std::int32_t>(std::as_const(chunk.length_).view().sub(0, n), to.length.view().sub(0, n), stream);
    sent_bytes_ += n * static_cast<std::int64_t>(sizeof(std::int64_t) + sizeof(std::int32_t));
    if (largest_.carries) {
      const std::int64_t values = n * architecture_.carried_width();
      copy<std::int64_t>(std::as_const(chunk.closing_).view().sub(0, n), to.closing.view().sub(0, n), stream);
      copy<float>(std::as_const(chunk.carried_).view().sub(0, values), to.carried.view().sub(0, values), stream);
      sent_bytes_ += n * static_cast<std::int64_t>(sizeof(std::int64_t)) + values * static_cast<std::int64_t>(sizeof(float));
    }
  }
  if (encoder_) {
    sent_bytes_ += send_values<float>(table.profile_number, chunk.profile_number_, to.profile_number, stream);
    sent_bytes_ += send_values<std::int32_t>(table.profile_code, chunk.profile_code_, to.profile_code, stream);
  }
}

void Scorer::encode_profiles(const ExampleTable& table) {
  if (!encoder_) return;
  const std::int64_t numbers = count(table.profile_numbers), codes = count(table.profile_codes), width = architecture_.profile_width;
  const MatrixView<const float> number(std::as_const(now_.profile_number).view(), table.size(), numbers);
  const MatrixView<const std::int32_t> code(std::as_const(now_.profile_code).view(), table.size(), codes);
  const MatrixView<float> profile = data_.profile.matrix(table.size(), width);
  for (std::int64_t begin = 0; begin < table.size(); begin += encoded_at_once) {
    const std::int64_t rows = std::min(encoded_at_once, table.size() - begin);
    encoder_->encode(number.row_range(begin, rows), code.row_range(begin, rows), profile.row_range(begin, rows), stream_);
  }
}

PlacedPlan Scorer::placed(const BatchPlan& plan, const StagedChunk& chunk) const {
  const std::int64_t n = count(plan.order);
  PlacedPlan placed;
  placed.rows = now_.rows.view().sub(0, n);
  if (!architecture_.has_events()) return placed;
  placed.first = now_.first.view().sub(0, n);
  placed.length = now_.length.view().sub(0, n);
  placed.host_length = chunk.length_.view().sub(0, n);
  return placed;
}

std::int64_t Scorer::send(const ExampleTable& table, const BatchPlan& plan, StagedChunk& chunk) {
  require(table.size() <= largest_.examples, "a chunk larger than its scorer");
  require(!architecture_.has_events() || table.event_rows() <= largest_.event_rows, "a chunk of more events than its scorer has room for");
  require(count(plan.order) == table.size(), "a plan that is not that of its chunk");
  sent_bytes_ = 0;
  if (copies_) copies_->wait(*used_[turn_]);
  copy_inputs(table, plan, chunk);
  if (copies_) {
    copies_->mark(*arrived_);
    stream_.wait(*arrived_);
    std::swap(now_, next_);
  }
  data_.examples = table.size();
  data_.event_rows = table.event_rows();
  std::swap(data_.event_number, now_.event_number);
  std::swap(data_.event_code, now_.event_code);
  encode_profiles(table);
  const std::int64_t n = table.size(), values = n * architecture_.outputs();
  predict(plan, placed(plan, chunk));
  copy<float>(std::as_const(answers_).view().sub(0, values), chunk.answers_.view().sub(0, values), stream_);
  if (largest_.carries) {
    const std::int64_t states = n * architecture_.carried_width();
    copy<float>(std::as_const(now_.carried).view().sub(0, states), chunk.carried_.view().sub(0, states), stream_);
  }
  stream_.mark(*chunk.done_);
  std::swap(data_.event_number, now_.event_number);
  std::swap(data_.event_code, now_.event_code);
  if (copies_) stream_.mark(*used_[turn_]);
  turn_ ^= 1;
  return sent_bytes_;
}

}  // namespace footfall
