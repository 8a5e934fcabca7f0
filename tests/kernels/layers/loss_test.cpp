#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/layers/layers.hpp"
#include "tests/kernels/layers/layer_fixture.hpp"

namespace footfall {
namespace {

using LossTest = test::LayerTest;
using test::DeviceMatrix;
using test::Loss;
using test::Matrix;

/// Labels of a kind, about one in eight of them not known.
std::vector<float> some_labels(Loss loss, std::int64_t count, std::int64_t classes, test::Numbers& numbers) {
  std::vector<float> labels(static_cast<std::size_t>(count));
  for (float& label : labels) {
    label =
        loss == Loss::squared ? static_cast<float>(numbers.next()) : static_cast<float>(numbers.below(loss == Loss::softmax ? classes : 2));
    if (numbers.below(8) == 0) label = std::numeric_limits<float>::quiet_NaN();
  }
  return labels;
}

void run(Loss loss, Layers& layers, MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale,
         View<double> sum, MatrixView<float> dz, Stream& stream) {
  switch (loss) {
    case Loss::sigmoid: return layers.sigmoid_cross_entropy(z, labels, weights, scale, sum, dz, stream);
    case Loss::softmax: return layers.softmax_cross_entropy(z, labels, weights, scale, sum, dz, stream);
    case Loss::squared: return layers.squared_error(z, labels, scale, sum, dz, stream);
  }
}

TEST_F(LossTest, ReferenceGradientsAgreeWithDifferences) {
  const Matrix one(1, 1, {1.0F});
  for (const Loss loss : {Loss::sigmoid, Loss::softmax, Loss::squared}) {
    const std::vector<float> labels = some_labels(loss, 5, 4, numbers());
    test::expect_gradient(test::loss_reference(loss, labels, 0.7), {some(10, loss == Loss::softmax ? 4 : 1, 2.0)}, one);
  }
}

TEST_F(LossTest, AgreeWithFloat64) {
  struct Shape {
    std::int64_t members, batch;
  };
  for (const Loss loss : {Loss::sigmoid, Loss::softmax, Loss::squared}) {
    for (const Shape shape : {Shape{1, 1}, Shape{3, 31}, Shape{2, 33}, Shape{1, 1023}, Shape{2, 1025}, Shape{1, 5000}}) {
      for (const std::int64_t classes : {2, 7, 40}) {
        const std::int64_t columns = loss == Loss::softmax ? classes : 1;
        if (loss != Loss::softmax && classes != 2) continue;
        if (classes == 40 && shape.batch > 40) continue;  // a block a row: slow on the emulated device
        const std::vector<float> labels = some_labels(loss, shape.batch, classes, numbers());
        const std::vector<Matrix> inputs = {some(shape.members * shape.batch, columns, 6.0)};
        const double scale = 0.25;
        // Without weights, or with halves and wholes by turns: exact in float32.
        std::vector<float> weights;
        if (loss != Loss::squared && shape.batch != 33)
          for (std::int64_t c = 0; c < (loss == Loss::softmax ? classes : 2); ++c) weights.push_back(c % 2 == 0 ? 1.0F : 0.5F);
        const Array<float> weight_array = upload(weights, stream());
        const test::Reference reference = test::loss_reference(loss, labels, scale, weights);
        const DeviceMatrix z(stream(), inputs[0], 3);
        const Array<float> label_array = upload(labels, stream());
        Array<double> sum = upload(std::vector<double>{10.0}, stream());
        DeviceMatrix dz(stream(), some(inputs[0].rows, columns), 1);
        run(loss, layers(), z.in(), label_array.view(), weight_array.view(), static_cast<float>(scale), sum.view(), dz.view(), stream());
        // A row's loss is a handful of float32 operations on numbers up to 24, 8 roundings of 24 * 2^-24, most of it random; the sum is in
        // float64.
        const double rows = static_cast<double>(inputs[0].rows);
        EXPECT_NEAR(download(sum.view(), stream())[0], 10.0 + reference.forward(inputs).at(0, 0), scale * rows * 8.0 * 24.0 * 0x1p-24);
        // exp of a difference up to 12 carries the rounding of that difference, 12 * 2^-24 relative, into a share below 1; `columns` shares
        // are summed.
        const double share = (16.0 + static_cast<double>(columns)) * 0x1p-24;
        test::expect_close(dz.values(), reference.backward(inputs, Matrix(1, 1, {1.0F}))[0].values, {scale * share, 4.0 * 0x1p-24}, "dz");
        Array<double> again = upload(std::vector<double>{10.0}, stream());
        run(loss, layers(), z.in(), label_array.view(), weight_array.view(), static_cast<float>(scale), again.view(), {}, stream());
        EXPECT_EQ(download(again.view(), stream())[0], download(sum.view(), stream())[0]) << "without a gradient";
      }
    }
  }
}

TEST_F(LossTest, FarLogitsNeitherOverflowNorVanish) {
  const std::vector<float> logits = {200.0F, -200.0F, 200.0F, -200.0F, 0.0F, 1e30F};
  const std::vector<float> labels = {1.0F, 0.0F, 0.0F, 1.0F, 0.5F, 1.0F};
  const DeviceMatrix z(stream(), Matrix(6, 1, logits));
  const Array<float> label_array = upload(labels, stream());
  Array<double> sum = upload(std::vector<double>{0.0}, stream());
  DeviceMatrix dz(stream(), Matrix(6, 1));
  layers().sigmoid_cross_entropy(z.in(), label_array.view(), {}, 1.0F, sum.view(), dz.view(), stream());
  EXPECT_NEAR(download(sum.view(), stream())[0], 400.0 + std::log(2.0), 1e-6);
  test::expect_close(dz.values(), {0.0, 0.0, 1.0, -1.0, 0.0, 0.0}, {1e-30, 0.0}, "dz");

  const DeviceMatrix classes(stream(), Matrix(2, 3, {300.0F, -300.0F, 0.0F, 300.0F, -300.0F, 0.0F}));
  const Array<float> class_labels = upload(std::vector<float>{0.0F, 1.0F}, stream());
  clear(sum.view(), stream());
  layers().softmax_cross_entropy(classes.in(), class_labels.view(), {}, 1.0F, sum.view(), {}, stream());
  EXPECT_NEAR(download(sum.view(), stream())[0], 600.0, 1e-4);
}

TEST_F(LossTest, NoKnownLabelIsNoLoss) {
  const DeviceMatrix z(stream(), some(40, 1));
  const Array<float> labels = upload(std::vector<float>(20, std::numeric_limits<float>::quiet_NaN()), stream());
  Array<double> sum = upload(std::vector<double>{0.5}, stream());
  DeviceMatrix dz(stream(), some(40, 1));
  layers().sigmoid_cross_entropy(z.in(), labels.view(), {}, 1.0F, sum.view(), dz.view(), stream());
  EXPECT_EQ(download(sum.view(), stream())[0], 0.5);
  EXPECT_EQ(dz.values(), std::vector<float>(40, 0.0F));
}

TEST_F(LossTest, MembersAreAveraged) {
  struct Shape {
    std::int64_t members, batch, columns;
  };
  for (const Shape shape : {Shape{1, 1, 1}, Shape{16, 33, 1}, Shape{3, 1025, 2}, Shape{4, 31, 7}, Shape{2, 3, 40}}) {
    const Matrix logits = some(shape.members * shape.batch, shape.columns, 5.0);
    for (const Layers::Output output : {Layers::Output::sigmoid, Layers::Output::softmax, Layers::Output::value}) {
      const double t = 0.8F;
      Matrix expected(shape.batch, shape.columns);
      for (std::int64_t r = 0; r < logits.rows; ++r) {
        double sum = 0.0;
        for (std::int64_t c = 0; c < shape.columns; ++c) sum += std::exp(t * logits.at(r, c));
        for (std::int64_t c = 0; c < shape.columns; ++c) {
          double value = logits.at(r, c);
          if (output == Layers::Output::sigmoid) value = 1.0 / (1.0 + std::exp(-t * logits.at(r, c)));
          if (output == Layers::Output::softmax) value = std::exp(t * logits.at(r, c)) / sum;
          expected.at(r % shape.batch, c) += value / static_cast<double>(shape.members);
        }
      }
      const DeviceMatrix z(stream(), logits, 2);
      DeviceMatrix out(stream(), some(shape.batch, shape.columns), 3);
      layers().member_average(z.in(), output, 0.8F, out.view(), stream());
      // Shares as in the losses, a sum over the members of at most their number times 5, and its product.
      const double tolerance = (16.0 + static_cast<double>(shape.columns) + 5.0 * static_cast<double>(shape.members)) * 0x1p-24;
      test::expect_close(out.values(), expected.values, {tolerance, 0x1p-22}, "average of " + std::to_string(shape.members));
    }
  }
}

}  // namespace
}  // namespace footfall
