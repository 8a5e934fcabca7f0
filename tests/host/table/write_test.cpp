// Writing: what was written is read back, the bytes do not depend on chunks, and a failure leaves nothing.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <limits>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "host/table/atomic_file.hpp"
#include "host/table/read.hpp"
#include "host/table/write.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

/// Rows `from` to `to` of a table with every type; a row's values depend on its number alone.
Table rows_between(std::int64_t from, std::int64_t to) {
  Table t;
  t.rows = to - from;
  t.columns.resize(5);
  const char* names[] = {"id", "x", "flag", "text, quoted", "time"};
  const ColumnType types[] = {ColumnType::integer, ColumnType::number, ColumnType::boolean, ColumnType::text, ColumnType::timestamp};
  for (std::size_t c = 0; c < 5; ++c) {
    t.columns[c].name = names[c];
    t.columns[c].type = types[c];
    t.columns[c].valid.assign(static_cast<std::size_t>(t.rows), 1);
  }
  t.columns[4].resolution = TimeResolution::seconds;
  t.columns[3].dictionary = {"plain", "a,b", "say \"hi\"", "two\nlines", "größe"};
  std::rotate(t.columns[3].dictionary.begin(), t.columns[3].dictionary.begin() + from % 5,
              t.columns[3].dictionary.end());  // each chunk has its own codes
  for (std::int64_t i = from; i < to; ++i) {
    const auto row = static_cast<std::size_t>(i - from);
    const bool missing = i % 11 == 3;
    t.columns[0].integers.push_back(i * 1'000'003);
    t.columns[1].numbers.push_back(missing ? std::numeric_limits<double>::quiet_NaN() : 0.1 * static_cast<double>(i) - 7);
    t.columns[2].integers.push_back(i % 2);
    t.columns[3].codes.push_back(missing ? -1 : static_cast<std::int32_t>((i % 5 - from % 5 + 5) % 5));
    t.columns[4].integers.push_back((1'315'643'160 + i) * 1'000'000);
    if (missing) t.columns[1].valid[row] = t.columns[3].valid[row] = 0;
  }
  return t;
}

void expect_same(const Table& a, const Table& b) {
  ASSERT_EQ(a.rows, b.rows);
  ASSERT_EQ(a.names(), b.names());
  for (std::size_t c = 0; c < a.columns.size(); ++c) {
    EXPECT_EQ(a.columns[c].type, b.columns[c].type) << a.columns[c].name;
    EXPECT_EQ(a.columns[c].resolution, b.columns[c].resolution) << a.columns[c].name;
    for (std::int64_t row = 0; row < a.rows; ++row)
      ASSERT_EQ(a.columns[c].show(row), b.columns[c].show(row)) << a.columns[c].name << " " << row;
  }
}

std::string written(const std::string& file, std::int64_t chunk, const WriteOptions& options = {}) {
  constexpr std::int64_t n = 2500;
  TableWriter writer(file, output_columns(rows_between(0, 0)), options);
  for (std::int64_t from = 0; from < n; from += chunk) writer.write(rows_between(from, std::min(n, from + chunk)));
  EXPECT_EQ(writer.rows(), n);
  writer.finish();
  return read_file(file);
}

class WriteTest : public ::testing::TestWithParam<const char*> {};

TEST_P(WriteTest, IsReadBackAndTheSameForAnyChunks) {
  const TemporaryFolder folder;
  WriteOptions options;
  options.row_group = 1000;
  const std::string file = folder.file(std::string("out") + GetParam());
  const std::string bytes = written(file, 2500, options);
  ReadRequest request;
  request.files = {file};
  request.kinds = {{"time", ColumnKind::time}};
  expect_same(read_table(request), rows_between(0, 2500));
  EXPECT_TRUE(bytes == written(file, 7, options)) << "the bytes depend on the chunks";
  EXPECT_TRUE(bytes == written(file, 999, options)) << "the bytes depend on the chunks";
  EXPECT_EQ(folder.entries(), 1u);
}
INSTANTIATE_TEST_SUITE_P(Formats, WriteTest, ::testing::Values(".parquet", ".csv", ".tsv", ".csv.gz", ".csv.zst"), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(TableWriterTest, TypesOfTheFile) {
  const TemporaryFolder folder;
  Table t = rows_between(0, 20);
  std::vector<OutputColumn> columns = output_columns(t);
  columns[1].float32 = true;
  columns[0].type = ColumnType::number;  // integers are taken for numbers
  columns[4].resolution = TimeResolution::days;
  for (const Compression compression : {Compression::zstd, Compression::snappy, Compression::none}) {
    WriteOptions options;
    options.compression = compression;
    TableWriter writer(folder.file("a.parquet"), columns, options);
    writer.write(t);
    writer.finish();
    ReadRequest request;
    request.files = {folder.file("a.parquet")};
    const Table back = read_table(request);
    EXPECT_EQ(back.columns[0].type, ColumnType::number);
    EXPECT_EQ(back.columns[1].numbers[5], static_cast<double>(static_cast<float>(t.columns[1].numbers[5])));
    EXPECT_EQ(back.columns[4].resolution, TimeResolution::days);
    EXPECT_EQ(back.columns[4].show(0), "2011-09-10");
    EXPECT_EQ(back.place(16), folder.file("a.parquet") + " row 17");
  }
}

TEST(TableWriterTest, NothingIsLeftWithoutFinish) {
  const TemporaryFolder folder;
  for (const char* name : {"a.parquet", "a.csv", "a.csv.gz"}) {
    {
      TableWriter writer(folder.file(name), output_columns(rows_between(0, 0)));
      writer.write(rows_between(0, 5000));
      EXPECT_EQ(folder.entries(), 1u);
      EXPECT_FALSE(std::filesystem::exists(folder.file(name)));
    }
    EXPECT_EQ(folder.entries(), 0u) << name;
  }
}

TEST(TableWriterTest, AnOldFileStaysUntilTheNewOneIsWhole) {
  const TemporaryFolder folder;
  folder.write("a.csv", "old");
  {
    TableWriter writer(folder.file("a.csv"), output_columns(rows_between(0, 0)));
    writer.write(rows_between(0, 5));
  }
  EXPECT_EQ(read_file(folder.file("a.csv")), "old");
}

TEST(TableWriterTest, BadNames) {
  const TemporaryFolder folder;
  const auto columns = output_columns(rows_between(0, 0));
  EXPECT_NE(
      message_of(folder, [&] { TableWriter(folder.file("a.xlsx"), columns); }).find("a.xlsx cannot be written: give a name that ends in"),
      std::string::npos);
  EXPECT_NE(message_of(folder, [&] { TableWriter(folder.file("none/a.csv"), columns); }).find("its folder does not exist"),
            std::string::npos);
  std::filesystem::create_directory(folder.file("d.csv"));
  EXPECT_NE(message_of(folder, [&] { TableWriter(folder.file("d.csv"), columns); }).find("it is a folder"), std::string::npos);
  EXPECT_EQ(folder.entries(), 1u);
}

/// Files of this process may not grow beyond a limit: a write fails as on a full disk, without one.
class LimitedFiles {
 public:
  explicit LimitedFiles(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~LimitedFiles() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  LimitedFiles(const LimitedFiles&) = delete;
  LimitedFiles& operator=(const LimitedFiles&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int) = nullptr;
};

TEST(TableWriterTest, AWriteThatFailsNamesTheFileAndLeavesNothing) {
  for (const char* name : {"a.parquet", "a.csv", "a.csv.zst"}) {
    const TemporaryFolder folder;
    const std::string text = message_of(
        folder,
        [&] {
          const LimitedFiles limit(20'000);
          WriteOptions options;
          options.row_group = 1000;
          TableWriter writer(folder.file(name), output_columns(rows_between(0, 0)), options);
          for (int i = 0; i < 50; ++i) writer.write(rows_between(i * 4000, (i + 1) * 4000));
          writer.finish();
        },
        ErrorKind::failed);
    EXPECT_NE(text.find(std::string(name) + " cannot be written: File too large"), std::string::npos) << text;
    EXPECT_EQ(folder.entries(), 0u) << name;
  }
}

TEST(AtomicFileTest, AFullDiskHasARemedy) {
  const TemporaryFolder folder;
  const std::string text = message_of(
      folder, [] { throw_write_error("scores.parquet", ENOSPC); }, ErrorKind::failed);
  EXPECT_EQ(
      text,
      "the disk is full while writing scores.parquet; free space there, or give --out on another disk; nothing half-written was left");
}

TEST(AtomicFileTest, WritesWholeFiles) {
  const TemporaryFolder folder;
  const std::string bytes("a\0b", 3);
  write_file(folder.file("x.bin"), bytes);
  EXPECT_EQ(read_file(folder.file("x.bin")), bytes);
  write_file(folder.file("x.bin"), "");
  EXPECT_EQ(read_file(folder.file("x.bin")), "");
  {
    AtomicFile lost(folder.file("y.bin"));
    lost.write("half");
  }
  EXPECT_EQ(folder.entries(), 1u);
  EXPECT_NE(message_of(folder, [&] { (void)read_file(folder.file("y.bin")); }).find("y.bin does not exist"), std::string::npos);
}

}  // namespace
}  // namespace footfall
