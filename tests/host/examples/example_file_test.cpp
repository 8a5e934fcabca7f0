// Examples that were spilled come back as they were, in any order, and what the disk does to them is noticed.
#include "host/examples/example_file.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "kernels/error.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

/// Examples of every length from 1 to 9; each cell tells where it stands.
ExampleTable some_examples(std::int64_t count) {
  ExampleTable table;
  table.event_numbers = {"a", "b", "c"};
  table.event_codes = {"k"};
  table.profile_numbers = {"x", "y"};
  table.profile_codes = {"p", "q", "r"};
  for (std::int64_t e = 0; e < count; ++e) {
    table.keys.push_back({e, 7});
    table.first.push_back(table.event_rows());
    table.length.push_back(static_cast<std::int32_t>(1 + e * 5 % 9));
    for (std::int32_t i = 0; i < table.length.back(); ++i) {
      for (int c = 0; c < 3; ++c) table.event_number.push_back(static_cast<float>(100 * e + 10 * i + c));
      table.event_code.push_back(static_cast<std::int32_t>(e + i));
    }
    for (int c = 0; c < 2; ++c) table.profile_number.push_back(static_cast<float>(e) + 0.25F * static_cast<float>(c));
    for (int c = 0; c < 3; ++c) table.profile_code.push_back(static_cast<std::int32_t>(3 * e + c));
  }
  return table;
}

class ExampleFiles : public ::testing::Test {
 protected:
  void fill(ExampleFile& file) const {
    // In pieces, as they are built.
    const TableSource source(table);
    ExampleTable piece;
    for (std::int64_t begin = 0; begin < table.size(); begin += 64) {
      std::vector<std::int64_t> rows;
      for (std::int64_t e = begin; e < std::min(begin + 64, table.size()); ++e) rows.push_back(e);
      source.gather(rows, {}, piece);
      file.append(piece);
    }
    file.finish();
  }
  void expect_back(const ExampleFile& file, const std::vector<std::int64_t>& rows, Wanted wanted) const {
    ExampleTable expected, found;
    TableSource(table).gather(rows, wanted, expected);
    SpilledSource(index(), file).gather(rows, wanted, found);
    EXPECT_EQ(found.first, expected.first);
    EXPECT_EQ(found.length, expected.length);
    EXPECT_EQ(found.event_number, expected.event_number);
    EXPECT_EQ(found.event_code, expected.event_code);
    EXPECT_EQ(found.profile_number, expected.profile_number);
    EXPECT_EQ(found.profile_code, expected.profile_code);
  }
  [[nodiscard]] const ExampleTable& index() const { return without_cells; }

  testing::TemporaryFolder folder;
  ExampleTable table = some_examples(1000), without_cells = [this] {
    ExampleTable out = table;
    out.event_number.clear();
    out.event_code.clear();
    out.profile_number.clear();
    out.profile_code.clear();
    return out;
  }();
};

TEST_F(ExampleFiles, ComeBackInAnyOrder) {
  ExampleFile file(folder.path());
  fill(file);
  std::vector<std::int64_t> rows;
  for (std::int64_t e = 0; e < table.size(); ++e) rows.push_back(e);
  expect_back(file, rows, {});
  expect_back(file, rows, {true, false});
  expect_back(file, rows, {false, true});
  std::shuffle(rows.begin(), rows.end(), std::mt19937_64(3));
  rows.resize(300);
  expect_back(file, rows, {});
  expect_back(file, {5, 5, 4, 999, 0}, {});
  expect_back(file, {}, {});
}

TEST_F(ExampleFiles, LeaveNothingInTheFolder) {
  const ExampleFile file(folder.path());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(ExampleFiles, DamageIsNoticedAndNamed) {
  ExampleFile file(folder.path());
  fill(file);
  const std::int64_t row_bytes = 16, at = index().first[500] * row_bytes + 500 * RecordFile::checksum_bytes + 3;
  char byte = 0;
  ASSERT_EQ(::pread(file.events().descriptor(), &byte, 1, at), 1);
  byte = static_cast<char>(byte ^ 4);
  ASSERT_EQ(::pwrite(file.events().descriptor(), &byte, 1, at), 1);
  ExampleTable out;
  const SpilledSource source(index(), file);
  const std::vector<std::int64_t> beside = {499, 501}, damaged = {500};
  source.gather(beside, {}, out);
  source.gather(damaged, {false, true}, out);
  try {
    source.gather(damaged, {}, out);
    FAIL() << "damage went unnoticed";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find(".examples-events"), std::string::npos) << text;
    EXPECT_NE(text.find("damaged at example 500"), std::string::npos) << text;
  }
  ASSERT_EQ(::ftruncate(file.events().descriptor(), at), 0);
  EXPECT_THROW(source.gather(std::vector<std::int64_t>{900}, {}, out), Error) << "cut off";
}

TEST_F(ExampleFiles, AFullDiskIsAnErrorThatNamesTheFile) {
  struct rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ExampleFile file(folder.path());
  struct rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string text;
  try {
    fill(file);
  } catch (const Error& error) {
    text = error.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  static_cast<void>(std::signal(SIGXFSZ, handler));
  EXPECT_NE(text.find(".examples-events cannot be written"), std::string::npos) << text;
}

}  // namespace
}  // namespace footfall
