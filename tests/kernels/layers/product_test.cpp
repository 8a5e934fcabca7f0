#include "kernels/layers/product.hpp"

#include <gtest/gtest.h>

#include "kernels/device/team.hpp"
#include "tests/kernels/layers/layer_fixture.hpp"

namespace footfall {
namespace {

using test::Matrix;

struct Extents {
  std::int64_t rows, columns, depth;
};

/// A factor as it lies in memory, inside a wider matrix.
struct Stored {
  std::vector<float> cells;
  MatrixView<const float> view;
  Stored(std::int64_t rows, std::int64_t columns, test::Numbers& numbers) : cells(numbers.floats(rows * (columns + 2))) {
    view = MatrixView<const float>(cells.data(), rows, columns, columns + 2, Place::host);
  }
  [[nodiscard]] double at(std::int64_t r, std::int64_t c) const {
    return static_cast<double>(cells[static_cast<std::size_t>(r * view.stride + c)]);
  }
};

TEST(Product, AgreesWithFloat64ForEveryTranspositionAndAnyTeam) {
  if (!test::on_cpu()) GTEST_SKIP() << "the CPU's own part";
  test::Numbers numbers(51);
  for (const Extents e : {Extents{1, 1, 1}, Extents{33, 7, 5}, Extents{5, 1, 300}, Extents{300, 65, 33}, Extents{1025, 3, 64},
                          Extents{2, 700, 31}, Extents{64, 64, 0}}) {
    for (const int which : {0, 1, 2, 3}) {
      const bool ta = (which & 1) != 0;
      const bool tb = (which & 2) != 0;
      const Stored a(ta ? e.depth : e.rows, ta ? e.rows : e.depth, numbers);
      const Stored b(tb ? e.columns : e.depth, tb ? e.depth : e.columns, numbers);
      const std::vector<float> before = numbers.floats(e.rows * e.columns);
      for (const float beta : {0.0F, 1.0F}) {
        std::vector<double> expected;
        for (std::int64_t i = 0; i < e.rows * e.columns; ++i) {
          double sum = static_cast<double>(beta) * static_cast<double>(before[static_cast<std::size_t>(i)]);
          for (std::int64_t k = 0; k < e.depth; ++k) {
            sum += (ta ? a.at(k, i / e.columns) : a.at(i / e.columns, k)) * (tb ? b.at(i % e.columns, k) : b.at(k, i % e.columns));
          }
          expected.push_back(sum);
        }
        std::vector<float> first;
        for (const int threads : {1, 2, 3}) {
          Team team(threads);
          std::vector<float> c = before;
          multiply(team, {a.view, ta}, {b.view, tb}, beta, MatrixView<float>(view_of(c), e.rows, e.columns));
          if (threads == 1) first = c;
          test::expect_same_bits(first, c, "threads");
        }
        test::expect_close(first, expected, test::sum_tolerance(e.depth), "product");
      }
    }
  }
}

TEST(Product, ALargeOneIsTheSame) {
  if (!test::on_cpu()) GTEST_SKIP() << "the CPU's own part";
  test::Numbers numbers(52);
  for (const Extents e : {Extents{1, 1, 1}, Extents{7, 33, 65}, Extents{130, 70, 300}}) {
    const Stored a(e.rows, e.depth, numbers), b(e.depth, e.columns, numbers);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < e.rows * e.columns; ++i) {
      double sum = 0.0;
      for (std::int64_t k = 0; k < e.depth; ++k) sum += a.at(i / e.columns, k) * b.at(k, i % e.columns);
      expected.push_back(sum);
    }
    for (const int threads : {1, 3}) {
      Team team(threads);
      std::vector<float> c(expected.size(), -7.0F);
      multiply_large(team, a.view, b.view, MatrixView<float>(view_of(c), e.rows, e.columns));
      test::expect_close(c, expected, test::sum_tolerance(e.depth), "large product");
    }
  }
}

TEST(Product, TilesCoverAndDoNotDependOnAnythingElse) {
  for (const Extents e : {Extents{1, 1, 1}, Extents{8192, 256, 256}, Extents{64, 64, 100000}, Extents{100, 1300, 3}}) {
    const ProductTiles cut = product_tiles(e.rows, e.columns, e.depth);
    EXPECT_GE(cut.rows, 32);
    EXPECT_GE(cut.columns, 1);
    EXPECT_LE(cut.columns, 512);
  }
}

/// Every operation on the CPU with teams of 1, 2 and 3: the same bits. Sizes cut into several tiles.
TEST(Layers, AreTheSameBitsForAnyTeam) {
  if (!test::on_cpu()) GTEST_SKIP() << "the team computes on the CPU only";
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    const std::unique_ptr<Backend> backend = make_backend(Device{}, BackendOptions{threads, true});
    const std::unique_ptr<Stream> s = backend->make_stream();
    Layers& layers = backend->layers();
    test::Numbers numbers(52);
    constexpr std::int64_t members = 4;
    constexpr std::int64_t batch = 700;
    constexpr std::int64_t rows = members * batch;
    constexpr std::int64_t width = 130;
    const auto matrix = [&](std::int64_t r, std::int64_t c) { return test::DeviceMatrix(*s, Matrix(r, c, numbers.floats(r * c))); };
    test::DeviceMatrix x = matrix(rows, width);
    test::DeviceMatrix w = matrix(width, width);
    test::DeviceMatrix b = matrix(1, width);
    test::DeviceMatrix y = matrix(rows, width);
    test::DeviceMatrix dx = matrix(rows, width);
    test::DeviceMatrix dw = matrix(width, width);
    test::DeviceMatrix scale = matrix(members, width);
    test::DeviceMatrix shift = matrix(members, width);
    test::DeviceMatrix dscale = matrix(members, width);
    test::DeviceMatrix dshift = matrix(members, width);
    test::DeviceMatrix z = matrix(rows, 1);
    test::DeviceMatrix dz = matrix(rows, 1);
    test::DeviceMatrix head = matrix(members, width);
    test::DeviceMatrix dhead = matrix(members, width);
    test::DeviceMatrix db = matrix(1, width);
    const Array<float> labels = upload(std::vector<float>(batch, 1.0F), *s);
    Array<double> loss = upload(std::vector<double>{0.0}, *s);
    Array<double> norm = upload(std::vector<double>{0.0}, *s);
    layers.linear(x.in(), w.in(), b.in_run(), Activation::tanh, y.view(), Precision::float32, *s);
    layers.member_affine(y.in(), scale.in(), shift.in(), Activation::sigmoid, x.view(), *s);
    layers.member_heads(x.in(), head.in(), {}, z.view(), *s);
    layers.sigmoid_cross_entropy(z.in(), labels.view(), {}, 0.1F, loss.view(), dz.view(), *s);
    layers.member_heads_backward(x.in(), head.in(), dz.in(), dx.view(), dhead.view(), {}, *s);
    layers.member_affine_backward(y.in(), scale.in(), x.in(), Activation::sigmoid, dx.view(), dscale.view(), dshift.view(), *s);
    layers.member_scale_backward(y.in(), scale.in(), dx.in(), {}, dshift.view(), *s);
    layers.linear_backward(x.in(), w.in(), y.in(), Activation::tanh, dx.view(), y.view(), dw.view(), db.run(), Precision::float32, *s);
    layers.squared_norm(dw.in_run(), norm.view(), *s);
    std::vector<float> all;
    for (const test::DeviceMatrix* part : {&x, &y, &z, &dz, &dx, &dw, &db, &dhead, &dscale, &dshift}) {
      const std::vector<float> values = part->values();
      all.insert(all.end(), values.begin(), values.end());
    }
    for (const double value : {download(loss.view(), *s)[0], download(norm.view(), *s)[0]}) {
      all.push_back(static_cast<float>(value));
      all.push_back(static_cast<float>(value - static_cast<double>(static_cast<float>(value))));
    }
    if (threads == 1) first = all;
    test::expect_same_bits(first, all, "threads " + std::to_string(threads));
  }
}

}  // namespace
}  // namespace footfall
