// Layers between the encoders and the losses: widths 32 to 512, batches 1 to 8192, alone and with 16 members.
#include <utility>

#include "bench/micro/place.hpp"

namespace footfall::micro {
namespace {

void shapes(benchmark::internal::Benchmark* all) {
  for (const std::int64_t width : {32, 128, 512})
    for (const std::int64_t rows : {1, 32, 256, 1024, 8192}) all->Args({width, rows});
  all->ArgNames({"width", "rows"})->UseManualTime();
}

void linear(benchmark::State& state) {
  const std::int64_t width = state.range(0), rows = state.range(1);
  const Array<float> x = numbers(rows * width), w = numbers(width * width), b = numbers(width);
  Array<float> y(*place().stream, rows * width);
  measure(state, {0.0, 2.0 * static_cast<double>(rows * width * width), static_cast<double>(rows)}, [&] {
    place().backend->layers().linear(x.matrix(rows, width), w.matrix(width, width), b.view(), Activation::relu, y.matrix(rows, width), Precision::float32, *place().stream);
  });
}
BENCHMARK(linear)->Apply(shapes);

void linear_backward(benchmark::State& state) {
  Stream& stream = *place().stream;
  const std::int64_t width = state.range(0), rows = state.range(1);
  const Array<float> x = numbers(rows * width), w = numbers(width * width), y = numbers(rows * width);
  Array<float> dy(stream, rows * width), dx(stream, rows * width), dw(stream, width * width), db(stream, width);
  for (Array<float>* array : {&dy, &dw, &db}) clear(array->view(), stream);
  measure(state, {0.0, 4.0 * static_cast<double>(rows * width * width), static_cast<double>(rows)}, [&] {
    place().backend->layers().linear_backward(x.matrix(rows, width), w.matrix(width, width), y.matrix(rows, width), Activation::relu, dy.matrix(rows, width),
                                              dx.matrix(rows, width), dw.matrix(width, width), db.view(), Precision::float32, stream);
  });
}
BENCHMARK(linear_backward)->Apply(shapes);

void large_product(benchmark::State& state) {
  const std::int64_t n = state.range(0);
  const Array<float> x = numbers(n * n), w = numbers(n * n);
  Array<float> y(*place().stream, n * n);
  measure(state, {0.0, 2.0 * static_cast<double>(n * n * n), 0.0},
          [&] { place().backend->layers().linear(x.matrix(n, n), w.matrix(n, n), {}, Activation::none, y.matrix(n, n), Precision::float32, *place().stream); });
}
BENCHMARK(large_product)->Arg(512)->Arg(1024)->Arg(2048)->ArgName("n")->UseManualTime();

constexpr std::int64_t members = 16;

void member_affine(benchmark::State& state) {
  const std::int64_t width = state.range(0), rows = members * state.range(1);
  const Array<float> y = numbers(rows * width), s = numbers(members * width), b = numbers(members * width);
  Array<float> out(*place().stream, rows * width);
  measure(state, {8.0 * static_cast<double>(rows * width), 0.0, static_cast<double>(rows)}, [&] {
    place().backend->layers().member_affine(y.matrix(rows, width), s.matrix(members, width), b.matrix(members, width), Activation::relu, out.matrix(rows, width), *place().stream);
  });
}
BENCHMARK(member_affine)->Apply(shapes);

void dropout(benchmark::State& state) {
  Stream& stream = *place().stream;
  const std::int64_t width = state.range(0), batch = state.range(1), rows = members * batch;
  Array<float> x(stream, rows * width);
  clear(x.view(), stream);
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < batch; ++i) ids.push_back(i);
  const Array<std::int64_t> examples = upload(ids, stream);
  const Array<StepState> step = upload(std::vector<StepState>{{1, 1e-3F, 0.0F}}, stream);
  measure(state, {8.0 * static_cast<double>(rows * width), 0.0, static_cast<double>(rows)},
          [&] { place().backend->layers().dropout(x.matrix(rows, width), {0.1F, 1, 0}, examples.view(), step.view(), stream); });
}
BENCHMARK(dropout)->Apply(shapes);

void sigmoid_cross_entropy(benchmark::State& state) {
  Stream& stream = *place().stream;
  const std::int64_t batch = state.range(0), rows = members * batch;
  const Array<float> z = numbers(rows), labels = upload(std::vector<float>(static_cast<std::size_t>(batch), 1.0F), stream);
  Array<float> dz(stream, rows);
  Array<double> loss(stream, 1);
  clear(loss.view(), stream);
  measure(state, {12.0 * static_cast<double>(rows), 0.0, static_cast<double>(rows)},
          [&] { place().backend->layers().sigmoid_cross_entropy(z.matrix(rows, 1), labels.view(), {}, 1.0F, loss.view(), dz.matrix(rows, 1), stream); });
}
BENCHMARK(sigmoid_cross_entropy)->Arg(1)->Arg(32)->Arg(1024)->Arg(8192)->ArgName("rows")->UseManualTime();

void softmax_cross_entropy(benchmark::State& state) {
  Stream& stream = *place().stream;
  const std::int64_t classes = state.range(0), batch = state.range(1), rows = members * batch;
  const Array<float> z = numbers(rows * classes), labels = upload(std::vector<float>(static_cast<std::size_t>(batch), 1.0F), stream);
  Array<float> dz(stream, rows * classes);
  Array<double> loss(stream, 1);
  clear(loss.view(), stream);
  measure(state, {12.0 * static_cast<double>(rows * classes), 0.0, static_cast<double>(rows)},
          [&] { place().backend->layers().softmax_cross_entropy(z.matrix(rows, classes), labels.view(), {}, 1.0F, loss.view(), dz.matrix(rows, classes), stream); });
}
BENCHMARK(softmax_cross_entropy)->Args({3, 32})->Args({3, 1024})->Args({128, 32})->Args({128, 1024})->ArgNames({"classes", "rows"})->UseManualTime();

void adam(benchmark::State& state) {
  Stream& stream = *place().stream;
  const std::int64_t n = state.range(0);
  Array<float> w(stream, n), m(stream, n), v(stream, n);
  for (Array<float>* array : {&w, &m, &v}) clear(array->view(), stream);
  const Array<float> g = numbers(n);
  const Array<ParameterRange> ranges = upload(std::vector<ParameterRange>{{0, n, 1.0F, 0.0F}}, stream);
  const Array<StepState> step = upload(std::vector<StepState>{{1, 1e-3F, 0.0F}}, stream);
  Array<double> norm(stream, 1);
  clear(norm.view(), stream);
  measure(state, {28.0 * static_cast<double>(n), 0.0, static_cast<double>(n)},
          [&] { place().backend->layers().adam(w.view(), g.view(), m.view(), v.view(), ranges.view(), AdamSpec{}, step.view(), std::as_const(norm).view(), stream); });
}
BENCHMARK(adam)->Arg(1'000)->Arg(150'000)->Arg(10'000'000)->ArgName("parameters")->UseManualTime();

}  // namespace
}  // namespace footfall::micro
