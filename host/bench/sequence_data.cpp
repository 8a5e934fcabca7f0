#include "host/bench/sequence_data.hpp"

#include <algorithm>
#include <cmath>

#include "engine/data/draw.hpp"

namespace footfall {
namespace {

constexpr double mean_length = 12.0;
constexpr std::int64_t most_length = 200;
constexpr std::int64_t words = 500;

/// Number of trials up to the first success, of chance 1 / mean_length.
std::int32_t geometric(Draw& draw) {
  const double length = 1.0 + std::floor(std::log1p(-draw.uniform()) / std::log1p(-1.0 / mean_length));
  return static_cast<std::int32_t>(std::min(length, static_cast<double>(most_length)));
}

Architecture architecture_of(const BenchSizes& sizes, bool categories) {
  Architecture spec;
  const std::int64_t embedded = categories ? sizes.features / 3 : 0;
  spec.event_numbers = sizes.features - embedded;
  if (embedded > 0) spec.event_words = {words, words}, spec.embedding = {embedded - embedded / 2, embedded / 2};
  std::erase(spec.embedding, 0);
  spec.event_words.resize(spec.embedding.size());
  spec.hidden = sizes.hidden;
  spec.heads.push_back({});
  spec.heads.back().name = "purchase";
  return spec;
}

}  // namespace

std::int64_t SequenceData::longest() const { return *std::max_element(table.length.begin(), table.length.end()); }

double SequenceData::forward_operations() const {
  double a_step = 0.0;
  std::int64_t input = architecture.step_width();
  for (const std::int64_t hidden : architecture.hidden) {
    a_step += 2.0 * static_cast<double>(gates(architecture.cell) * hidden * (input + hidden));
    input = hidden;
  }
  return a_step * static_cast<double>(steps());
}

SequenceData draw_sequences(const BenchSizes& sizes, const SequenceShape& shape, std::uint64_t seed) {
  Draw draw(seed);
  SequenceData data;
  data.architecture = architecture_of(sizes, shape.categories);
  ExampleTable& table = data.table;
  std::int64_t steps = 0;
  data.labels.emplace_back();
  for (std::int64_t e = 0; e < shape.sequences; ++e) {
    table.keys.push_back({e, 0});
    table.first.push_back(steps);
    table.length.push_back(shape.ragged ? geometric(draw) : static_cast<std::int32_t>(sizes.time));
    steps += table.length.back();
    data.labels.front().push_back(draw.uniform() < 0.3 ? 1.0F : 0.0F);
  }
  const std::int64_t numbers = data.architecture.event_numbers;
  for (std::int64_t c = 0; c < numbers; ++c) table.event_numbers.push_back("number_" + std::to_string(c));
  for (std::int64_t i = 0; i < steps * numbers; ++i) table.event_number.push_back(draw.within(1.7));   // deviation about 1
  for (std::size_t c = 0; c < data.architecture.embedding.size(); ++c) table.event_codes.push_back("word_" + std::to_string(c));
  for (std::int64_t i = 0; i < steps * static_cast<std::int64_t>(table.event_codes.size()); ++i)
    table.event_code.push_back(static_cast<std::int32_t>(draw.below(words)));
  data.transform.events.names = table.event_numbers;
  data.transform.events.logarithm.assign(static_cast<std::size_t>(numbers), 0);
  data.transform.events.scale.assign(static_cast<std::size_t>(numbers), ColumnScale{});
  data.transform.event_words.resize(table.event_codes.size());
  return data;
}

}  // namespace footfall
