#include "tests/engine/train/toy.hpp"

#include "engine/train/predict.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

const std::vector<std::string> kinds = {"look", "buy"};

/// The label is positive when the purchases' values and the profile's number sum above 0, with a margin, so that it can be learnt.
void tell_examples(ExampleTable& table, std::vector<std::vector<float>>& labels) {
  Numbers numbers(17);
  table.event_numbers = {"value"};
  table.event_codes = {"kind"};
  table.profile_numbers = {"x", "noise"};
  labels.resize(2);
  for (std::int64_t e = 0; e < Toy::examples; ++e) {
    const double side = e % 2 == 0 ? 1.0 : -1.0;
    table.keys.push_back({e, 0});
    table.first.push_back(static_cast<std::int64_t>(table.event_number.size()));
    const std::int64_t events = numbers.below(6);
    for (std::int64_t i = 0; i < events; ++i) {
      const bool bought = numbers.below(2) == 1;
      table.event_code.push_back(bought ? 1 : 0);
      table.event_number.push_back(static_cast<float>(bought ? side * (1.0 + numbers.next()) : 2.0 * numbers.next()));
    }
    table.event_code.push_back(-1);
    table.event_number.push_back(std::numeric_limits<float>::quiet_NaN());
    table.length.push_back(static_cast<std::int32_t>(events + 1));
    table.profile_number.push_back(static_cast<float>(side * (1.5 + numbers.next())));
    table.profile_number.push_back(static_cast<float>(numbers.next()));
    labels[0].push_back(side > 0.0 ? 1.0F : 0.0F);
    labels[1].push_back(static_cast<float>(20.0 * side * (1.0 + 0.1 * numbers.next())));
  }
}

}  // namespace

Toy::Toy(Backend& backend, Stream& stream) : backend_(backend), stream_(stream) {
  tell_examples(table, labels);
  for (std::int64_t e = 0; e < examples; ++e) (e < examples * 3 / 4 ? training : validation).push_back(e);
  words_ = {{&kinds}, {}};
  raw = table;
  transform_ = fit_transform(table, words_, training, {}, backend, stream);
  recode(table, words_, transform_, backend.team());
  device_ = upload_examples(table, transform_, true, backend, stream);
  architecture.event_numbers = 1;
  architecture.event_indicators = transform_.events.indicators();
  architecture.event_words = {transform_.event_words[0].size()};
  architecture.embedding = {2};
  architecture.hidden = {6};
  architecture.profile_width = transform_.profile_width();
  architecture.layers = {8};
  architecture.members = 3;
  architecture.dropout = 0.1F;
  architecture.heads.resize(2);
  architecture.heads[1].kind = HeadKind::number;
  for (std::size_t h = 0; h < 2; ++h) {
    fit_head(architecture.heads[h], labels[h], training);
    labels[h] = loss_labels(architecture.heads[h], labels[h]);
  }
  layout_ = std::make_unique<ParameterLayout>(architecture);
}

TrainingResult Toy::train(const TrainingSpec& spec, bool validate, const TrainingHooks& hooks) {
  ResidentFeed feed(table, device_);
  const TrainingData data{feed, transform_, labels, training, validate ? std::span<const std::int64_t>(validation) : std::span<const std::int64_t>()};
  return footfall::train(architecture, *layout_, spec, data, initial(spec.seed), backend_, stream_, hooks);
}

TrainingResult Toy::train(const TrainingSpec& spec, ExampleFeed& feed, const TrainingHooks& hooks) {
  const TrainingData data{feed, transform_, labels, training, validation};
  return footfall::train(architecture, *layout_, spec, data, initial(spec.seed), backend_, stream_, hooks);
}

std::vector<float> Toy::predictions(const std::vector<float>& parameters, const BatchPlan& plan, std::int64_t more) {
  std::int64_t largest = 0;
  for (std::int64_t k = 0; k < plan.batches(); ++k)
    largest = std::max(largest, plan.start[static_cast<std::size_t>(k) + 1] - plan.start[static_cast<std::size_t>(k)]);
  NeuralNetwork network(architecture, *layout_, transform_.events.scale, device_, {largest + more, longest(table.length, plan) + more, false}, 42,
                  backend_, stream_);
  const Array<float> there = upload(parameters, stream_);
  ResidentFeed feed(table, device_);
  return predict(network, architecture, feed, plan, there.view(), stream_);
}

}  // namespace footfall::test
