// Chunks in flight give what a table gives by itself.
#include "engine/score/scorer.hpp"

#include <gtest/gtest.h>

#include <array>

#include "kernels/error.hpp"
#include "tests/engine/train/toy.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using test::Toy;

/// Examples [begin, end) of a table as a table of their own.
ExampleTable part_of(const ExampleTable& table, std::int64_t begin, std::int64_t end) {
  ExampleTable part = table;
  const auto cut = [](auto& values, std::int64_t from, std::int64_t to) {
    values.erase(values.begin() + to, values.end());
    values.erase(values.begin(), values.begin() + from);
  };
  const std::int64_t first = table.first[static_cast<std::size_t>(begin)];
  const std::int64_t last = end == table.size() ? table.event_rows() : table.first[static_cast<std::size_t>(end)];
  cut(part.keys, begin, end);
  cut(part.first, begin, end);
  cut(part.length, begin, end);
  cut(part.event_number, first, last);
  cut(part.event_code, first, last);
  cut(part.profile_number, begin * 2, end * 2);
  for (std::int64_t& row : part.first) row -= first;
  return part;
}

class ScorerTest : public test::BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    toy_ = std::make_unique<Toy>(backend(), stream());
    parameters_ = toy_->initial();
  }
  [[nodiscard]] static BatchPlan plan_of(const ExampleTable& table, std::int64_t batch) {
    std::vector<std::int64_t> all;
    for (std::int64_t e = 0; e < table.size(); ++e) all.push_back(e);
    return plan_groups(table.length, std::vector<std::vector<std::int64_t>>{all}, batch);
  }
  /// Outputs in the order of the table, from the table alone.
  [[nodiscard]] std::vector<float> alone(const ExampleTable& table, std::int64_t batch) {
    const DeviceExamples device = upload_examples(table, toy_->transform(), true, backend(), stream());
    const BatchPlan plan = plan_of(table, batch);
    NeuralNetwork network(toy_->architecture, toy_->layout(), toy_->transform().events.scale, device, {batch, longest(table.length, plan), false}, 0,
                    backend(), stream());
    const Array<float> there = upload(parameters_, stream());
    ResidentFeed feed(table, device);
    const std::vector<float> planned = predict(network, toy_->architecture, feed, plan, there.view(), stream());
    std::vector<float> outputs(planned.size());
    for (std::size_t i = 0; i < plan.order.size(); ++i)
      for (std::size_t c = 0; c < 2; ++c) outputs[static_cast<std::size_t>(plan.order[i]) * 2 + c] = planned[2 * i + c];
    return outputs;
  }
  [[nodiscard]] Scorer scorer() { return {toy_->architecture, toy_->transform(), parameters_, {60, 400, 16, 9}, backend(), stream()}; }

  std::unique_ptr<Toy> toy_;
  std::vector<float> parameters_;
};

TEST_F(ScorerTest, ChunksInFlightGiveTheBitsOfATableByItself) {
  constexpr std::size_t count = 6, in_flight = 4;  // more than the scorer has places, so that a place is filled anew while chunks wait
  const std::array<ExampleTable, count> tables = {part_of(toy_->table, 0, 40),  part_of(toy_->table, 40, 96), part_of(toy_->table, 7, 8),
                                                  part_of(toy_->table, 20, 71), part_of(toy_->table, 2, 31),  part_of(toy_->table, 50, 96)};
  Scorer whole = scorer();
  std::vector<StagedChunk> chunks;
  for (std::size_t k = 0; k < in_flight; ++k) chunks.push_back(whole.make_chunk());
  std::array<std::vector<float>, count> outputs;
  std::array<BatchPlan, count> plans;
  for (std::size_t k = 0; k < count; ++k) {
    plans[k] = plan_of(tables[k], 16);
    if (k >= in_flight) chunks[k % in_flight].outputs_of(plans[k - in_flight], outputs[k - in_flight]);  // its memory is used again
    EXPECT_GT(whole.send(tables[k], plans[k], chunks[k % in_flight]), 0);
  }
  for (std::size_t k = count - in_flight; k < count; ++k) chunks[k % in_flight].outputs_of(plans[k], outputs[k]);
  for (std::size_t k = 0; k < count; ++k) test::expect_same_bits(outputs[k], alone(tables[k], 16), "chunk " + std::to_string(k));
}

TEST_F(ScorerTest, AChunkBeyondItsRoomIsAFault) {
  Scorer small = scorer();
  StagedChunk chunk = small.make_chunk();
  EXPECT_THROW(static_cast<void>(small.send(toy_->table, plan_of(toy_->table, 16), chunk)), Error);
  const ExampleTable part = part_of(toy_->table, 0, 10);
  EXPECT_THROW(static_cast<void>(small.send(part, plan_of(part_of(toy_->table, 0, 9), 16), chunk)), Error);
}

}  // namespace
}  // namespace footfall
