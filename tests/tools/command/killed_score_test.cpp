// score killed at random moments, on a disk that fills, and split over workers: the bytes of one undisturbed run, each customer once.
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>

#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

int kills() {
  const char* asked = std::getenv("FOOTFALL_KILLS");
  return asked != nullptr ? std::atoi(asked) : 4;
}

class KilledScore : public ShopTest {
 protected:
  void SetUp() override {
    ShopTest::SetUp();
    fit_model();
    done(score_words("expected"));
    expected = bytes("expected");
  }
  [[nodiscard]] std::vector<std::string> score_words(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"score", "model", "--out", out, "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  /// Every file of a folder by name.
  [[nodiscard]] std::map<std::string, std::string> bytes(const std::string& folder) const {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(path(folder))) out[entry.path().filename().string()] = contents(entry.path());
    return out;
  }
  void expect_whole(const std::string& folder) const {
    EXPECT_TRUE(bytes(folder) == expected) << list(folder);
    EXPECT_FALSE(std::filesystem::exists(path("." + folder + ".partial")));
  }
  /// A folder of shards as a kill leaves it: some of them whole, beside its name.
  void leave_some(const std::string& folder, const std::vector<std::string>& names) const {
    std::filesystem::create_directories(path("." + folder + ".partial"));
    for (const std::string& name : names) write("." + folder + ".partial/" + name, expected.at(name));
    write("." + folder + ".partial/manifest.json", expected.at("manifest.json"));
  }

  std::map<std::string, std::string> expected;
};

TEST_F(KilledScore, GoesOnToTheSameBytes) {
  const auto began = std::chrono::steady_clock::now();
  done(score_words("scores"));
  const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::mt19937_64 random(30);
  std::filesystem::remove_all(path("scores"));
  for (int i = 0; i < kills(); ++i) {
    CommandOptions options;
    options.kill_after = whole * std::uniform_real_distribution<double>(0.3, 1.1)(random);
    const CommandResult result = command(score_words("scores", {"--resume"}), options);
    if (result.status == 137) continue;
    ASSERT_EQ(result.status, 0) << result.err;
    expect_whole("scores");
    std::filesystem::remove_all(path("scores"));
  }
  done(score_words("scores", {"--resume"}));
  expect_whole("scores");
}

TEST_F(KilledScore, OneFileLeavesNothingBesideIt) {
  std::mt19937_64 random(31);
  done(score_words("scores.parquet"));
  const std::string one = text("scores.parquet");
  for (int i = 0; i < std::max(3, kills() / 2); ++i) {
    CommandOptions options;
    options.kill_after = std::uniform_real_distribution<double>(0.05, 0.15)(random);
    std::filesystem::remove(path("scores.parquet"));
    static_cast<void>(command(score_words("scores.parquet"), options));
  }
  write(".scores.parquet.partial-99-0", "of a run that was killed");
  done(score_words("scores.parquet", {"--overwrite"}));
  EXPECT_TRUE(text("scores.parquet") == one);
  EXPECT_EQ(list().find(".scores.parquet.partial"), std::string::npos) << list();
}

TEST_F(KilledScore, OnlyWhatIsMissingIsMadeAgain) {
  leave_some("scores", {"part-000-015.parquet", "part-032-047.parquet"});
  expect_refusal(score_words("scores"), {"scores", "16 whole shards", "--resume", "--overwrite"});
  const auto kept = std::filesystem::last_write_time(path(".scores.partial/part-032-047.parquet"));
  const CommandResult result = done({"score", "model", "--out", "scores", "--resume"});
  EXPECT_NE(result.out.find("customers were scored before"), std::string::npos) << result.out;
  expect_whole("scores");
  EXPECT_EQ(std::filesystem::last_write_time(path("scores/part-032-047.parquet")), kept);
  // A shard that was changed, one that is gone.
  std::string damaged = expected.at("part-016-031.parquet");
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  write("scores/part-016-031.parquet", damaged);
  std::filesystem::remove(path("scores/part-064-079.parquet"));
  done(score_words("scores", {"--resume"}));
  expect_whole("scores");
  EXPECT_EQ(std::filesystem::last_write_time(path("scores/part-032-047.parquet")), kept);
  const std::string before = list();
  EXPECT_NE(done({"score", "model", "--out", "scores", "--resume"}).err.find("nothing to do"), std::string::npos);
  EXPECT_EQ(list(), before);
}

TEST_F(KilledScore, ScoresOfAnotherRunAreRefused) {
  leave_some("scores", {"part-000-015.parquet"});
  expect_refusal(score_words("scores", {"--resume", "--as-of", "2025-06-01"}), {"another moment", "--overwrite"});
  expect_refusal(score_words("scores", {"--resume", "--workers", "2", "--worker", "1"}), {"worker 0 of 1", "--overwrite"});
  expect_refusal(score_words("scores", {"--resume", "--overwrite"}), {"--overwrite and --resume exclude each other"});
  write("other.csv", with_field(shop.events_csv(), 18, 4, "1.25"));
  expect_refusal(score_words("scores", {"--resume", "--events", "other.csv"}), {"other events or customers", "--overwrite"});
  done({"fit", "job.toml", "--out", "model", "--seed", "7", "--overwrite", "--quiet"});
  expect_refusal(score_words("scores", {"--resume"}), {"another model", "--overwrite"});
  done(score_words("scores", {"--overwrite"}));
  EXPECT_FALSE(std::filesystem::exists(path(".scores.partial")));
}

TEST_F(KilledScore, GoesOnWhenTheDiskHasRoomAgain) {
  std::mt19937_64 random(32);
  for (int i = 0; i < std::max(2, kills() * 2 / 5); ++i) {
    CommandOptions small;
    small.largest_file = std::uniform_int_distribution<std::uint64_t>(1, expected.at("part-000-015.parquet").size())(random);
    const CommandResult result = command(score_words("scores"), small);
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_NE(result.last_line().find("cannot be written"), std::string::npos) << result.err;
    EXPECT_FALSE(std::filesystem::exists(path("scores")));
    done(score_words("scores", {"--resume"}));
    expect_whole("scores");
    std::filesystem::remove_all(path("scores"));
  }
}

TEST_F(KilledScore, WorkersTogetherAreOneRun) {
  done(score_words("one.csv"));
  for (const int workers : {2, 7}) {
    std::vector<std::string> merge = {"merge"};
    for (int worker = workers - 1; worker >= 0; --worker) {
      merge.push_back("part-" + std::to_string(worker));
      done(score_words(merge.back(), {"--workers", std::to_string(workers), "--worker", std::to_string(worker), "--overwrite"}));
    }
    for (const char* out : {"merged", "merged.csv"}) {
      std::vector<std::string> words = merge;
      words.insert(words.end(), {"--out", out, "--quiet", "--overwrite"});
      done(words);
    }
    expect_whole("merged");
    EXPECT_TRUE(text("merged.csv") == text("one.csv")) << workers;
  }
}

TEST_F(KilledScore, WhatIsNotWholeIsNotMerged) {
  for (const char* worker : {"0", "1"}) done(score_words(std::string("part-") + worker, {"--workers", "2", "--worker", worker}));
  expect_refusal({"merge", "part-0", "--out", "all.csv"}, {"worker 1 of 2 is missing", "partitions 128 to 143"});
  expect_refusal({"merge", "part-0", "part-1", "part-0", "--out", "all.csv"}, {"worker 0 is there twice"});
  expect_refusal({"merge", "part-0", "model", "--out", "all.csv"}, {"model holds no whole scores", "manifest.json"});
  done(score_words("early", {"--workers", "2", "--worker", "1", "--as-of", "2025-06-01"}));
  expect_refusal({"merge", "part-0", "early", "--out", "all.csv"}, {"different moments"});
  std::filesystem::remove(path("part-1/part-128-143.parquet"));
  expect_refusal({"merge", "part-0", "part-1", "--out", "all.csv"}, {"part-1/part-128-143.parquet is missing or damaged", "--resume"});
  done(score_words("part-1", {"--workers", "2", "--worker", "1", "--resume"}));
  done({"merge", "part-0", "part-1", "--out", "all.csv", "--quiet"});
  expect_refusal({"merge", "part-0", "part-1", "--out", "all.csv"}, {"all.csv exists already", "--overwrite"});
}

TEST_F(KilledScore, WorkersThatCannotBe) {
  expect_refusal(score_words("scores", {"--workers", "2", "--worker", "2"}), {"--worker 2 of --workers 2", "from 0"});
  expect_refusal(score_words("scores.csv", {"--workers", "2"}), {"--workers", "scores.csv is one file", "folder"});
}

}  // namespace
}  // namespace footfall::test
