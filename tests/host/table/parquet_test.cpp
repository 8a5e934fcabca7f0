// Reading Parquet: damaged files, forms that do not go together, infinities.
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "host/table/atomic_file.hpp"
#include "host/table/read.hpp"
#include "host/table/write.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

Table one_column(const std::string& name, ColumnType type) {
  Table t;
  t.rows = 3;
  Column& c = t.columns.emplace_back();
  c.name = name;
  c.type = type;
  c.integers = type == ColumnType::boolean ? std::vector<std::int64_t>{1, 0, 1} : std::vector<std::int64_t>{5, 6, 7};
  c.numbers = {1.5, 2, std::numeric_limits<double>::quiet_NaN()};
  c.codes = {0, 1, 0};
  c.dictionary = {"x", "7"};
  return t;
}

class ParquetTest : public ::testing::Test {
 protected:
  void file(const std::string& name, const Table& table) {
    write_table(folder.file(name), table);
    request.files.push_back(folder.file(name));
  }
  Table read() { return read_table(request); }
  std::string refusal() {
    return message_of(folder, [&] { (void)read_table(request); });
  }
  TemporaryFolder folder;
  ReadRequest request;
};

TEST_F(ParquetTest, NaNIsMissingAndAWiderTypeFine) {
  file("a.parquet", one_column("x", ColumnType::integer));
  file("b.parquet", one_column("x", ColumnType::number));
  request.files.push_back(folder.write("c.csv", "x\n3\n"));
  const Table t = read();
  EXPECT_EQ(t.at("x").type, ColumnType::number);
  EXPECT_EQ(t.at("x").missing(), 1);
  EXPECT_EQ(t.at("x").numbers[3], 1.5);
  EXPECT_EQ(t.at("x").numbers[6], 3);
}

TEST_F(ParquetTest, OtherFormsAreRefusedNamingBothFiles) {
  file("a.parquet", one_column("x", ColumnType::integer));
  file("b.parquet", one_column("x", ColumnType::text));
  EXPECT_NE(refusal().find("column \"x\" holds whole numbers in a.parquet but text in b.parquet"), std::string::npos);
  request.kinds = {{"x", ColumnKind::text}};
  EXPECT_EQ(read().at("x").text_at(0), "5");
  request.kinds = {{"x", ColumnKind::number}};
  EXPECT_NE(refusal().find("b.parquet row 1: column \"x\" holds \"x\", which is no number"), std::string::npos);
}

TEST_F(ParquetTest, IdsAndTimesOfNumbers) {
  Table t = one_column("id", ColumnType::number);
  t.columns[0].numbers = {17850.0, 3, std::numeric_limits<double>::quiet_NaN()};
  file("a.parquet", t);
  request.kinds = {{"id", ColumnKind::id}};
  EXPECT_EQ(read().at("id").type, ColumnType::integer);
  EXPECT_EQ(read().at("id").integers[0], 17850);
  t.columns[0].numbers[1] = 3.5;
  file("b.parquet", t);
  EXPECT_NE(refusal().find("b.parquet row 2 holds 3.5, which is no whole number"), std::string::npos);
  request.files = {folder.file("a.parquet")};
  request.kinds = {{"id", ColumnKind::time}};
  EXPECT_EQ(read().at("id").type, ColumnType::integer);  // steps
  request.time_formats = {{"id", "%Y"}};
  EXPECT_NE(refusal().find("a.parquet row 1: column \"id\" holds \"17850\", which is no time of the form %Y"), std::string::npos);
}

TEST_F(ParquetTest, InfinitiesAreRefusedWithTheirPlaceUnlessFilteredOut) {
  Table t = one_column("x", ColumnType::number);
  t.columns[0].numbers[1] = -std::numeric_limits<double>::infinity();
  write_table(folder.file("a.parquet"), t);
  request.files = {folder.file("a.parquet")};
  EXPECT_NE(refusal().find("a.parquet row 2: column \"x\" holds -inf, which is infinite"), std::string::npos);
}

TEST_F(ParquetTest, TruncatedAndDamagedFiles) {
  Table t = one_column("x", ColumnType::number);
  t.columns[0].numbers.resize(5000, 3.25);
  t.rows = 5000;
  for (std::size_t i = 0; i < 5000; ++i) t.columns[0].numbers[i] = std::sin(static_cast<double>(i));
  write_table(folder.file("whole.parquet"), t);
  const std::string bytes = read_file(folder.file("whole.parquet"));
  request.files = {folder.file("cut.parquet")};
  for (const std::size_t size : {bytes.size() - 1, bytes.size() / 2, std::size_t{100}, std::size_t{5}, std::size_t{1}}) {
    folder.write("cut.parquet", bytes.substr(0, size));
    EXPECT_NE(refusal().find("cut.parquet is no whole Parquet file, or is damaged"), std::string::npos);
  }
  folder.write("cut.parquet", "");
  EXPECT_EQ(refusal(), "cut.parquet is empty; fetch or write it again");
  folder.write("cut.parquet", "id,x\n1,2\n");
  EXPECT_NE(refusal().find("cut.parquet is no whole Parquet file"), std::string::npos);
  // A flipped bit anywhere: an Error or a table, never a crash.
  std::mt19937_64 random(7);
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    std::string bad = bytes;
    const std::size_t at = i % 3 == 0 ? bytes.size() - 1 - random() % std::min<std::size_t>(bytes.size(), 600) : random() % bytes.size();
    bad[at] = static_cast<char>(bad[at] ^ (1 << (random() % 8)));
    folder.write("cut.parquet", bad);
    try {
      (void)read();
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace footfall
