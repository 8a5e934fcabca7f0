// Reading over several files, in chunks, with times, filters and derived columns.
#include <cmath>

#include <gtest/gtest.h>

#include "host/table/read.hpp"
#include "host/table/time_text.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

class ReadTest : public ::testing::Test {
 protected:
  void file(const std::string& name, std::string_view bytes) { request.files.push_back(folder.write(name, bytes)); }
  Table read() { return read_table(request); }
  std::string refusal() {
    return message_of(folder, [&] { (void)read_table(request); });
  }

  TemporaryFolder folder;
  ReadRequest request;
};

std::int64_t at(std::string_view iso) { return parse_iso_time(iso)->microseconds; }

TEST_F(ReadTest, FilesWithColumnsInAnotherOrderAndWiderTypes) {
  file("a.csv", "id,x\n1,2\n2,3\n");
  file("b.csv", "x,id\n2.5,3\n");
  const Table t = read();
  EXPECT_EQ(t.at("x").type, ColumnType::number);
  EXPECT_EQ(t.at("x").numbers, (std::vector<double>{2, 3, 2.5}));
  EXPECT_EQ(t.at("id").integers, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(t.place(2), folder.file("b.csv") + ":2");
  EXPECT_EQ(t.origin.file_of(2), 1);
}

TEST_F(ReadTest, FilesWithOtherColumnsAreRefusedNamingBoth) {
  file("a.csv", "id,x\n1,2\n");
  file("b.csv", "id,y\n1,2\n");
  EXPECT_NE(refusal().find("b.csv has no column \"x\", which a.csv has"), std::string::npos);
  request.files.clear();
  file("a.csv", "id\n1\n");
  file("b.csv", "id,y\n1,2\n");
  EXPECT_NE(refusal().find("b.csv has a column \"y\" that a.csv lacks"), std::string::npos);
  request.columns = {"id"};
  EXPECT_EQ(read().rows, 2);
}

TEST_F(ReadTest, PatternsAreSortedInsideAndKeepTheirOrder) {
  for (const char* name : {"b.csv", "a.csv", "c.txt", "a10.csv", "a2.csv"}) folder.write(name, "x\n1\n");
  const auto names = expand_files({"c.*", "*.csv", "a.csv"}, folder.path());
  ASSERT_EQ(names.size(), 5u);
  EXPECT_EQ(names[0], folder.file("c.txt"));
  EXPECT_EQ(names[1], folder.file("a.csv"));
  EXPECT_EQ(names[2], folder.file("a10.csv"));
  EXPECT_EQ(names[4], folder.file("b.csv"));
  EXPECT_NE(message_of(folder, [&] { (void)expand_files({"*.parquet"}, folder.path()); }).find("no file matches *.parquet"),
            std::string::npos);
  EXPECT_NE(message_of(folder, [&] { (void)expand_files({"d.csv"}, folder.path()); }).find("d.csv does not exist"), std::string::npos);
}

TEST_F(ReadTest, IsoTimes) {
  file("a.csv", "t\n2011-09-10\n2011-09-10T08:26\n2011-09-10 08:26:00+02:00\n2011-09-10T08:26:00.5Z\n1969-12-31 23:59:59\n\n\"\"\n");
  request.kinds = {{"t", ColumnKind::time}};
  const Table t = read();
  const Column& c = t.at("t");
  EXPECT_EQ(c.type, ColumnType::timestamp);
  EXPECT_EQ(c.resolution, TimeResolution::milliseconds);
  const std::int64_t day = 15'227LL * 86'400'000'000;  // 2011-09-10
  EXPECT_EQ(c.integers[0], day);
  EXPECT_EQ(c.integers[1], day + (8 * 60 + 26) * 60'000'000LL);
  EXPECT_EQ(c.integers[2], day + (6 * 60 + 26) * 60'000'000LL);
  EXPECT_EQ(c.integers[3], day + (8 * 60 + 26) * 60'000'000LL + 500'000);
  EXPECT_EQ(c.integers[4], -1'000'000);
  EXPECT_FALSE(c.is_valid(5));
}

TEST_F(ReadTest, TimesAsNumbersAreToldByTheirSize) {
  const auto resolution = [&](std::string_view cell) {
    request.files = {folder.write("a.csv", std::string("t\n0\n") + std::string(cell) + "\n")};
    request.kinds = {{"t", ColumnKind::time}};
    const Table t = read();
    EXPECT_EQ(t.at("t").type, t.at("t").resolution == TimeResolution::none ? ColumnType::integer : ColumnType::timestamp);
    return std::pair(t.at("t").resolution, t.at("t").integers[1]);
  };
  using R = TimeResolution;
  EXPECT_EQ(resolution("99999999"), std::pair(R::none, std::int64_t{99'999'999}));
  EXPECT_EQ(resolution("1315643160"), std::pair(R::seconds, at("2011-09-10T08:26:00")));
  EXPECT_EQ(resolution("1315643160.0"), std::pair(R::seconds, at("2011-09-10T08:26:00")));
  EXPECT_EQ(resolution("1315643160123"), std::pair(R::milliseconds, at("2011-09-10T08:26:00.123")));
  EXPECT_EQ(resolution("1315643160123456"), std::pair(R::microseconds, at("2011-09-10T08:26:00.123456")));
  EXPECT_EQ(resolution("1315643160123456789"), std::pair(R::nanoseconds, at("2011-09-10T08:26:00.123456")));
}

TEST_F(ReadTest, TimeFormatMakesTextOfNumbers) {
  file("a.csv", "t\n19970101\n19980630\n");
  request.kinds = {{"t", ColumnKind::time}};
  request.time_formats = {{"t", "%Y%m%d"}};
  const Table t = read();
  EXPECT_EQ(t.at("t").integers, (std::vector<std::int64_t>{at("1997-01-01"), at("1998-06-30")}));
  EXPECT_EQ(t.at("t").resolution, TimeResolution::days);
  request.files = {folder.write("b.csv", "t\n19970101\n19970230\n")};
  EXPECT_EQ(refusal(),
            "b.csv:3: column \"t\" holds \"19970230\", which is no time of the form %Y%m%d; correct time_format or fix the file");
}

TEST_F(ReadTest, UnparsableTimesSayWhere) {
  request.kinds = {{"t", ColumnKind::time}};
  file("a.csv", "t\n2011-01-01\nyesterday\n");
  EXPECT_NE(refusal().find("a.csv:3: column \"t\" holds \"yesterday\", which is no time"), std::string::npos);
  request.files = {folder.write("b.csv", "t\n5\n2011-01-01\n")};
  EXPECT_NE(refusal().find("b.csv:3: column \"t\" holds \"2011-01-01\", which is no time like the others"), std::string::npos);
  request.files = {folder.write("c.csv", "t\n2011-01-01\n5\n")};
  EXPECT_NE(refusal().find("c.csv:3: column \"t\" holds \"5\", which is no time"), std::string::npos);
}

TEST_F(ReadTest, TheFilterComesBeforeEveryOtherCheck) {
  file("a.csv", "customer,price,time\n1,2.5,2011-01-01\n,n/a,nonsense\n3,4,2011-01-02\n");
  request.kinds = {{"price", ColumnKind::number}, {"time", ColumnKind::time}, {"customer", ColumnKind::id}};
  request.where = "customer is not null";
  const Table t = read();
  EXPECT_EQ(t.rows, 2);
  EXPECT_EQ(t.rows_read, 3);
  EXPECT_EQ(t.at("price").numbers, (std::vector<double>{2.5, 4}));
  EXPECT_EQ(t.place(1), folder.file("a.csv") + ":4");
  request.where = "customer = 3 and price > 1";  // the filter itself needs the price of every row
  EXPECT_NE(refusal().find("a.csv:3: column \"price\" holds \"n/a\""), std::string::npos);
  request.kinds.erase("price");
  request.where = "customer > 100";
  EXPECT_NE(refusal().find("where = \"customer > 100\" keeps none of the 3 rows"), std::string::npos);
  request.allow_no_rows = true;
  EXPECT_EQ(read().rows, 0);
}

TEST_F(ReadTest, DerivedColumns) {
  file("a.csv", "q,p\n2,1.5\n,2\n3,0\n");
  request.columns = {"q"};
  request.derived = {{"amount", "q * p"}, {"cheap", "p < 1"}};
  const Table t = read();
  ASSERT_EQ(t.names(), (std::vector<std::string>{"q", "amount", "cheap"}));
  EXPECT_EQ(t.at("amount").numbers[0], 3.0);
  EXPECT_TRUE(std::isnan(t.at("amount").numbers[1]));
  EXPECT_FALSE(t.at("amount").is_valid(1));
  EXPECT_EQ(t.at("cheap").numbers, (std::vector<double>{0, 0, 1}));
  request.derived = {{"share", "q / p"}};
  EXPECT_NE(refusal().find("a.csv:4: \"q / p\" is infinite there"), std::string::npos);
  request.where = "p != 0";
  EXPECT_EQ(read().at("share").numbers[0], 2 / 1.5);
}

TEST_F(ReadTest, TextInAnExpressionSaysWhichCellMadeIt) {
  file("a.csv", "q,p\n2,1.5\n3,n/a\n");
  request.derived = {{"amount", "q * p"}};
  const std::string text = refusal();
  EXPECT_NE(text.find("column \"p\" holds text (a.csv:3 holds \"n/a\")"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  q * p\n      ^"), std::string::npos) << text;
}

TEST_F(ReadTest, AnExpressionSeesNumbersInColumnsThatAreReadAsText) {
  file("a.csv", "item,x\n5,1\n6,2\n");
  request.kinds = {{"item", ColumnKind::text}};
  request.where = "item = 6";
  const Table t = read();
  ASSERT_EQ(t.rows, 1);
  EXPECT_EQ(t.at("item").text_at(0), "6");
}

TEST_F(ReadTest, ChunksHoldTheRowsOfTheWhole) {
  std::string a = "id,t,x\n", b = a;
  for (int i = 0; i < 20'000; ++i)
    (i < 9'000 ? a : b) += std::to_string(i) + ",k" + std::to_string(i % 37) + "," + std::to_string(i * 0.5) + "\n";
  file("a.csv", a);
  file("b.csv", b);
  request.where = "x > 100 and t != 'k3'";
  request.derived = {{"y", "x * 2 + id"}};
  const Table whole = read();
  for (const std::int64_t rows : {7, 1000, 8192, 1'000'000}) {
    TableReader reader(request, rows);
    std::int64_t row = 0, read_rows = 0;
    while (const auto chunk = reader.next()) {
      ASSERT_GT(chunk->rows, 0);
      ASSERT_LE(chunk->rows, rows);
      read_rows += chunk->rows_read;
      for (std::int64_t i = 0; i < chunk->rows; ++i, ++row) {
        ASSERT_EQ(chunk->at("id").integers[static_cast<std::size_t>(i)], whole.at("id").integers[static_cast<std::size_t>(row)]);
        ASSERT_EQ(chunk->at("t").text_at(i), whole.at("t").text_at(row));
        ASSERT_EQ(chunk->at("y").number_at(i), whole.at("y").number_at(row));
        ASSERT_EQ(chunk->place(i), whole.place(row));
      }
    }
    EXPECT_EQ(row, whole.rows);
    EXPECT_EQ(read_rows, 20'000);
    EXPECT_EQ(reader.bytes_done(), reader.bytes_total());
  }
}

}  // namespace
}  // namespace footfall
