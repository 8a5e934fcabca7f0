// Operations on columns over rows 1 to 10M and columns 1 to 512. A table of more cells than a quarter of a gigabyte is left out.
#include <utility>

#include "bench/micro/place.hpp"

namespace footfall::micro {
namespace {

constexpr std::int64_t most_cells = std::int64_t{1} << 28;
constexpr double missing = 0.05;

void shapes(benchmark::internal::Benchmark* all) {
  for (const std::int64_t rows : {1, 1'000, 100'000, 1'000'000, 10'000'000})
    for (const std::int64_t columns : {1, 8, 32, 128, 512})
      if (rows * columns <= most_cells) all->Args({rows, columns});
  all->ArgNames({"rows", "columns"})->UseManualTime();
}

void moments(benchmark::State& state) {
  const std::int64_t rows = state.range(0), columns = state.range(1);
  const Array<float> in = numbers(rows * columns, missing);
  Array<Moments> sums = upload(std::vector<Moments>(static_cast<std::size_t>(columns)), *place().stream);
  measure(state, {4.0 * static_cast<double>(rows * columns), 0.0, static_cast<double>(rows)},
          [&] { place().backend->columns().moments(in.matrix(rows, columns), sums.view(), *place().stream); });
}
BENCHMARK(moments)->Apply(shapes);

void standardize(benchmark::State& state) {
  const std::int64_t rows = state.range(0), columns = state.range(1);
  const Array<float> in = numbers(rows * columns, missing);
  Array<float> out(*place().stream, rows * columns);
  const Array<ColumnScale> fit = upload(std::vector<ColumnScale>(static_cast<std::size_t>(columns)), *place().stream);
  measure(state, {8.0 * static_cast<double>(rows * columns), 0.0, static_cast<double>(rows)},
          [&] { place().backend->columns().standardize(in.matrix(rows, columns), fit.view(), out.matrix(rows, columns), *place().stream); });
}
BENCHMARK(standardize)->Apply(shapes);

void standardize_columnar(benchmark::State& state) {
  const std::int64_t rows = state.range(0), columns = state.range(1);
  const Array<float> in = numbers(rows * columns, missing);
  Array<float> out(*place().stream, rows * columns);
  const Array<ColumnScale> fit = upload(std::vector<ColumnScale>(static_cast<std::size_t>(columns)), *place().stream);
  measure(state, {8.0 * static_cast<double>(rows * columns), 0.0, static_cast<double>(rows)},
          [&] { place().backend->columns().standardize_columnar(in.view(), rows, rows, fit.view(), out.matrix(rows, columns), *place().stream); });
}
BENCHMARK(standardize_columnar)->Apply(shapes);

void histogram(benchmark::State& state) {
  const std::int64_t rows = state.range(0), columns = state.range(1), states = 50;
  const Array<std::int32_t> in = codes(rows * columns, states);
  Array<std::int64_t> counts = upload(std::vector<std::int64_t>(static_cast<std::size_t>(columns * states)), *place().stream);
  measure(state, {4.0 * static_cast<double>(rows * columns), 0.0, static_cast<double>(rows)},
          [&] { place().backend->columns().histogram(in.matrix(rows, columns), states, counts.view(), *place().stream); });
}
BENCHMARK(histogram)->Apply(shapes);

void interpolate(benchmark::State& state) {
  const std::int64_t rows = state.range(0), columns = state.range(1), points = 128;
  const Array<float> in = numbers(rows * columns, missing);
  std::vector<float> knots;
  for (std::int64_t i = 0; i < columns * points; ++i) knots.push_back(static_cast<float>(i % points) / 64.0F - 1.0F);
  const Array<float> map = upload(knots, *place().stream);
  Array<float> out(*place().stream, rows * columns);
  measure(state, {8.0 * static_cast<double>(rows * columns), 0.0, static_cast<double>(rows)}, [&] {
    place().backend->columns().interpolate(in.matrix(rows, columns), map.matrix(columns, points), map.matrix(columns, points), 0.0F, out.matrix(rows, columns), *place().stream);
  });
}
BENCHMARK(interpolate)->Apply(shapes);

void piecewise_encode(benchmark::State& state) {
  const std::int64_t rows = state.range(0), columns = state.range(1), bins = 8;
  const Array<float> in = numbers(rows * columns, missing);
  std::vector<float> edges;
  for (std::int64_t i = 0; i < columns * (bins + 1); ++i) edges.push_back(static_cast<float>(i % (bins + 1)) / 4.0F - 1.0F);
  const Array<float> cuts = upload(edges, *place().stream);
  Array<float> out(*place().stream, rows * columns * bins);
  measure(state, {4.0 * static_cast<double>((1 + bins) * rows * columns), 0.0, static_cast<double>(rows)}, [&] {
    place().backend->columns().piecewise_encode(in.matrix(rows, columns), cuts.matrix(columns, bins + 1), out.matrix(rows, columns * bins), *place().stream);
  });
}
void encoded_shapes(benchmark::internal::Benchmark* all) {
  for (const std::int64_t rows : {1, 1'000, 100'000, 1'000'000})
    for (const std::int64_t columns : {1, 8, 32}) all->Args({rows, columns});
  all->ArgNames({"rows", "columns"})->UseManualTime();
}
BENCHMARK(piecewise_encode)->Apply(encoded_shapes);

void sort_columns(benchmark::State& state) {
  const std::int64_t rows = state.range(0), columns = state.range(1);
  const Array<float> in = numbers(rows * columns, missing);
  Array<float> out(*place().stream, rows * columns);
  Array<std::int64_t> valid(*place().stream, columns);
  measure(state, {0.0, 0.0, static_cast<double>(rows * columns)},
          [&] { place().backend->columns().sort_columns(in.matrix(rows, columns), out.view(), valid.view(), *place().stream); });
}
BENCHMARK(sort_columns)->Apply(encoded_shapes);

void gather_rows(benchmark::State& state) {
  const std::int64_t rows = state.range(0), columns = state.range(1);
  const Array<float> in = numbers(rows * columns);
  std::vector<std::int64_t> wanted;
  for (std::int64_t i = 0; i < rows; ++i) wanted.push_back(i * 7919 % rows);   // a prime apart: every row, none beside the one before
  const Array<std::int64_t> order = upload(wanted, *place().stream);
  Array<float> out(*place().stream, rows * columns);
  measure(state, {8.0 * static_cast<double>(rows * (columns + 1)), 0.0, static_cast<double>(rows)},
          [&] { place().backend->columns().gather_rows(in.matrix(rows, columns), order.view(), out.matrix(rows, columns), *place().stream); });
}
BENCHMARK(gather_rows)->Apply(shapes);

}  // namespace
}  // namespace footfall::micro
