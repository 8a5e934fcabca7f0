#include <gtest/gtest.h>

#include "kernels/layers/layers.hpp"
#include "tests/kernels/layers/layer_fixture.hpp"

namespace footfall {
namespace {

using MembersTest = test::LayerTest;
using test::DeviceMatrix;
using test::Matrix;

struct Shape {
  std::int64_t members, batch, columns;
};
const Shape shapes[] = {{1, 1, 1}, {3, 0, 5}, {3, 31, 5}, {2, 32, 64}, {3, 33, 65}, {16, 7, 300}, {4, 1023, 2}, {2, 1025, 5}, {1, 5000, 3}};

std::string name_of(Shape s) {
  return std::to_string(s.members) + " members of " + std::to_string(s.batch) + " x " + std::to_string(s.columns);
}

std::vector<double> sum_of(const Matrix& a, const Matrix& b) {
  std::vector<double> sum = a.values;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += b.values[i];
  return sum;
}

TEST_F(MembersTest, ReferenceGradientsAgreeWithDifferences) {
  test::expect_gradient(test::member_scale_reference(4), {some(4, 3), some(2, 3)}, some(8, 3));
  test::expect_gradient(test::member_scale_reference(4), {some(8, 3), some(2, 3)}, some(8, 3));
  test::expect_gradient(test::member_heads_reference(2), {some(8, 3), some(6, 3), some(2, 3)}, some(8, 3));
  for (const Activation activation : test::all_activations) {
    test::expect_gradient(test::member_affine_reference(activation), {some(8, 3), some(2, 3), some(2, 3)}, some(8, 3));
  }
}

TEST_F(MembersTest, Scale) {
  for (const Shape shape : shapes) {
    for (const bool shared : {true, false}) {
      const std::int64_t rows = shape.members * shape.batch;
      const std::vector<Matrix> inputs = {some(shared ? shape.batch : rows, shape.columns), some(shape.members, shape.columns)};
      const Matrix gradient = some(rows, shape.columns);
      const test::Reference layer = test::member_scale_reference(shape.batch);
      const DeviceMatrix x(stream(), inputs[0], 1);
      const DeviceMatrix r(stream(), inputs[1]);
      DeviceMatrix out(stream(), some(rows, shape.columns), 2);
      layers().member_scale(x.in(), r.in(), out.view(), stream());
      if (shape.batch == 0) continue;  // the reference divides by it
      test::expect_close(out.values(), layer.forward(inputs).values, {0.0, 0x1p-24}, name_of(shape));

      const DeviceMatrix dout(stream(), gradient, 2);
      const Matrix dr_before = some(shape.members, shape.columns);
      DeviceMatrix dx(stream(), some(inputs[0].rows, shape.columns), 1);
      DeviceMatrix dr(stream(), dr_before);
      layers().member_scale_backward(x.in(), r.in(), dout.in(), dx.view(), dr.view(), stream());
      const std::vector<Matrix> expected = layer.backward(inputs, gradient);
      test::expect_close(dx.values(), expected[0].values, test::sum_tolerance(shape.members), "dx of " + name_of(shape));
      test::expect_close(dr.values(), sum_of(expected[1], dr_before), test::sum_tolerance(shape.batch), "dr of " + name_of(shape));
      DeviceMatrix only_dr(stream(), dr_before);
      layers().member_scale_backward(x.in(), r.in(), dout.in(), {}, only_dr.view(), stream());
      test::expect_same_bits(only_dr.values(), dr.values(), "dr alone");
    }
  }
}

TEST_F(MembersTest, Affine) {
  for (const Shape shape : shapes) {
    if (shape.batch == 0) continue;
    for (const Activation activation : test::all_activations) {
      const std::int64_t rows = shape.members * shape.batch;
      const std::vector<Matrix> inputs = {some(rows, shape.columns), some(shape.members, shape.columns),
                                          some(shape.members, shape.columns)};
      const Matrix gradient = some(rows, shape.columns);
      const test::Reference layer = test::member_affine_reference(activation);
      const DeviceMatrix y(stream(), inputs[0], 1);
      const DeviceMatrix s(stream(), inputs[1]);
      const DeviceMatrix b(stream(), inputs[2]);
      DeviceMatrix out(stream(), some(rows, shape.columns), 3);
      layers().member_affine(y.in(), s.in(), b.in(), activation, out.view(), stream());
      test::expect_close(out.values(), layer.forward(inputs).values, test::sum_tolerance(2), name_of(shape));

      const Matrix ds_before = some(shape.members, shape.columns);
      const Matrix db_before = some(shape.members, shape.columns);
      DeviceMatrix dout(stream(), gradient, 2);
      DeviceMatrix ds(stream(), ds_before);
      DeviceMatrix db(stream(), db_before);
      layers().member_affine_backward(y.in(), s.in(), out.in(), activation, dout.view(), ds.view(), db.view(), stream());
      const std::vector<Matrix> expected = layer.backward(inputs, gradient);
      test::expect_close(dout.values(), expected[0].values, test::sum_tolerance(2), "dy of " + name_of(shape));
      test::expect_close(ds.values(), sum_of(expected[1], ds_before), test::sum_tolerance(shape.batch), "ds of " + name_of(shape));
      test::expect_close(db.values(), sum_of(expected[2], db_before), test::sum_tolerance(shape.batch), "db of " + name_of(shape));
    }
  }
}

TEST_F(MembersTest, AffineInPlace) {
  const std::vector<Matrix> inputs = {some(66, 5), some(2, 5), some(2, 5)};
  DeviceMatrix y(stream(), inputs[0]);
  const DeviceMatrix s(stream(), inputs[1]);
  const DeviceMatrix b(stream(), inputs[2]);
  layers().member_affine(y.in(), s.in(), b.in(), Activation::relu, y.view(), stream());
  test::expect_close(y.values(), test::member_affine_reference(Activation::relu).forward(inputs).values, test::sum_tolerance(2),
                     "in place");
}

TEST_F(MembersTest, Heads) {
  for (const Shape shape : shapes) {
    if (shape.batch == 0) continue;
    for (const std::int64_t outputs : {1, 3, 9}) {
      const std::int64_t rows = shape.members * shape.batch;
      const std::vector<Matrix> inputs = {some(rows, shape.columns), some(shape.members * outputs, shape.columns),
                                          some(shape.members, outputs)};
      const Matrix gradient = some(rows, outputs);
      const test::Reference layer = test::member_heads_reference(shape.members);
      const DeviceMatrix x(stream(), inputs[0], 1);
      const DeviceMatrix w(stream(), inputs[1]);
      const DeviceMatrix b(stream(), inputs[2]);
      DeviceMatrix z(stream(), some(rows, outputs), 2);
      layers().member_heads(x.in(), w.in(), b.in_run(), z.view(), stream());
      test::expect_close(z.values(), layer.forward(inputs).values, test::sum_tolerance(shape.columns), name_of(shape));

      const Matrix dw_before = some(shape.members * outputs, shape.columns);
      const Matrix db_before = some(shape.members, outputs);
      const DeviceMatrix dz(stream(), gradient, 2);
      DeviceMatrix dx(stream(), some(rows, shape.columns), 1);
      DeviceMatrix dw(stream(), dw_before);
      DeviceMatrix db(stream(), db_before);
      layers().member_heads_backward(x.in(), w.in(), dz.in(), dx.view(), dw.view(), db.run(), stream());
      const std::vector<Matrix> expected = layer.backward(inputs, gradient);
      test::expect_close(dx.values(), expected[0].values, test::sum_tolerance(outputs), "dx of " + name_of(shape));
      test::expect_close(dw.values(), sum_of(expected[1], dw_before), test::sum_tolerance(shape.batch), "dw of " + name_of(shape));
      test::expect_close(db.values(), sum_of(expected[2], db_before), test::sum_tolerance(shape.batch), "db of " + name_of(shape));
    }
  }
}

}  // namespace
}  // namespace footfall
