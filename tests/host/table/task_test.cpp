// Parts of the files that are read by themselves: together they are what one reading gives.
#include <gtest/gtest.h>

#include <random>

#include "host/table/read.hpp"
#include "host/table/write.hpp"
#include "kernels/error.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::TemporaryFolder;

/// Rows of numbers and names with missing cells, in row groups of a random size.
Table random_table(std::int64_t rows, std::mt19937& random) {
  Table table;
  table.rows = rows;
  table.columns.resize(3);
  Column& id = table.columns[0];
  id.name = "id";
  id.type = ColumnType::integer;
  Column& price = table.columns[1];
  price.name = "price";
  price.type = ColumnType::number;
  Column& word = table.columns[2];
  word.name = "word";
  word.type = ColumnType::text;
  for (int w = 0; w < 30; ++w) word.dictionary.push_back("w" + std::to_string(w));
  for (std::int64_t row = 0; row < rows; ++row) {
    id.integers.push_back(static_cast<std::int64_t>(random() % 1000));
    price.numbers.push_back(static_cast<double>(random() % 10000) / 100.0);
    word.codes.push_back(random() % 5 == 0 ? -1 : static_cast<std::int32_t>(random() % 30));
    word.valid.push_back(word.codes.back() < 0 ? 0 : 1);
  }
  return table;
}

std::vector<std::string> rows_of(const Table& table) {
  std::vector<std::string> out;
  for (std::int64_t row = 0; row < table.rows; ++row) {
    std::string line = table.place(row);
    for (const Column& column : table.columns) line += "|" + column.show(row);
    out.push_back(line);
  }
  return out;
}

TEST(ReadTask, PartsTogetherAreTheWhole) {
  std::mt19937 random(11);
  for (int round = 0; round < 12; ++round) {
    const TemporaryFolder folder;
    ReadRequest request;
    for (int file = 0; file < 3; ++file) {
      const std::string name = folder.file("f" + std::to_string(file) + (file == 1 ? ".csv" : ".parquet"));
      write_table(name, random_table(1 + static_cast<std::int64_t>(random() % 3000), random), {.row_group = 1 + static_cast<std::int64_t>(random() % 700)});
      request.files.push_back(name);
    }
    request.columns = {"id", "price", "word"};
    request.kinds = {{"id", round % 2 == 0 ? ColumnKind::id : ColumnKind::text}, {"price", ColumnKind::number}, {"word", ColumnKind::text}};
    if (round % 3 == 0) request.where = "price > 30";
    request.derived = {{"double", "price * 2"}};
    const TableReader whole(request);
    std::vector<std::string> parts;
    std::int64_t read = 0;
    for (const ReadTask& task : whole.tasks(1 + static_cast<std::int64_t>(random() % 2000))) {
      TableReader part = whole.part(task, 1 + static_cast<std::int64_t>(random() % 1000));
      while (const auto chunk = part.next()) {
        const std::vector<std::string> rows = rows_of(*chunk);
        parts.insert(parts.end(), rows.begin(), rows.end());
      }
      read += part.rows_read();
    }
    const Table table = read_table(request);
    EXPECT_EQ(parts, rows_of(table));
    EXPECT_EQ(read, table.rows_read);
  }
}

TEST(ReadTask, ADamagedRowGroupIsNamed) {
  std::mt19937 random(5);
  const TemporaryFolder folder;
  const std::string name = folder.file("events.parquet");
  write_table(name, random_table(4000, random), {.compression = Compression::zstd, .row_group = 1000});
  std::string bytes;
  {
    std::ifstream in(name, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  // The prices of the third group are among its bytes, which lie in the third quarter of the file: noise there cannot be unpacked.
  for (std::size_t i = bytes.size() * 55 / 100; i < bytes.size() * 65 / 100; ++i) bytes[i] = static_cast<char>(random());
  std::ofstream(name, std::ios::binary) << bytes;
  ReadRequest request;
  request.files = {name};
  const TableReader whole(request);
  const std::vector<ReadTask> tasks = whole.tasks(1000);
  ASSERT_EQ(tasks.size(), 4U);
  std::string fault;
  try {
    for (const ReadTask& task : tasks) {
      TableReader part = whole.part(task, 1 << 20);
      while (part.next()) continue;
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    fault = error.what();
  }
  EXPECT_NE(fault.find("events.parquet: row group 2 (rows 2001 to 3000) is damaged"), std::string::npos) << fault;
  // Read as one, the same group is named.
  try {
    static_cast<void>(read_table(request));
    ADD_FAILURE() << "noise was read";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("row group 2 "), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace footfall
