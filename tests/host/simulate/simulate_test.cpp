// The files of a shop: the same for any number of threads, read by its own job, and all or nothing.
#include "host/simulate/simulate.hpp"

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "host/journeys/base_reader.hpp"
#include "host/journeys/clock.hpp"
#include "host/journeys/labels.hpp"
#include "host/table/read.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

SimulateSummary make_shop(const std::filesystem::path& out, std::int64_t customers, int threads = 2, std::uint64_t seed = 42,
                          bool overwrite = false) {
  RunOptions options;
  options.threads = threads;
  return simulate({customers, out, seed, overwrite}, options);
}

/// Name (inside the folder) and bytes of every file.
std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[std::filesystem::relative(entry.path(), folder).string()] = {std::istreambuf_iterator<char>(in), {}};
  }
  return files;
}

Table read_file_table(const std::string& file) {
  ReadRequest request;
  request.files = {file};
  return read_table(request);
}

TEST(Simulate, ThreadsChangeNoByte) {
  const TemporaryFolder folder;
  constexpr std::int64_t customers = 9'000;  // more than a chunk
  make_shop(folder.path() / "one", customers, 1);
  make_shop(folder.path() / "four", customers, 4);
  const auto one = files_of(folder.path() / "one");
  EXPECT_EQ(one.size(), 7U);  // job, customers, truth and four files of events
  EXPECT_TRUE(one == files_of(folder.path() / "four"));
  make_shop(folder.path() / "other", customers, 1, 43);
  const auto other = files_of(folder.path() / "other");
  EXPECT_NE(one.at("customers.parquet"), other.at("customers.parquet"));
  EXPECT_EQ(one.at("job.toml"), other.at("job.toml"));
}

TEST(Simulate, ACustomerIsTheSameInAShopOfAnySize) {
  const TemporaryFolder folder;
  make_shop(folder.path() / "small", 50);
  make_shop(folder.path() / "large", 700);
  for (const char* name : {"customers.parquet", "truth.parquet"}) {
    const Table small = read_file_table((folder.path() / "small" / name).string()),
                large = read_file_table((folder.path() / "large" / name).string());
    ASSERT_EQ(small.rows, 50);
    ASSERT_EQ(large.rows, 700);
    for (std::size_t c = 0; c < small.columns.size(); ++c)
      for (std::int64_t row = 0; row < 50; ++row)
        ASSERT_EQ(small.columns[c].show(row), large.columns[c].show(row)) << small.columns[c].name << " " << row;
  }
}

TEST(Simulate, ShopsOfOneCustomerAndOfFewFiles) {
  const TemporaryFolder folder;
  for (const std::int64_t customers : {1, 2, 3, 5, 9}) {
    const auto shop = folder.path() / std::to_string(customers);
    const SimulateSummary summary = make_shop(shop, customers);
    ReadRequest events;
    events.files = expand_files({"events/*.parquet"}, shop);
    EXPECT_EQ(static_cast<std::int64_t>(events.files.size()), std::min<std::int64_t>(customers == 5   ? 3
                                                                                     : customers == 9 ? 3
                                                                                                      : customers,
                                                                                     4))
        << customers;
    const Table table = read_table(events);
    EXPECT_EQ(table.rows, summary.events);
    std::map<std::int64_t, int> seen;
    for (const std::int64_t id : table.at("customer_id").integers) ++seen[id];
    EXPECT_EQ(static_cast<std::int64_t>(seen.size()), customers);  // each has a first session before the cutoff
  }
}

/// The shop's own job gives labels whose rates are those of the truth: 4.5 standard errors of a sum of independent draws.
TEST(Simulate, TheJobSeesWhatTheTruthForetells) {
  const TemporaryFolder folder;
  constexpr std::int64_t customers = 4'000;
  const SimulateSummary summary = make_shop(folder.path() / "shop", customers);
  const ReadBase read = read_base(read_job((folder.path() / "shop" / "job.toml").string()));
  ASSERT_EQ(read.base.customers(), customers);
  EXPECT_EQ(read.counts.events, summary.events);
  EXPECT_EQ(read.counts.customers_without_events, 0);
  EXPECT_TRUE(window_notices(read.base, read.job, parse_cutoff(*read.job.split.cutoff, read.base.journeys->clock)).empty());
  const Table truth = read_file_table((folder.path() / "shop" / "truth.parquet").string());
  const Table table = read_file_table((folder.path() / "shop" / "customers.parquet").string());
  for (const char* column : {"gender", "age", "income", "city", "channel"}) {
    EXPECT_GT(table.at(column).missing(), 20) << column;
    EXPECT_LT(table.at(column).missing(), customers / 4) << column;
  }
  const std::int64_t cutoff = parse_cutoff(*read.job.split.cutoff, read.base.journeys->clock);
  const char* columns[] = {"true_probability", "true_churn"};
  for (std::size_t target = 0; target < 2; ++target) {
    const Labels labels = make_labels(read.base, read.targets, read.job.targets[target], cutoff);
    double happened = 0.0, expected = 0.0, variance = 0.0;
    for (std::size_t c = 0; c < static_cast<std::size_t>(customers); ++c) {
      const double probability = truth.at(columns[target]).numbers[static_cast<std::size_t>(read.base.ids.numbers[c] - 1)];
      happened += labels.values[c];
      expected += probability;
      variance += probability * (1.0 - probability);
    }
    EXPECT_NEAR(happened, expected, 4.5 * std::sqrt(variance)) << read.job.targets[target].name;
    if (target == 0) {
      EXPECT_EQ(happened, static_cast<double>(summary.buyers));
      EXPECT_NEAR(expected, summary.expected_buyers, 1e-6);
    }
  }
}

TEST(Simulate, AShopThatIsThereIsKeptUnlessAsked) {
  const TemporaryFolder folder;
  const auto shop = folder.path() / "shop";
  make_shop(shop, 20);
  std::ofstream(shop / "notes.txt") << "mine";
  const auto before = files_of(shop);
  const std::string text = message_of(folder, [&] { make_shop(shop, 30); });
  EXPECT_EQ(text, "shop exists already; give --overwrite to replace it, or another --out");
  EXPECT_TRUE(files_of(shop) == before);
  make_shop(shop, 2, 1, 42, true);
  const auto after = files_of(shop);
  EXPECT_EQ(after.at("notes.txt"), "mine");
  EXPECT_EQ(after.size(), 6U);  // two files of events instead of four
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(Simulate, WhatCannotBeIsRefused) {
  const TemporaryFolder folder;
  EXPECT_EQ(message_of(folder, [&] { make_shop(folder.path() / "shop", 0); }), "a shop of 0 customers is none; give --customers 1 or more");
  const std::string file = folder.write("file", "text");
  EXPECT_EQ(message_of(folder, [&] { make_shop(file, 5, 1, 42, true); }), "file is a file; give the name of a folder as --out");
  EXPECT_EQ(folder.entries(), 1U);
}

/// A disk that takes no more: the error names the file, and the shop that was there stays as it was.
TEST(Simulate, AFullDiskLeavesWhatWasThere) {
  const TemporaryFolder folder;
  const auto shop = folder.path() / "shop";
  make_shop(shop, 10);
  const auto before = files_of(shop);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit limit{20'000, old.rlim_max};
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  const std::string text = message_of(
      folder, [&] { make_shop(shop, 5'000, 2, 42, true); }, ErrorKind::failed);
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(text.find("cannot be written: File too large"), std::string::npos) << text;
  EXPECT_TRUE(files_of(shop) == before);
  EXPECT_EQ(folder.entries(), 1U);
}

}  // namespace
}  // namespace footfall
