// fit killed by SIGKILL at random moments and taken up again: every byte is that of a fit that was not killed, but for seconds.
#include <cstdlib>
#include <map>
#include <random>

#include <nlohmann/json.hpp>

#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

/// How often each test kills; FOOTFALL_KILLS asks for more.
int kills() {
  const char* asked = std::getenv("FOOTFALL_KILLS");
  return asked != nullptr ? std::atoi(asked) : 4;
}

class KilledFit : public ShopTest {
 protected:
  void SetUp() override {
    ShopTest::SetUp();
    std::string job = with(ShopJob().text(), "epochs = 1\nbatch = 64", "epochs = 4\nbatch = 16\nvalidation = 0.2\npatience = 2");
    job = with(job, "members = 2", "members = 2\ndropout = 0.2");
    write("job.toml", with(job, "cutoff =", "folds = 2\ncutoff ="));
  }

  /// What must be equal: every file of the folder by name, metrics.json without "timing", history.csv without its column of seconds.
  [[nodiscard]] std::map<std::string, std::string> bytes(const std::string& model) const {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path(model))) {
      const std::string name = entry.path().lexically_relative(path(model)).string();
      out[name] = entry.is_regular_file() ? contents(entry.path()) : "";
    }
    auto metrics = nlohmann::json::parse(out.at("metrics.json"));
    metrics.erase("timing");
    out["metrics.json"] = metrics.dump();
    std::istringstream history(out.at("history.csv"));
    std::string rest;
    for (std::string line; std::getline(history, line);) {
      const std::size_t seconds = line.find(',', line.find(',', line.find(',') + 1) + 1);
      rest += line.substr(0, seconds) + line.substr(line.find(',', seconds + 1)) + "\n";
    }
    out["history.csv"] = rest;
    return out;
  }
  void expect_same(const std::map<std::string, std::string>& expected, const std::string& model) const {
    const std::map<std::string, std::string> found = bytes(model);
    for (const auto& [name, text] : expected) EXPECT_TRUE(found.count(name) == 1 && found.at(name) == text) << name;
    EXPECT_EQ(found.size(), expected.size()) << list(model);
  }
  [[nodiscard]] std::vector<std::string> fit_words(const std::string& how, const std::string& seconds = "0.01") const {
    return {"fit", "job.toml", "--out", "model", how, "--checkpoint-seconds", seconds, "--quiet"};
  }
  [[nodiscard]] CommandResult killed(const std::vector<std::string>& words, double after) const {
    CommandOptions options;
    options.kill_after = after;
    return command(words, options);
  }
  /// Kills, each time a little later, until that file is there.
  void kill_until(const std::string& file, const std::vector<std::string>& words) const {
    double after = 0.05;
    for (int i = 0; !std::filesystem::exists(path(file)); ++i, after += 0.01) {
      ASSERT_LT(i, 200) << "no " << file << " was left";
      if (killed(words, after).status != 137) {  // too late: once more from the beginning
        std::filesystem::remove_all(path("model"));
        after = 0.04;
      }
    }
    std::filesystem::remove_all(path("model/.partial"));  // where it came as far as that: what comes next takes it away
  }
  void leave_a_checkpoint() const { kill_until("model/checkpoint/training.record", fit_words("--overwrite")); }
  [[nodiscard]] double seconds_of(const std::vector<std::string>& words) const {
    const auto began = std::chrono::steady_clock::now();
    done(words);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
};

TEST_F(KilledFit, GoesOnToTheSameBytes) {
  fit_model();
  const std::map<std::string, std::string> expected = bytes("model");
  const double whole = seconds_of(fit_words("--overwrite"));
  expect_same(expected, "model");
  std::mt19937_64 random(20);
  int left = kills(), counted = 0;
  std::filesystem::remove_all(path("model"));
  while (left > 0) {
    const CommandResult result = killed(fit_words("--resume"), whole * std::uniform_real_distribution<double>(0.1, 1.1)(random));
    --left;
    if (result.status == 137) {
      ++counted;
      continue;
    }
    ASSERT_EQ(result.status, 0) << result.err;
    expect_same(expected, "model");
    std::filesystem::remove_all(path("model"));
  }
  done(fit_words("--resume"));
  expect_same(expected, "model");
  EXPECT_GT(counted, 0);
}

TEST_F(KilledFit, NoFinishedFoldIsTrainedAgain) {
  kill_until("model/checkpoint/part-0.record", fit_words("--resume", "0"));
  const CommandResult result = done({"fit", "job.toml", "--out", "model", "--resume"});
  EXPECT_NE(result.err.find("fold 1/2: was finished before"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("fold 1/2: epoch"), std::string::npos) << result.err;
}

TEST_F(KilledFit, TheModelThatWasThereStaysUntilItIsReplaced) {
  fit_model();
  const std::map<std::string, std::string> expected = bytes("model");
  write("other.toml", with(text("job.toml"), "epochs = 4", "epochs = 1"));
  done({"fit", "other.toml", "--out", "model", "--overwrite", "--quiet"});
  const std::string before = text("model/model.json");
  for (int i = 0; !std::filesystem::exists(path("model/checkpoint/training.record")); ++i) {
    ASSERT_LT(i, 200);
    if (killed(fit_words("--overwrite"), 0.05 + 0.005 * i).status != 137) done({"fit", "other.toml", "--out", "model", "--overwrite", "--quiet"});
  }
  EXPECT_EQ(text("model/model.json"), before);
  done(fit_words("--resume"));  // the finished model is another's: the fit that was to replace it goes on
  expect_same(expected, "model");
}

TEST_F(KilledFit, ACheckpointOfAnotherFitIsRefused) {
  leave_a_checkpoint();
  expect_refusal({"fit", "job.toml", "--out", "model"}, {"model exists already", "--overwrite", "--resume"});
  expect_refusal({"fit", "job.toml", "--out", "model", "--resume", "--seed", "7"}, {"model/checkpoint/", "another seed (42, not 7)", "--overwrite"});
  const std::string job = text("job.toml"), events = text("events.csv");
  write("job.toml", with(job, "lstm = [8]", "lstm = [4]"));
  expect_refusal(fit_words("--resume"), {"model/checkpoint/", "another job", "--overwrite"});
  write("job.toml", job);
  write("events.csv", with_field(events, 18, 4, "1.25"));
  expect_refusal(fit_words("--resume"), {"model/checkpoint/", "other data", "--overwrite"});
  done(fit_words("--overwrite"));
  EXPECT_FALSE(std::filesystem::exists(path("model/checkpoint")));
}

TEST_F(KilledFit, ADamagedCheckpointIsRefused) {
  leave_a_checkpoint();
  std::string bytes = text("model/checkpoint/training.record");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write("model/checkpoint/training.record", bytes);
  expect_refusal(fit_words("--resume"), {"model/checkpoint/training.record is damaged", "--overwrite"});
  write("model/checkpoint/training.record", "");
  expect_refusal(fit_words("--resume"), {"model/checkpoint/training.record is damaged", "--overwrite"});
  done(fit_words("--overwrite"));
  EXPECT_FALSE(std::filesystem::exists(path("model/checkpoint")));
}

TEST_F(KilledFit, GoesOnWhenTheDiskHasRoomAgain) {
  fit_model();
  const std::map<std::string, std::string> expected = bytes("model");
  std::mt19937_64 random(21);
  const std::uint64_t largest = std::filesystem::file_size(path("model/test_predictions.parquet"));
  for (int i = 0; i < std::max(2, kills() * 2 / 5); ++i) {
    std::filesystem::remove_all(path("model"));
    CommandOptions small;
    small.largest_file = std::uniform_int_distribution<std::uint64_t>(1, largest)(random);
    const CommandResult result = command(fit_words("--resume"), small);
    EXPECT_EQ(result.status, 1) << *small.largest_file << result.err;
    EXPECT_NE(result.last_line().find("cannot be written"), std::string::npos) << result.err;
    if (std::filesystem::exists(path("model"))) {  // whole checkpoints and nothing else
      EXPECT_EQ(list("model").find("partial"), std::string::npos) << list("model");
    }
    done(fit_words("--resume"));
    expect_same(expected, "model");
  }
}

}  // namespace
}  // namespace footfall::test
