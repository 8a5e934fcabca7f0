#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "kernels/device/team.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {

/// Extents at the edges of warps, vectors and tiles; the widest only as tall as the emulated device can bear.
struct Extent {
  std::int64_t rows, columns;
};
inline std::vector<Extent> table_extents() {
  std::vector<Extent> all;
  for (const std::int64_t rows : {0, 1, 31, 32, 33, 1023, 1025, 5000}) {
    for (const std::int64_t columns : {1, 5}) all.push_back({rows, columns});
  }
  for (const std::int64_t rows : {1, 33, 260}) all.push_back({rows, 300});
  return all;
}

inline float missing_cell() { return std::numeric_limits<float>::quiet_NaN(); }

/// A table of columns of different offset and spread, about one cell in 16 missing; column 2, where there is one, is all missing.
inline std::vector<float> some_table(Extent extent, std::uint64_t seed) {
  Numbers numbers(seed);
  std::vector<float> cells(static_cast<std::size_t>(extent.rows * extent.columns));
  for (std::int64_t r = 0; r < extent.rows; ++r) {
    for (std::int64_t c = 0; c < extent.columns; ++c) {
      const double offset = c % 3 == 1 ? 1e6 : 0.25 * static_cast<double>(c % 7);
      const auto x = static_cast<float>(offset + numbers.next() * (c % 5 == 3 ? 1e-3 : 10.0));
      cells[static_cast<std::size_t>(r * extent.columns + c)] = c == 2 || numbers.below(16) == 0 ? missing_cell() : x;
    }
  }
  return cells;
}

/// Runs `answer` on teams of 1, 2 and 3 threads of the CPU and expects the same bits from each.
inline void expect_same_for_any_team(const std::function<std::vector<float>(Backend&, Stream&)>& answer) {
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    const std::unique_ptr<Backend> backend = make_backend(Device{}, BackendOptions{threads, true});
    const std::unique_ptr<Stream> stream = backend->make_stream();
    std::vector<float> now = answer(*backend, *stream);
    if (threads == 1) first = now;
    expect_same_bits(first, now, "threads " + std::to_string(threads));
  }
  EXPECT_FALSE(first.empty());
}

}  // namespace footfall::test
