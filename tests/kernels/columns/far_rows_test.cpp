// Rows that lie more than 2^31 elements apart: indexes are 64 bits wide all the way. Addresses are far, the data are few.

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

class FarRowsTest : public test::BackendTest {};

// 3 rows, 2^30 + 4 elements apart: the last begins past 2^31. On the emulated device pages that nobody writes take no memory.
TEST_F(FarRowsTest, IndexesOfDistantRowsDoNotOverflow) {
  if (test::on_cpu()) GTEST_SKIP() << "8 GiB of a device's addresses";
  constexpr std::int64_t stride = (std::int64_t{1} << 30) + 4, columns = 4;
  Array<float> all(stream(), 2 * stride + columns);
  const MatrixView<float> far(all.view().data, 3, columns, stride, stream().place());
  std::vector<float> row(columns);
  for (std::int64_t r = 0; r < 3; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) row[static_cast<std::size_t>(c)] = static_cast<float>(10 * r + c);
    copy<float>(view_of(row), View<float>(far.data + r * stride, columns, stream().place()), stream());
  }
  Array<float> near(stream(), 2 * columns);
  const Array<std::int64_t> rows = upload(std::vector<std::int64_t>{2, 1}, stream());
  backend().columns().gather_rows(far, rows.view(), near.matrix(2, columns), stream());
  EXPECT_EQ(download(near.view(), stream()), (std::vector<float>{20, 21, 22, 23, 10, 11, 12, 13}));
  Array<Moments> moments = upload(std::vector<Moments>(columns), stream());
  backend().columns().moments(far, moments.view(), stream());
  const std::vector<Moments> seen = download(moments.view(), stream());
  for (std::int64_t c = 0; c < columns; ++c) {
    EXPECT_EQ(seen[static_cast<std::size_t>(c)].count, 3);
    EXPECT_EQ(seen[static_cast<std::size_t>(c)].maximum, static_cast<float>(20 + c));
  }
}

}  // namespace
}  // namespace footfall
