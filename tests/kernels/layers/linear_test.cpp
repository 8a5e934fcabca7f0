#include <gtest/gtest.h>

#include <cmath>

#include "kernels/layers/layers.hpp"
#include "tests/kernels/layers/layer_fixture.hpp"

namespace footfall {
namespace {

using LinearTest = test::LayerTest;
using test::DeviceMatrix;
using test::Matrix;

struct Shape {
  std::int64_t rows, in, out;
};
const Shape shapes[] = {{0, 5, 7},    {1, 5, 7},     {31, 1, 1},   {32, 16, 8},  {33, 300, 65},
                        {1023, 5, 7}, {1025, 3, 33}, {5000, 3, 2}, {64, 64, 300}};

std::string name_of(Shape s) { return std::to_string(s.rows) + " x " + std::to_string(s.in) + " -> " + std::to_string(s.out); }

TEST_F(LinearTest, ReferenceGradientsAgreeWithDifferences) {
  for (const Activation activation : test::all_activations) {
    test::expect_gradient(test::linear_reference(activation), {some(3, 4), some(5, 4), some(1, 5)}, some(3, 5));
  }
}

TEST_F(LinearTest, Forward) {
  for (const Shape shape : shapes) {
    const std::vector<Matrix> inputs = {some(shape.rows, shape.in), some(shape.out, shape.in), some(1, shape.out)};
    for (const Activation activation : test::all_activations) {
      for (const std::int64_t gap : {0, 3}) {
        const DeviceMatrix x(stream(), inputs[0], gap);
        const DeviceMatrix w(stream(), inputs[1]);
        const DeviceMatrix b(stream(), inputs[2]);
        DeviceMatrix y(stream(), some(shape.rows, shape.out), gap);
        layers().linear(x.in(), w.in(), b.in_run(), activation, y.view(), Precision::float32, stream());
        test::expect_close(y.values(), test::linear_reference(activation).forward(inputs).values, test::sum_tolerance(shape.in),
                           name_of(shape));
      }
    }
  }
}

TEST_F(LinearTest, ForwardWithoutBias) {
  const std::vector<Matrix> inputs = {some(33, 9), some(6, 9), Matrix(1, 6)};
  const DeviceMatrix x(stream(), inputs[0]);
  const DeviceMatrix w(stream(), inputs[1]);
  for (const Activation activation : {Activation::none, Activation::tanh}) {
    DeviceMatrix y(stream(), some(33, 6));
    layers().linear(x.in(), w.in(), {}, activation, y.view(), Precision::float32, stream());
    test::expect_close(y.values(), test::linear_reference(activation).forward(inputs).values, test::sum_tolerance(9), "without bias");
  }
}

TEST_F(LinearTest, RoundedFactors) {
  const std::int64_t in = 40;
  const std::vector<Matrix> inputs = {some(33, in), some(6, in), some(1, 6)};
  const Matrix gradient = some(33, 6);
  const DeviceMatrix x(stream(), inputs[0]), w(stream(), inputs[1]), b(stream(), inputs[2]);
  const auto run = [&](Precision precision) {
    DeviceMatrix y(stream(), gradient), dy(stream(), gradient), dx(stream(), inputs[0]);
    layers().linear(x.in(), w.in(), b.in_run(), Activation::none, y.view(), precision, stream());
    layers().linear_backward(x.in(), w.in(), y.in(), Activation::none, dy.view(), dx.view(), {}, {}, precision, stream());
    return std::pair{y.values(), dx.values()};
  };
  const auto exact = run(Precision::float32);
  for (const auto& [precision, bits] : {std::pair{Precision::tf32, 11}, std::pair{Precision::bf16, 8}}) {
    const auto rounded = run(precision);
    // Two factors below 1, each rounded by 2^-bits of itself: every one of `in` products is off by 2 * 2^-bits at most.
    test::expect_close(rounded.first, test::linear_reference(Activation::none).forward(inputs).values,
                       {2.0 * static_cast<double>(in) * std::ldexp(1.0, -bits), 0.0}, "rounded");
    EXPECT_EQ(rounded.first == exact.first, test::on_cpu());
    EXPECT_EQ(rounded.second == exact.second, test::on_cpu());
  }
}

TEST_F(LinearTest, BackwardAddsToTheGradientsOfItsParameters) {
  for (const Shape shape : shapes) {
    const std::vector<Matrix> inputs = {some(shape.rows, shape.in), some(shape.out, shape.in), some(1, shape.out)};
    const Matrix gradient = some(shape.rows, shape.out);
    const Matrix dw_before = some(shape.out, shape.in);
    const Matrix db_before = some(1, shape.out);
    for (const Activation activation : test::all_activations) {
      const test::Reference layer = test::linear_reference(activation);
      std::vector<Matrix> expected = layer.backward(inputs, gradient);
      for (std::size_t i = 0; i < dw_before.values.size(); ++i) expected[1].values[i] += dw_before.values[i];
      for (std::size_t i = 0; i < db_before.values.size(); ++i) expected[2].values[i] += db_before.values[i];
      const DeviceMatrix x(stream(), inputs[0]);
      const DeviceMatrix w(stream(), inputs[1]);
      const DeviceMatrix y(stream(), layer.forward(inputs));
      DeviceMatrix dy(stream(), gradient);
      DeviceMatrix dx(stream(), some(shape.rows, shape.in));
      DeviceMatrix dw(stream(), dw_before);
      DeviceMatrix db(stream(), db_before);
      layers().linear_backward(x.in(), w.in(), y.in(), activation, dy.view(), dx.view(), dw.view(), db.run(), Precision::float32, stream());
      test::expect_close(dx.values(), expected[0].values, test::sum_tolerance(shape.out), "dx of " + name_of(shape));
      test::expect_close(dw.values(), expected[1].values, test::sum_tolerance(shape.rows), "dw of " + name_of(shape));
      test::expect_close(db.values(), expected[2].values, test::sum_tolerance(shape.rows), "db of " + name_of(shape));
    }
  }
}

TEST_F(LinearTest, BackwardLeavesOutWhatIsNotWanted) {
  const std::vector<Matrix> inputs = {some(33, 9), some(6, 9), some(1, 6)};
  const test::Reference layer = test::linear_reference(Activation::relu);
  const Matrix gradient = some(33, 6);
  const std::vector<Matrix> expected = layer.backward(inputs, gradient);
  const DeviceMatrix x(stream(), inputs[0]);
  const DeviceMatrix w(stream(), inputs[1]);
  const DeviceMatrix y(stream(), layer.forward(inputs));
  DeviceMatrix dy(stream(), gradient);
  DeviceMatrix dx(stream(), some(33, 9));
  layers().linear_backward(x.in(), w.in(), y.in(), Activation::relu, dy.view(), dx.view(), {}, {}, Precision::float32, stream());
  test::expect_close(dx.values(), expected[0].values, test::sum_tolerance(6), "dx alone");
  DeviceMatrix again(stream(), gradient);
  DeviceMatrix db(stream(), Matrix(1, 6));
  layers().linear_backward(x.in(), w.in(), y.in(), Activation::relu, again.view(), {}, {}, db.run(), Precision::float32, stream());
  test::expect_close(db.values(), expected[2].values, test::sum_tolerance(33), "db alone");
  test::expect_same_bits(dy.values(), again.values(), "dy becomes the gradient before the activation either way");
}

TEST_F(LinearTest, CopyAndAddTakeAnyStrides) {
  for (const Shape shape : {Shape{0, 3, 0}, Shape{1, 1, 0}, Shape{33, 300, 0}, Shape{1025, 5, 0}}) {
    const Matrix from = some(shape.rows, shape.in);
    const Matrix onto = some(shape.rows, shape.in);
    const DeviceMatrix in(stream(), from, 2);
    DeviceMatrix copied(stream(), onto, 5);
    layers().copy_matrix(in.in(), copied.view(), stream());
    test::expect_close(copied.values(), from.values, {}, "copied");
    DeviceMatrix added(stream(), onto, 5);
    layers().add_matrix(in.in(), added.view(), stream());
    std::vector<double> sum = onto.values;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += from.values[i];
    test::expect_close(added.values(), sum, {0.0, 0x1p-24}, "added");  // one rounding
  }
}

}  // namespace
}  // namespace footfall
