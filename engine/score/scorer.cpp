#include "engine/score/scorer.hpp"

#include <algorithm>
#include <utility>

#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t encoded_at_once = 16'384;

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
      stream_(stream),
      parameters_(upload(parameters, stream)),
      answers_(stream, largest.examples * architecture.outputs()),
      rows_(stream, largest.examples) {
  if (!architecture.has_events()) largest_.event_rows = largest_.time = 0;
  if (architecture.has_events()) {
    first_ = Array<std::int64_t>(stream, largest.examples);
    length_ = Array<std::int32_t>(stream, largest.examples);
    data_.event_number = Array<float>(stream, largest.event_rows * count(transform.events.names));
    data_.event_code = Array<std::int32_t>(stream, largest.event_rows * count(transform.event_words));
  }
  if (architecture.profile_width > 0) {
    profile_number_ = Array<float>(stream, largest.examples * count(transform.profile.names));
    profile_code_ = Array<std::int32_t>(stream, largest.examples * count(transform.profile_words));
    data_.profile = Array<float>(stream, largest.examples * architecture.profile_width);
    encoder_ = std::make_unique<ProfileEncoder>(transform, std::min(encoded_at_once, largest.examples), backend, stream);
  }
  network_ = std::make_unique<NeuralNetwork>(architecture_, layout_, transform.events.scale, data_, NeuralNetwork::Size{largest_.batch, largest_.time, false}, 0, backend, stream);
}

StagedChunk Scorer::make_chunk() const {
  StagedChunk chunk;
  chunk.columns_ = architecture_.outputs();
  chunk.answers_ = Pinned<float>(stream_, answers_.size());
  chunk.rows_ = Pinned<std::int64_t>(stream_, rows_.size());
  chunk.first_ = Pinned<std::int64_t>(stream_, first_.size());
  chunk.length_ = Pinned<std::int32_t>(stream_, length_.size());
  chunk.event_number_ = Pinned<float>(stream_, data_.event_number.size());
  chunk.event_code_ = Pinned<std::int32_t>(stream_, data_.event_code.size());
  chunk.profile_number_ = Pinned<float>(stream_, profile_number_.size());
  chunk.profile_code_ = Pinned<std::int32_t>(stream_, profile_code_.size());
  chunk.done_ = stream_.make_event();
  return chunk;
}

void Scorer::send_events(const ExampleTable& table, StagedChunk& chunk) {
  if (!architecture_.has_events()) return;
  data_.event_rows = table.event_rows();
  sent_bytes_ += send_values<float>(table.event_number, chunk.event_number_, data_.event_number, stream_);
  sent_bytes_ += send_values<std::int32_t>(table.event_code, chunk.event_code_, data_.event_code, stream_);
}

void Scorer::send_profiles(const ExampleTable& table, StagedChunk& chunk) {
  if (!encoder_) return;
  const std::int64_t numbers = count(table.profile_numbers), codes = count(table.profile_codes), width = architecture_.profile_width;
  sent_bytes_ += send_values<float>(table.profile_number, chunk.profile_number_, profile_number_, stream_);
  sent_bytes_ += send_values<std::int32_t>(table.profile_code, chunk.profile_code_, profile_code_, stream_);
  const MatrixView<const float> number(std::as_const(profile_number_).view(), table.size(), numbers);
  const MatrixView<const std::int32_t> code(std::as_const(profile_code_).view(), table.size(), codes);
  const MatrixView<float> profile = data_.profile.matrix(table.size(), width);
  for (std::int64_t begin = 0; begin < table.size(); begin += encoded_at_once) {
    const std::int64_t rows = std::min(encoded_at_once, table.size() - begin);
    encoder_->encode(number.row_range(begin, rows), code.row_range(begin, rows), profile.row_range(begin, rows), stream_);
  }
}

PlacedPlan Scorer::send_plan(const ExampleTable& table, const BatchPlan& plan, StagedChunk& chunk) {
  PlacedPlan placed;
  sent_bytes_ += send_values<std::int64_t>(plan.order, chunk.rows_, rows_, stream_);
  placed.rows = std::as_const(rows_).view().sub(0, count(plan.order));
  if (!architecture_.has_events()) return placed;
  for (std::int64_t i = 0; i < count(plan.order); ++i) {
    const auto e = static_cast<std::size_t>(plan.order[static_cast<std::size_t>(i)]);
    chunk.first_[i] = table.first[e];
    chunk.length_[i] = table.length[e];
  }
  const std::int64_t n = count(plan.order);
  copy<std::int64_t>(std::as_const(chunk.first_).view().sub(0, n), first_.view().sub(0, n), stream_);
  copy<std::int32_t>(std::as_const(chunk.length_).view().sub(0, n), length_.view().sub(0, n), stream_);
  sent_bytes_ += n * static_cast<std::int64_t>(sizeof(std::int64_t) + sizeof(std::int32_t));
  placed.first = std::as_const(first_).view().sub(0, n);
  placed.length = std::as_const(length_).view().sub(0, n);
  placed.host_length = std::as_const(chunk.length_).view().sub(0, n);
  return placed;
}

std::int64_t Scorer::send(const ExampleTable& table, const BatchPlan& plan, StagedChunk& chunk) {
  require(table.size() <= largest_.examples, "a chunk larger than its scorer");
  require(!architecture_.has_events() || table.event_rows() <= largest_.event_rows, "a chunk of more events than its scorer has room for");
  require(count(plan.order) == table.size(), "a plan that is not that of its chunk");
  sent_bytes_ = 0;
  data_.examples = table.size();
  send_events(table, chunk);
  send_profiles(table, chunk);
  const PlacedPlan placed = send_plan(table, plan, chunk);
  const std::int64_t n = table.size(), values = n * architecture_.outputs();
  predict_batches(*network_, plan, placed, std::as_const(parameters_).view(), answers_.matrix(n, architecture_.outputs()), stream_);
  copy<float>(std::as_const(answers_).view().sub(0, values), chunk.answers_.view().sub(0, values), stream_);
  stream_.mark(*chunk.done_);
  return sent_bytes_;
}

}  // namespace footfall
