// Reading text files: what a cell is, which type a column gets, and what every kind of bad file says.
#include <gtest/gtest.h>

#include "host/table/read.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

class TextFileTest : public ::testing::Test {
 protected:
  Table read(std::string_view bytes, const std::string& name = "events.csv") {
    request.files = {folder.write(name, bytes)};
    return read_table(request);
  }
  std::string refusal(std::string_view bytes, const std::string& name = "events.csv") {
    request.files = {folder.write(name, bytes)};
    return message_of(folder, [&] { (void)read_table(request); });
  }
  std::string place(const Table& table, std::int64_t row) {
    const std::string text = table.place(row);
    return text.substr(folder.path().string().size() + 1);
  }

  TemporaryFolder folder;
  ReadRequest request;
};

TEST_F(TextFileTest, TypesAreInferredOverAllCells) {
  const Table t = read("i,n,b,t,e\n1,1,true,1,\n-2,2.5,FALSE,x,\n3,1e3,True,2,NA\n");
  ASSERT_EQ(t.rows, 3);
  EXPECT_EQ(t.at("i").type, ColumnType::integer);
  EXPECT_EQ(t.at("n").type, ColumnType::number);
  EXPECT_EQ(t.at("b").type, ColumnType::boolean);
  EXPECT_EQ(t.at("t").type, ColumnType::text);
  EXPECT_EQ(t.at("e").type, ColumnType::number);  // nothing but missing cells
  EXPECT_EQ(t.at("e").missing(), 3);
  EXPECT_EQ(t.at("i").integers, (std::vector<std::int64_t>{1, -2, 3}));
  EXPECT_EQ(t.at("n").numbers, (std::vector<double>{1, 2.5, 1000}));
  EXPECT_EQ(t.at("b").integers, (std::vector<std::int64_t>{1, 0, 1}));
  EXPECT_EQ(t.at("t").text_at(1), "x");
  EXPECT_TRUE(t.at("i").valid.empty());
}

TEST_F(TextFileTest, BlanksQuotesAndLineEnds) {
  const Table t = read(
      "\xEF\xBB\xBF name , \"amount\" ,note\r\n \"Smith, J.\" , 5 ,\"say \"\"hi\"\"\"\r\n\r\n  \r\nJones,6,\"two\nlines\"\r\nLast , 7 , a "
      "\"b\" c");
  ASSERT_EQ(t.names(), (std::vector<std::string>{"name", "amount", "note"}));
  ASSERT_EQ(t.rows, 3);
  EXPECT_EQ(t.at("name").text_at(0), "Smith, J.");
  EXPECT_EQ(t.at("note").text_at(0), "say \"hi\"");
  EXPECT_EQ(t.at("note").text_at(1), "two\nlines");
  EXPECT_EQ(t.at("note").text_at(2), "a \"b\" c");
  EXPECT_EQ(t.at("amount").integers, (std::vector<std::int64_t>{5, 6, 7}));
  EXPECT_EQ(place(t, 0), "events.csv:2");
  EXPECT_EQ(place(t, 1), "events.csv:5");  // blank lines count
  EXPECT_EQ(place(t, 2), "events.csv:7");  // and the line end inside quotes
}

TEST_F(TextFileTest, DelimiterByEndingOrSetting) {
  EXPECT_EQ(read("a\tb\n1, 2\t\n", "x.tsv").at("a").text_at(0), "1, 2");
  request.text.delimiter = ';';
  EXPECT_EQ(read("a;b\n1;2,5\n").at("b").text_at(0), "2,5");
}

TEST_F(TextFileTest, AFileWithoutHeader) {
  request.text.header = {"user", "n"};
  const Table t = read("1,10\n2,20\n");
  EXPECT_EQ(t.at("n").integers, (std::vector<std::int64_t>{10, 20}));
  EXPECT_EQ(place(t, 0), "events.csv:1");
}

TEST_F(TextFileTest, MissingTokensAreTakenExactly) {
  request.text.missing_tokens = {"", "?", "n/a"};
  const Table t = read("a,b\n1,x\n?,\nn/a,NA\n4,?\n");
  EXPECT_EQ(t.at("a").type, ColumnType::integer);
  EXPECT_EQ(t.at("a").valid, (std::vector<std::uint8_t>{1, 0, 0, 1}));
  EXPECT_EQ(t.at("b").codes, (std::vector<std::int32_t>{0, -1, 1, -1}));
  EXPECT_EQ(t.at("b").text_at(2), "NA");
}

TEST_F(TextFileTest, WholeNumbersWrittenAsFloatsAreIds) {
  request.kinds = {{"id", ColumnKind::id}, {"name", ColumnKind::id}, {"code", ColumnKind::text}};
  const Table t = read("id,name,code\n17850.0,a1,007\n00012,2,1.0\n,3,\n");
  EXPECT_EQ(t.at("id").type, ColumnType::integer);
  EXPECT_EQ(t.at("id").integers[0], 17850);
  EXPECT_EQ(t.at("id").integers[1], 12);
  EXPECT_FALSE(t.at("id").is_valid(2));
  EXPECT_EQ(t.at("name").text_at(1), "2");
  EXPECT_EQ(t.at("code").text_at(0), "007");
}

TEST_F(TextFileTest, NumbersAreTheNearestDoubles) {
  request.kinds = {{"x", ColumnKind::number}};
  const Table t = read("x\n0.1\n9007199254740993\n1e-999\n+5\n.5\n-0\n123456789012345678901234567890\n");
  EXPECT_EQ(t.at("x").numbers, (std::vector<double>{0.1, 9007199254740992.0, 0.0, 5.0, 0.5, -0.0, 123456789012345678901234567890.0}));
}

TEST_F(TextFileTest, PackedFiles) {
  // printf 'a,b\n1,x\n' through gzip -n; zstd is read back from our own writer in write_test.cpp
  const std::string gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xd4\x49\xe2\x32\xd4\xa9\xe0\x02\x00\xf4\xa0\x01\x00\x08\x00\x00\x00",
                         28);
  const Table t = read(gzip, "a.csv.gz");
  EXPECT_EQ(t.at("a").integers, (std::vector<std::int64_t>{1}));
  EXPECT_NE(refusal(std::string_view(gzip).substr(0, 20), "b.csv.gz").find("b.csv.gz is damaged or was cut off by a download"),
            std::string::npos);
  EXPECT_NE(refusal("a,b\n1,2\n", "c.csv.gz").find("c.csv.gz is no gzip file"), std::string::npos);
}

TEST_F(TextFileTest, TextInANumericColumn) {
  request.kinds = {{"price", ColumnKind::number}};
  std::string text = "customer,price\n";
  for (int i = 0; i < 16; ++i) text += "1,2.5\n";
  EXPECT_EQ(refusal(text + "1, n/a \n"),
            "events.csv:18: column \"price\" holds \"n/a\", which is no number; set [missing] missing_tokens or fix the file");
  EXPECT_EQ(refusal("price\n1\nnan\n"),
            "events.csv:3: column \"price\" holds \"nan\", which is no number; set [missing] missing_tokens or fix the file");
  EXPECT_NE(refusal("price\n1\n\n-Infinity\n").find("events.csv:4: column \"price\" holds -Infinity, which is infinite"),
            std::string::npos);
  EXPECT_NE(refusal("price\n1e999\n").find("events.csv:2: column \"price\" holds 1e999, which is infinite"), std::string::npos);
  request.kinds = {{"price", ColumnKind::integer}};
  EXPECT_NE(refusal("price\n1.0\n1.5\n").find("events.csv:3: column \"price\" holds \"1.5\", which is no whole number"), std::string::npos);
}

TEST_F(TextFileTest, RaggedAndCutOffLines) {
  EXPECT_EQ(refusal("a,b,c\n1,2,3\n1,2\n1,2,3\n"),
            "events.csv:3: 2 fields where 3 are expected; fix the line; put cells that hold the delimiter in quotes");
  EXPECT_NE(refusal("a,b\n1,2,3\n").find("events.csv:2: 3 fields where 2 are expected"), std::string::npos);
  const std::string cut = refusal("a,b,c\n1,2,3\n1,2");
  EXPECT_NE(cut.find("events.csv:3: 2 fields where 3 are expected, and the line does not end: the file was cut off"), std::string::npos)
      << cut;
  EXPECT_NE(refusal("a,b\n1,\"x\n2,y\n").find("events.csv:2: a quote opens here and is never closed"), std::string::npos);
  EXPECT_NE(refusal("a,b\n1,\"x\"y\n").find("events.csv:2: text follows a closing quote in field 2"), std::string::npos);
  EXPECT_NE(refusal("a;b\n1;2,3\n").find("set delimiter = \";\""), std::string::npos);
}

TEST_F(TextFileTest, FilesThatAreNone) {
  EXPECT_EQ(refusal(""), "events.csv is empty; fetch or write it again");
  EXPECT_NE(refusal("\n \n\n").find("events.csv holds nothing but blank lines"), std::string::npos);
  EXPECT_NE(refusal("a,b\n").find("events.csv holds no rows"), std::string::npos);
  EXPECT_NE(refusal("a,a\n1,2\n").find("events.csv:1: the column \"a\" stands there twice"), std::string::npos);
  EXPECT_NE(refusal(std::string_view("a,b\n1,\0\n", 8)).find("is not a text file"), std::string::npos);
  EXPECT_NE(refusal(std::string_view("\xff\xfe"
                                     "a\0",
                                     4))
                .find("UTF-16"),
            std::string::npos);
  EXPECT_NE(refusal("PK\x03\x04zip").find("zip archive"), std::string::npos);
  request.kinds = {{"city", ColumnKind::text}};
  EXPECT_NE(refusal("city\nM\xfcnchen\n").find("events.csv:2: column \"city\" holds \"M?nchen\", which is not UTF-8"), std::string::npos);
  request.files = {folder.file("none.csv")};
  EXPECT_NE(message_of(folder, [&] { (void)read_table(request); }).find("none.csv does not exist"), std::string::npos);
  request.files = {folder.path().string()};
  EXPECT_NE(message_of(folder, [&] { (void)read_table(request); }).find("is a folder"), std::string::npos);
}

TEST_F(TextFileTest, AMissingColumnNamesNearOnes) {
  request.columns = {"prise"};
  EXPECT_EQ(refusal("price,quantity\n1,2\n"), "events.csv has no column \"prise\"; did you mean \"price\"?");
  EXPECT_EQ(refusal("alpha,beta\n1,2\n"), "events.csv has no column \"prise\"; the columns are: alpha, beta");
  EXPECT_NE(refusal("price;quantity\n1;2\n").find("set delimiter = \";\""), std::string::npos);
}

TEST_F(TextFileTest, AQuoteThatNeverClosesDoesNotFillTheMemory) {
  std::string text = "a,b\n1,\"";
  text.append(40'000'000, 'x');
  EXPECT_NE(refusal(text).find("events.csv:2: a line, or a cell in quotes that opens here, is longer than"), std::string::npos);
}

TEST_F(TextFileTest, CellsAcrossTheBufferAreWhole) {
  // Records of varying length over several megabytes: every value must come back, whatever block its bytes fell into.
  std::string text = "n,t\n";
  for (int i = 0; i < 60'000; ++i)
    text += std::to_string(i) + ",\"" + std::string(static_cast<std::size_t>(i % 97), 'x') + "\"\"" + std::to_string(i % 11) + "\"\n";
  request.kinds = {{"n", ColumnKind::integer}, {"t", ColumnKind::text}};
  const Table t = read(text);
  ASSERT_EQ(t.rows, 60'000);
  for (int i = 0; i < 60'000; ++i) {
    ASSERT_EQ(t.at("n").integers[static_cast<std::size_t>(i)], i);
    ASSERT_EQ(t.at("t").text_at(i), std::string(static_cast<std::size_t>(i % 97), 'x') + "\"" + std::to_string(i % 11));
  }
  EXPECT_EQ(place(t, 59'999), "events.csv:60001");
}

}  // namespace
}  // namespace footfall
