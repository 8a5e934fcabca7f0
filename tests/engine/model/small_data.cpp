#include "tests/engine/model/small_data.hpp"

#include <algorithm>
#include <utility>

namespace footfall::test {

DeviceRun::DeviceRun(const Architecture& spec, const ParameterLayout& layout, const SmallData& data, Backend& backend, Stream& stream)
    : data_(data),
      backend_(backend),
      stream_(stream),
      parameters_(stream, layout.size()),
      gradient_(stream, layout.size()),
      first_moment_(stream, layout.size()),
      second_moment_(stream, layout.size()),
      loss_(stream, static_cast<std::int64_t>(spec.heads.size())),
      norm_(stream, 1),
      ranges_(upload(layout.ranges(0.0F), stream)) {
  clear(first_moment_.view(), stream);
  clear(second_moment_.view(), stream);
  clear(norm_.view(), stream);
  device_.event_number = upload(data.event_number, stream);
  device_.event_code = upload(data.event_code, stream);
  device_.profile = upload(data.profile, stream);
  device_.examples = static_cast<std::int64_t>(data.labels[0].size());
  device_.event_rows = spec.event_numbers == 0 ? 0 : static_cast<std::int64_t>(data.event_number.size()) / spec.event_numbers;
  std::vector<std::int64_t> first;
  if (spec.has_events())
    for (const std::int64_t row : data.batch) {
      first.push_back(data.first[static_cast<std::size_t>(row)]);
      lengths_.push_back(data.length[static_cast<std::size_t>(row)]);
    }
  const std::int64_t room = data.size() + 2, time = lengths_.empty() ? 0 : lengths_.front() + 1;
  network_ = std::make_unique<NeuralNetwork>(spec, layout, data.scale, device_, NeuralNetwork::Size{room, time, true}, data.seed, backend, stream);
  BatchSlots& slots = network_->slots();
  copy<std::int64_t>(view_of(data.batch), slots.rows.view().sub(0, data.size()), stream);
  copy<std::int64_t>(view_of(data.batch), slots.examples.view().sub(0, data.size()), stream);
  for (std::size_t h = 0; h < data.labels.size(); ++h) {
    std::vector<float> labels;
    for (const std::int64_t row : data.batch) labels.push_back(data.labels[h][static_cast<std::size_t>(row)]);
    copy<float>(view_of(labels), slots.labels.view().sub(static_cast<std::int64_t>(h) * room, data.size()), stream);
  }
  copy<StepState>(view_of(std::vector<StepState>{data.state}), slots.state.view(), stream);
  if (!spec.has_events()) return;
  copy<std::int64_t>(view_of(first), slots.first.view().sub(0, data.size()), stream);
  copy<std::int32_t>(view_of(lengths_), slots.length.view().sub(0, data.size()), stream);
}

Batch DeviceRun::batch() const {
  if (lengths_.empty()) return {data_.size(), 0, {}};
  return {data_.size(), lengths_.front(), view_of(lengths_)};
}

Learned DeviceRun::learn(const std::vector<float>& parameters) {
  copy<float>(view_of(parameters), parameters_.view(), stream_);
  clear(gradient_.view(), stream_);
  clear(loss_.view(), stream_);
  network_->learn(batch(), std::as_const(parameters_).view(), gradient_.view(), loss_.view());
  return {download(gradient_.view(), stream_), download(loss_.view(), stream_)};
}

std::vector<float> DeviceRun::step() {
  backend_.layers().adam(parameters_.view(), std::as_const(gradient_).view(), first_moment_.view(), second_moment_.view(),
                         std::as_const(ranges_).view(), AdamSpec{}, std::as_const(network_->slots().state).view(),
                         std::as_const(norm_).view(), stream_);
  return download(parameters_.view(), stream_);
}

std::vector<float> DeviceRun::predict(const std::vector<float>& parameters) {
  copy<float>(view_of(parameters), parameters_.view(), stream_);
  const MatrixView<const float> out = network_->predict(batch(), std::as_const(parameters_).view());
  return download(View<const float>(out.data, out.rows * out.columns, out.place), stream_);
}

}  // namespace footfall::test
