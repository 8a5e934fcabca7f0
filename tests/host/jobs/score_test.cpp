// Scoring a small shop from files to a file: the cut into chunks, what is scored, and errors from inside the pipeline.
#include "host/jobs/score.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "host/job/job.hpp"
#include "host/jobs/fit.hpp"
#include "host/jobs/score_chunks.hpp"
#include "host/jobs/score_output.hpp"
#include "tests/host/table/temporary_folder.hpp"
#include "tests/support/small_shop.hpp"

namespace footfall {
namespace {

RunOptions on_cpu(int threads = 1) {
  RunOptions options;
  options.threads = threads;
  return options;
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

/// One fitted model for all tests of this file.
class ScoreJob : public ::testing::Test {
 protected:
  static constexpr std::int64_t customers = 400;

  static void SetUpTestSuite() {
    folder = std::make_unique<testing::TemporaryFolder>();
    const test::SmallShop shop = test::make_small_shop(customers);
    folder->write("job.toml", test::ShopJob().text());
    folder->write("events.csv", shop.events_csv());
    folder->write("customers.csv", shop.customers_csv());
    fit(read_job(folder->file("job.toml")), folder->path() / "model", Existing::refuse, on_cpu());
  }
  static void TearDownTestSuite() { folder.reset(); }

  [[nodiscard]] static ScoreRequest request(const std::string& out) {
    ScoreRequest request;
    request.model = folder->path() / "model";
    request.out = folder->path() / out;
    request.overwrite = true;
    return request;
  }
  [[nodiscard]] static std::string scores(std::int64_t customers_at_once, int threads) {
    ScoreRequest wanted = request("scores.csv");
    wanted.customers_at_once = customers_at_once;
    score(wanted, on_cpu(threads));
    return contents(wanted.out);
  }

  static std::unique_ptr<testing::TemporaryFolder> folder;
};
std::unique_ptr<testing::TemporaryFolder> ScoreJob::folder;

TEST_F(ScoreJob, AreTheSameForAnyChunksAndThreads) {
  const std::string at_once = scores(1'000'000, 1);
  EXPECT_GT(at_once.size(), 400U * 10U);
  for (const std::int64_t size : {1, 7, 50, 150}) EXPECT_TRUE(scores(size, 1) == at_once) << size << " customers at once";
  EXPECT_TRUE(scores(20, 3) == at_once) << "three threads";
}

TEST_F(ScoreJob, TellsWhatEachStageDid) {
  ScoreRequest wanted = request("stages.csv");
  wanted.customers_at_once = 30;
  const ScoreSummary summary = score(wanted, on_cpu());
  std::map<std::string, StageTime> stages;
  for (const StageTime& stage : summary.stages) stages[stage.stage] = stage;
  ASSERT_EQ(stages.size(), 5U);
  for (const char* name : {"features", "predict", "collect", "write"}) EXPECT_EQ(stages[name].rows, summary.customers) << name;
  for (const auto& [name, stage] : stages) {
    EXPECT_GT(stage.bytes, 0) << name;
    EXPECT_GE(stage.busy, 0.0) << name;
    EXPECT_LE(stage.busy + stage.waiting, summary.seconds) << name << ": a stage is one thread, inside the whole";
  }
  EXPECT_EQ(stages["read"].bytes, static_cast<std::int64_t>(std::filesystem::file_size(folder->path() / "events.csv") + std::filesystem::file_size(folder->path() / "customers.csv")));
  EXPECT_EQ(stages["write"].bytes, static_cast<std::int64_t>(std::filesystem::file_size(wanted.out)));
}

TEST_F(ScoreJob, AnErrorInsideTheLoopIsThrownAndLeavesNothing) {
  // The observer is called from the last stage; what it throws is nobody's but the caller's.
  struct Stopped {
    std::int64_t at;
  };
  RunOptions options = on_cpu();
  options.observer.advance = [](const std::string&, std::int64_t done, std::int64_t, const std::string&) {
    if (done > 100) throw Stopped{done};
  };
  for (const char* out : {"stopped.csv", "stopped.parquet", "stopped"}) {
    const std::size_t entries = folder->entries();
    ScoreRequest wanted = request(out);
    wanted.customers_at_once = 20;
    EXPECT_THROW(score(wanted, options), Stopped);
    // Of a folder the shards that were whole stay, for `resume`.
    EXPECT_EQ(folder->entries(), entries + (std::string(out) == "stopped" ? 1 : 0)) << out;
  }
  EXPECT_TRUE(std::filesystem::exists(folder->path() / ".stopped.partial/manifest.json"));
  ScoreRequest rest = request("stopped");
  rest.overwrite = false;
  EXPECT_THROW(score(rest, on_cpu()), Error) << "not without saying what is to become of them";
  rest.resume = true;
  const ScoreSummary summary = score(rest, on_cpu());
  EXPECT_GT(summary.customers_before, 40) << "two of the three or four shards before the end";
  EXPECT_LT(summary.customers_before, summary.customers);
  EXPECT_FALSE(std::filesystem::exists(folder->path() / ".stopped.partial"));
  EXPECT_TRUE(score(rest, on_cpu()).was_there);
}

TEST_F(ScoreJob, BeforeEveryEventOnlyTheTableIsLeft) {
  ScoreRequest wanted = request("early.csv");
  wanted.as_of = "2000-01-01";
  const ScoreSummary summary = score(wanted, on_cpu());
  EXPECT_EQ(summary.customers, static_cast<std::int64_t>(test::make_small_shop(customers).customers.size()));
}

/// Customers of partition p: p % 3, each with p % 5 events at times 0, 1, 2, ….
Base uneven_base() {
  Base base;
  Journeys journeys;
  journeys.clock = {true, 1};
  journeys.first = {0};
  base.partition_first = {0};
  for (std::int32_t p = 0; p < Base::partitions; ++p) {
    for (int c = 0; c < p % 3; ++c) {
      base.ids.numbers.push_back(base.customers());
      for (int i = 0; i < p % 5; ++i) journeys.time.push_back(i);
      journeys.first.push_back(journeys.events());
    }
    base.partition_first.push_back(base.customers());
  }
  base.journeys = std::move(journeys);
  return base;
}

TEST(ScoreChunks, HoldEachScoredCustomerOnceInOrder) {
  const Base base = uneven_base();
  FeatureSpec spec;
  spec.events = true;
  spec.max_length = 3;
  std::vector<std::int64_t> expected;
  for (std::int32_t p = 0; p < Base::partitions; ++p)
    for (std::int64_t c = base.partition_first[static_cast<std::size_t>(p)]; c < base.partition_first[static_cast<std::size_t>(p) + 1]; ++c)
      if (p % 5 > 0) expected.push_back(c);
  for (const std::int64_t size : {1, 5, 1000}) {
    std::vector<std::int64_t> seen;
    for (const ScoreChunk& chunk : score_chunks(base, spec, 100, {size, 1'000'000})) {
      seen.insert(seen.end(), chunk.customers.begin(), chunk.customers.end());
      EXPECT_GT(chunk.size(), 0);
      EXPECT_LE(chunk.size(), size + 1) << "a partition holds up to two";
      EXPECT_LE(chunk.longest, 4) << "three events and the closing step";
      std::int64_t row = 0;
      for (const auto& group : chunk.groups)
        for (const std::int64_t r : group) EXPECT_EQ(r, row++);
      EXPECT_EQ(row, chunk.size());
    }
    EXPECT_EQ(seen, expected) << size;
  }
}

TEST(ScoreChunks, StayInsideAShard) {
  const Base base = uneven_base();
  const auto shard_of = [&](std::int64_t customer) {
    const auto after = std::upper_bound(base.partition_first.begin(), base.partition_first.end(), customer);
    return (after - base.partition_first.begin() - 1) / ShardSplit{}.partitions_a_shard();
  };
  const std::vector<ScoreChunk> chunks = score_chunks(base, {}, 100, {1'000'000, 1'000'000});
  EXPECT_EQ(chunks.size(), 16U);
  for (const ScoreChunk& chunk : chunks) {
    EXPECT_EQ(shard_of(chunk.customers.front()), shard_of(chunk.customers.back()));
    EXPECT_EQ(shard_of(chunk.customers.front()), chunk.last_partition / ShardSplit{}.partitions_a_shard());
  }
}

TEST(ScoreChunks, AreCutByEventsToo) {
  FeatureSpec spec;
  spec.events = true;
  spec.max_length = 100;
  // A partition has at most two customers of four events and a closing step.
  for (const ScoreChunk& chunk : score_chunks(uneven_base(), spec, 100, {1'000'000, 12})) EXPECT_LT(chunk.event_rows, 12 + 10);
}

TEST(ScoreChunks, OfNobodyAreNone) { EXPECT_TRUE(score_chunks(uneven_base(), {}, 0, {10, 10}).empty()); }

}  // namespace
}  // namespace footfall
