#pragma once

#include <cstdint>

#include "engine/features/examples.hpp"
#include "engine/model/architecture.hpp"
#include "engine/transform/transform.hpp"
#include "host/bench/bench.hpp"

namespace footfall {

/// What a model is timed on: sequences of random numbers and codes.
struct SequenceShape {
  std::int64_t sequences = 0;
  bool ragged = false;          ///< lengths geometric of mean 12, at most 200; else all of BenchSizes::time
  bool categories = false;      ///< about a third of a step's inputs are two embedded categories, else all are numbers
};

/// An architecture, the table and the transform that fits it: numbers scaled as they are, one binary head.
struct SequenceData {
  Architecture architecture;
  Transform transform;
  ExampleTable table;
  std::vector<std::vector<float>> labels;   ///< [1][sequences]

  [[nodiscard]] std::int64_t steps() const { return table.event_rows(); }
  [[nodiscard]] std::int64_t longest() const;
  /// Operations of a forward pass, gates only, two a multiply-add; real steps alone.
  [[nodiscard]] double forward_operations() const;
};

[[nodiscard]] SequenceData draw_sequences(const BenchSizes& sizes, const SequenceShape& shape, std::uint64_t seed);

}  // namespace footfall
