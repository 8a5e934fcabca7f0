#include "engine/train/predict.hpp"

#include <algorithm>

namespace footfall {
namespace {

constexpr std::int64_t encoded_at_once = 16'384;

}  // namespace

DeviceExamples upload_examples(const ExampleTable& table, const Transform& transform, bool profile, Backend& backend, Stream& stream) {
  DeviceExamples out;
  out.examples = table.size();
  out.event_rows = table.event_rows();
  out.event_number = upload(table.event_number, stream);
  out.event_code = upload(table.event_code, stream);
  const std::int64_t width = profile ? transform.profile_width() : 0;
  out.profile = Array<float>(stream, table.size() * width);
  if (width == 0) return out;
  const auto numbers = static_cast<std::int64_t>(table.profile_numbers.size()), codes = static_cast<std::int64_t>(table.profile_codes.size());
  const std::int64_t largest = std::min(encoded_at_once, table.size());
  ProfileEncoder encoder(transform, largest, backend, stream);
  Array<float> number(stream, largest * numbers);
  Array<std::int32_t> code(stream, largest * codes);
  for (std::int64_t begin = 0; begin < table.size(); begin += largest) {
    const std::int64_t rows = std::min(largest, table.size() - begin);
    copy<float>(view_of(table.profile_number).sub(begin * numbers, rows * numbers), number.view().sub(0, rows * numbers), stream);
    copy<std::int32_t>(view_of(table.profile_code).sub(begin * codes, rows * codes), code.view().sub(0, rows * codes), stream);
    encoder.encode(MatrixView<const float>(number.view(), rows, numbers), MatrixView<const std::int32_t>(code.view(), rows, codes),
                   out.profile.matrix(table.size(), width).row_range(begin, rows), stream);
  }
  stream.synchronize();
  return out;
}

std::int64_t longest(std::span<const std::int32_t> lengths, const BatchPlan& plan) {
  std::int64_t most = 0;
  if (lengths.empty()) return most;
  for (const std::int64_t e : plan.order) most = std::max<std::int64_t>(most, lengths[static_cast<std::size_t>(e)]);
  return most;
}

std::vector<float> predict(NeuralNetwork& network, const Architecture& spec, ExampleFeed& feed, const BatchPlan& plan, View<const float> parameters, Stream& stream) {
  const std::int64_t outputs = spec.outputs();
  const auto n = static_cast<std::int64_t>(plan.order.size());
  const Placement placement = feed.lay_out(plan);
  std::vector<std::int32_t> length;
  if (spec.has_events())
    for (const std::int64_t e : plan.order) length.push_back(feed.lengths()[static_cast<std::size_t>(e)]);
  const Array<std::int64_t> all_rows = upload(placement.profile, stream), all_first = upload(placement.first, stream);
  const Array<std::int32_t> all_length = upload(length, stream);
  Array<float> answers(stream, n * outputs);
  const PlacedPlan placed{all_rows.view(), all_first.view(), all_length.view(), view_of(length)};
  for (std::int64_t k = 0; k < plan.batches(); ++k) {
    feed.bring(k);
    predict_batch(network, plan, k, placed, parameters, answers.matrix(n, outputs), stream);
  }
  return download(answers.view(), stream);
}

void predict_batch(NeuralNetwork& network, const BatchPlan& plan, std::int64_t k, const PlacedPlan& placed, View<const float> parameters, MatrixView<float> answers,
                   Stream& stream) {
  BatchSlots& slots = network.slots();
  const std::int64_t begin = plan.start[static_cast<std::size_t>(k)], size = plan.start[static_cast<std::size_t>(k) + 1] - begin;
  copy<std::int64_t>(placed.rows.sub(begin, size), slots.rows.view().sub(0, size), stream);
  Batch batch{size, 0, {}};
  if (!placed.host_length.empty()) {
    copy<std::int64_t>(placed.first.sub(begin, size), slots.first.view().sub(0, size), stream);
    copy<std::int32_t>(placed.length.sub(begin, size), slots.length.view().sub(0, size), stream);
    batch.lengths = placed.host_length.sub(begin, size);
    batch.time = batch.lengths.data[0];
  }
  const MatrixView<const float> out = network.predict(batch, parameters);
  const std::int64_t values = size * out.columns;
  copy<float>(View<const float>(out.data, values, out.place), View<float>(answers.row_range(begin, size).data, values, answers.place), stream);
}

}  // namespace footfall
