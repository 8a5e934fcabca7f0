// Chunks sent one behind the other must score as each example would in one upload, to the bit: on a device this holds only if nothing is
// overwritten before the stream has read it.
#include "engine/score/scorer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "engine/pipeline/pipeline.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t partition = 9;   ///< examples in a group, of which a chunk has several

/// Examples with journeys of 1 to 6 steps, two numbers and a category each, and three columns of a table.
ExampleTable make_table(std::int64_t examples, bool events) {
  ExampleTable table;
  test::Numbers numbers(21);
  table.profile_numbers = {"age", "income"};
  table.profile_codes = {"city"};
  if (events) {
    table.event_numbers = {"gap", "price"};
    table.event_codes = {"type"};
  }
  for (std::int64_t e = 0; e < examples; ++e) {
    table.keys.push_back({e, 0});
    table.profile_number.push_back(e % 8 == 1 ? missing : static_cast<float>(numbers.next()));
    table.profile_number.push_back(static_cast<float>(10.0 * numbers.next()));
    table.profile_code.push_back(static_cast<std::int32_t>(numbers.below(3)));
    if (!events) continue;
    table.first.push_back(table.event_rows());
    table.length.push_back(static_cast<std::int32_t>(1 + numbers.below(6)));
    for (std::int32_t t = 0; t < table.length.back(); ++t) {
      table.event_number.push_back(static_cast<float>(numbers.next()));
      table.event_number.push_back(numbers.below(5) == 0 ? missing : static_cast<float>(numbers.next()));
      table.event_code.push_back(static_cast<std::int32_t>(numbers.below(4)));
    }
  }
  return table;
}

/// Rows begin .. end as a table of their own.
ExampleTable part_of(const ExampleTable& table, std::int64_t begin, std::int64_t end) {
  ExampleTable part;
  part.event_numbers = table.event_numbers;
  part.event_codes = table.event_codes;
  part.profile_numbers = table.profile_numbers;
  part.profile_codes = table.profile_codes;
  const auto cut = [](const auto& from, std::int64_t first, std::int64_t last, std::size_t width, auto& to) {
    const auto w = static_cast<std::int64_t>(width);
    to.assign(from.begin() + first * w, from.begin() + last * w);
  };
  cut(table.keys, begin, end, 1, part.keys);
  cut(table.profile_number, begin, end, table.profile_numbers.size(), part.profile_number);
  cut(table.profile_code, begin, end, table.profile_codes.size(), part.profile_code);
  if (table.length.empty()) return part;
  const std::int64_t row = table.first[static_cast<std::size_t>(begin)];
  const std::int64_t after = table.first[static_cast<std::size_t>(end - 1)] + table.length[static_cast<std::size_t>(end - 1)];
  cut(table.length, begin, end, 1, part.length);
  for (std::int64_t e = begin; e < end; ++e) part.first.push_back(table.first[static_cast<std::size_t>(e)] - row);
  cut(table.event_number, row, after, table.event_numbers.size(), part.event_number);
  cut(table.event_code, row, after, table.event_codes.size(), part.event_code);
  return part;
}

/// Of each example's events those from `from` to `to` (of each, counted without the closing step), and its closing step.
ExampleTable window_of(const ExampleTable& table, const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& to) {
  ExampleTable out = table;
  out.first.clear();
  out.length.clear();
  out.event_number.clear();
  out.event_code.clear();
  for (std::size_t e = 0; e < table.keys.size(); ++e) {
    out.first.push_back(out.event_rows());
    out.length.push_back(static_cast<std::int32_t>(to[e] - from[e] + 1));
    const auto add = [&](std::int64_t row) {
      out.event_number.insert(out.event_number.end(), table.event_number.begin() + 2 * row, table.event_number.begin() + 2 * row + 2);
      out.event_code.push_back(table.event_code[static_cast<std::size_t>(row)]);
    };
    for (std::int64_t t = from[e]; t < to[e]; ++t) add(table.first[e] + t);
    add(table.first[e] + table.length[e] - 1);
  }
  return out;
}

std::vector<std::vector<std::int64_t>> groups_of(std::int64_t examples) {
  std::vector<std::vector<std::int64_t>> groups;
  for (std::int64_t e = 0; e < examples; ++e) {
    if (e % partition == 0) groups.emplace_back();
    groups.back().push_back(e);
  }
  return groups;
}

class ScorerTest : public test::BackendTest {
 protected:
  struct Model {
    Transform transform;
    Architecture architecture;
    std::vector<float> parameters;
  };

  Model model_of(const ExampleTable& table) {
    const std::vector<std::string> types = {"a", "b", "c", "d"}, cities = {"x", "y", "z"};
    Dictionaries dictionaries;
    if (!table.event_codes.empty()) dictionaries.event = {&types};
    dictionaries.profile = {&cities};
    std::vector<std::int64_t> all;
    for (std::int64_t e = 0; e < table.size(); ++e) all.push_back(e);
    Model model;
    model.transform = fit_transform(table, dictionaries, all, {}, backend(), stream());
    Architecture& spec = model.architecture;
    if (!table.event_numbers.empty()) {
      spec.event_numbers = 2;
      spec.event_indicators = model.transform.events.indicators();
      spec.event_words = {model.transform.event_words[0].size()};
      spec.embedding = {3};
      spec.hidden = {8, 5};
    }
    spec.profile_width = model.transform.profile_width();
    spec.layers = {7};
    spec.members = 2;
    spec.heads.resize(2);
    spec.heads[1].kind = HeadKind::classes;
    spec.heads[1].classes = {"one", "two", "three"};
    model.parameters = initial_parameters(spec, ParameterLayout(spec), 5);
    return model;
  }

  /// Everything in one upload, by the way that fit and evaluate take.
  std::vector<float> at_once(const Model& model, const ExampleTable& table) {
    const DeviceExamples device = upload_examples(table, model.transform, true, backend(), stream());
    const ParameterLayout layout(model.architecture);
    const BatchPlan plan = plan_groups(table.length, groups_of(table.size()), prediction_batch);
    NeuralNetwork network(model.architecture, layout, model.transform.events.scale, device, {partition, longest(table.length, plan), false}, 0, backend(), stream());
    const Array<float> parameters = upload(model.parameters, stream());
    ResidentFeed feed(table, device);
    const std::vector<float> planned = predict(network, model.architecture, feed, plan, parameters.view(), stream());
    const auto width = static_cast<std::size_t>(model.architecture.outputs());
    std::vector<float> out(planned.size());
    for (std::size_t i = 0; i < plan.order.size(); ++i)
      for (std::size_t k = 0; k < width; ++k) out[static_cast<std::size_t>(plan.order[i]) * width + k] = planned[i * width + k];
    return out;
  }

  /// In chunks, of which as many are under way as there is memory for: one thread sends, another collects.
  std::vector<float> in_chunks(const Model& model, const ExampleTable& table, std::int64_t size, std::size_t under_way) {
    Scorer scorer(model.architecture, model.transform, model.parameters, {size, 7 * size, partition, 7}, backend(), stream());
    struct Chunk {
      ExampleTable table;
      BatchPlan plan;
      StagedChunk staged;
      std::vector<float> outputs;
    };
    std::vector<float> all;
    Pipeline<Chunk> pipeline("send", [&, begin = std::int64_t{0}](Chunk& chunk) mutable -> std::optional<Load> {
      if (begin == table.size()) return std::nullopt;
      const std::int64_t end = std::min(table.size(), begin + size);
      chunk.table = part_of(table, begin, end);
      chunk.plan = plan_groups(chunk.table.length, groups_of(chunk.table.size()), prediction_batch);
      begin = end;
      return Load{chunk.table.size(), scorer.send(chunk.table, chunk.plan, chunk.staged)};
    });
    pipeline.then("collect", [&](Chunk& chunk) {
      chunk.staged.outputs_of(chunk.plan, chunk.outputs);
      all.insert(all.end(), chunk.outputs.begin(), chunk.outputs.end());
      return Load{};
    });
    std::vector<Chunk> ring(under_way);
    for (Chunk& chunk : ring) chunk.staged = scorer.make_chunk();
    EXPECT_GT(pipeline.run(ring).front().bytes, 0);
    return all;
  }

  /// In chunks that bring the states of their journeys, a row an example, and take them back.
  std::vector<float> carried(const Model& model, const ExampleTable& table, std::vector<float>& states) {
    constexpr std::int64_t size = 3 * partition;
    const std::int64_t width = model.architecture.carried_width();
    Scorer scorer(model.architecture, model.transform, model.parameters, {size, 7 * size, partition, 7, true}, backend(), stream());
    StagedChunk chunks[2] = {scorer.make_chunk(), scorer.make_chunk()};   // the second is sent while the device has the first
    BatchPlan plans[2];
    std::vector<float> all(table.keys.size() * static_cast<std::size_t>(model.architecture.outputs())), outputs;
    const auto row_of = [&](std::int64_t begin, const BatchPlan& plan, std::size_t i) { return states.begin() + (begin + plan.order[i]) * width; };
    const auto collect = [&](std::int64_t begin, int turn) {
      chunks[turn].outputs_of(plans[turn], outputs);
      std::copy(outputs.begin(), outputs.end(), all.begin() + begin * model.architecture.outputs());
      for (std::size_t i = 0; i < plans[turn].order.size(); ++i)
        std::copy_n(chunks[turn].carried().begin() + static_cast<std::int64_t>(i) * width, width, row_of(begin, plans[turn], i));
    };
    int turn = 0;
    for (std::int64_t begin = 0; begin < table.size(); begin += size, turn ^= 1) {
      const ExampleTable part = part_of(table, begin, std::min(table.size(), begin + size));
      plans[turn] = plan_groups(part.length, groups_of(part.size()), prediction_batch);
      for (std::size_t i = 0; i < plans[turn].order.size(); ++i)
        std::copy_n(row_of(begin, plans[turn], i), width, chunks[turn].carried().begin() + static_cast<std::int64_t>(i) * width);
      EXPECT_GE(scorer.send(part, plans[turn], chunks[turn]), part.size() * width * 4);
      if (begin > 0) collect(begin - size, turn ^ 1);
    }
    collect((table.size() - 1) / size * size, turn ^ 1);
    return all;
  }
};

TEST_F(ScorerTest, ScoresChunksAsItScoresAll) {
  const ExampleTable table = make_table(8 * partition + 4, true);
  const Model model = model_of(table);
  const std::vector<float> expected = at_once(model, table);
  for (const std::int64_t size : {partition, 3 * partition, 20 * partition})
    for (const std::size_t under_way : {1, 2, 3}) test::expect_same_bits(in_chunks(model, table, size, under_way), expected, std::to_string(size) + " at once");
}

/// With several threads and many batches each thread takes whole batches; with few all of them work on one. No bit may tell.
TEST_F(ScorerTest, ScoresTheSameBitsWithAnyTeam) {
  if (!test::on_cpu()) GTEST_SKIP() << "a device has one stream";
  for (const bool events : {true, false}) {
    const ExampleTable table = make_table(13 * partition + 4, events);
    const Model model = model_of(table);
    const std::vector<float> expected = at_once(model, table);
    const BatchPlan plan = plan_groups(table.length, groups_of(table.size()), prediction_batch);
    for (const int threads : {1, 2, 3, 7}) {
      const std::unique_ptr<Backend> team = make_backend(Device{}, {threads, true});
      const std::unique_ptr<Stream> stream = team->make_stream();
      Scorer scorer(model.architecture, model.transform, model.parameters, {table.size(), 7 * table.size(), partition, 7}, *team, *stream);
      StagedChunk staged = scorer.make_chunk();
      for (int again = 0; again < 3; ++again) {
        std::vector<float> outputs;
        static_cast<void>(scorer.send(table, plan, staged));
        staged.outputs_of(plan, outputs);
        test::expect_same_bits(outputs, expected, std::to_string(threads) + " threads");
      }
    }
  }
}

TEST_F(ScorerTest, CarriesStatesOfJourneysFromCallToCall) {
  const ExampleTable table = make_table(7 * partition + 2, true);
  std::vector<std::int64_t> none(table.keys.size(), 0), some, all;
  for (std::size_t e = 0; e < table.keys.size(); ++e) {
    all.push_back(table.length[e] - 1);
    some.push_back(static_cast<std::int64_t>(e) % table.length[e]);   // none, some, and all of its events
  }
  for (const Cell cell : {Cell::lstm, Cell::gru}) {
    Model model = model_of(table);
    model.architecture.cell = cell;
    model.parameters = initial_parameters(model.architecture, ParameterLayout(model.architecture), 5);
    const std::vector<float> outputs = at_once(model, table);
    const std::vector<double> expected(outputs.begin(), outputs.end());
    std::vector<float> states(table.keys.size() * static_cast<std::size_t>(model.architecture.carried_width()), 0.0F), whole = states;
    // The sums of a step are those of the run in one piece; that runs of other shapes round differently is a few units of the last place.
    test::expect_close(carried(model, window_of(table, none, all), whole), expected, {1e-6, 0.0}, "from nothing");
    static_cast<void>(carried(model, window_of(table, none, some), states));
    test::expect_close(carried(model, window_of(table, some, all), states), expected, {1e-6, 0.0}, "the rest of the events");
    test::expect_close(carried(model, window_of(table, all, all), states), expected, {1e-6, 0.0}, "no event");
    test::expect_close(states, std::vector<double>(whole.begin(), whole.end()), {1e-6, 0.0}, "states");
    EXPECT_EQ(model.architecture.carried_width(), cell == Cell::lstm ? 26 : 13);
  }
}

TEST_F(ScorerTest, ScoresATableWithoutEvents) {
  const ExampleTable table = make_table(5 * partition, false);
  const Model model = model_of(table);
  test::expect_same_bits(in_chunks(model, table, 2 * partition, 2), at_once(model, table), "table alone");
}

TEST_F(ScorerTest, RefusesAChunkThatHasNoRoom) {
  const ExampleTable table = make_table(2 * partition, true);
  const Model model = model_of(table);
  Scorer scorer(model.architecture, model.transform, model.parameters, {partition, 7 * partition, partition, 7}, backend(), stream());
  StagedChunk staged = scorer.make_chunk();
  const BatchPlan plan = plan_groups(table.length, groups_of(table.size()), prediction_batch);
  EXPECT_THROW(scorer.send(table, plan, staged), Error);
}

}  // namespace
}  // namespace footfall
