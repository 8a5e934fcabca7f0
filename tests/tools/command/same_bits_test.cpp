// Same bits: two fits; scores for any number of threads, any memory, any order of the input, and from any folder.
#include <algorithm>
#include <random>

#include <nlohmann/json.hpp>

#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

class SameBits : public ShopTest {
 protected:
  /// The shop's files with their rows in another order. No two events share a time, so the order says nothing.
  void shuffle_files() const {
    SmallShop other = shop;
    std::mt19937_64 random(11);
    std::shuffle(other.events.begin(), other.events.end(), random);
    std::shuffle(other.customers.begin(), other.customers.end(), random);
    write("events.csv", other.events_csv());
    write("customers.csv", other.customers_csv());
  }
  void expect_same_model(const std::string& a, const std::string& b) const {
    for (const char* file : {"weights.safetensors", "model.json", "test_predictions.parquet"})
      EXPECT_TRUE(text(a + "/" + file) == text(b + "/" + file)) << file << " of " << a << " and " << b;
  }
  [[nodiscard]] std::string scores(const std::string& model, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"score", model, "--out", "scores.csv", "--quiet", "--overwrite"};
    words.insert(words.end(), more.begin(), more.end());
    done(words);
    return text("scores.csv");
  }
};

TEST_F(SameBits, OfTwoFits) {
  write("job.toml", with(with(ShopJob().text(), "epochs = 1", "epochs = 3"), "members = 2", "members = 4\ndropout = 0.2"));
  fit_model();
  done({"fit", "job.toml", "--out", "again", "--quiet"});
  expect_same_model("model", "again");
  auto first = nlohmann::json::parse(text("model/metrics.json")), second = nlohmann::json::parse(text("again/metrics.json"));
  first.erase("timing");
  second.erase("timing");
  EXPECT_EQ(first, second);
  done({"fit", "job.toml", "--out", "other", "--seed", "43", "--quiet"});
  EXPECT_NE(text("model/weights.safetensors"), text("other/weights.safetensors"));
}

TEST_F(SameBits, OfFitsOnRowsInAnotherOrder) {
  fit_model();
  shuffle_files();
  done({"fit", "job.toml", "--out", "shuffled", "--quiet"});
  expect_same_model("model", "shuffled");
}

TEST_F(SameBits, OfScoresForAnyNumberOfThreads) {
  fit_model();
  const std::string one = scores("model", {"--threads", "1"});
  for (const char* threads : {"2", "3", "7"}) EXPECT_TRUE(scores("model", {"--threads", threads}) == one) << threads << " threads";
}

TEST_F(SameBits, OfScoresForAnyMemory) {
  fit_model();
  const std::string much = scores("model");
  EXPECT_TRUE(scores("model", {"--memory", "400MiB"}) == much);
  EXPECT_TRUE(scores("model", {"--memory", "128MiB", "--threads", "1"}) == much) << "in smaller chunks";
}

TEST_F(SameBits, OfScoresOfRowsInAnotherOrder) {
  fit_model();
  const std::string before = scores("model");
  shuffle_files();
  EXPECT_TRUE(scores("model") == before);
}

TEST_F(SameBits, OfAModelThatWasMoved) {
  fit_model();
  const std::string before = scores("model");
  std::filesystem::create_directories(path("far/away"));
  std::filesystem::rename(path("model"), path("far/away/model"));
  CommandOptions elsewhere;
  elsewhere.folder = path("far");  // relative paths of the job must not depend on where the command runs
  const CommandResult result =
      run_command(FOOTFALL_COMMAND, {"score", "away/model", "--out", "scores.csv", "--quiet", "--device", "cpu"}, elsewhere);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(text("far/scores.csv") == before);
}

TEST_F(SameBits, OfARefitFromTheJobThatWasSaved) {
  fit_model();
  done({"fit", "model/job.toml", "--out", "again", "--quiet"});
  expect_same_model("model", "again");
  EXPECT_EQ(text("model/job.toml"), text("again/job.toml"));
}

TEST_F(SameBits, OfARefitOfAnInferredJob) {
  done({"fit", "customers.csv", "--label", "member", "--out", "model", "--quiet"});
  done({"fit", "model/job.toml", "--out", "again", "--quiet"});
  expect_same_model("model", "again");
}

TEST_F(SameBits, OfEvaluateForAnyNumberOfThreads) {
  fit_model();
  const auto evaluated = [&](const char* job, const char* threads) {
    return nlohmann::json::parse(done({"evaluate", "model", job, "--threads", threads, "--quiet"}).out);
  };
  EXPECT_EQ(evaluated("job.toml", "1"), evaluated("model/job.toml", "3"));
}

}  // namespace
}  // namespace footfall::test
