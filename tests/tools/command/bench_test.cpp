// `footfall bench` from outside, on tiny sizes: every figure is there, says what it is, and its share is its rate over its limit.
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "host/table/safetensors.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

const std::vector<std::string> tiny = {"--rows", "5000", "--columns", "7", "--time", "5", "--features", "6", "--hidden", "8,4", "--train-batches", "4,16",
                                       "--score-batches", "32", "--ragged-batch", "8", "--sequences", "64", "--product", "64", "--cases", "3000", "--customers", "300", "--repeats", "2", "--threads", "2"};

class Bench : public ShopTest {
 protected:
  std::map<std::string, nlohmann::json> figures(const std::string& subject, const std::string& device = "cpu", const char* program = FOOTFALL_COMMAND) {
    std::vector<std::string> words = {"bench", subject, "--device", device, "--json", "bench.jsonl", "--scratch", "."};
    words.insert(words.end(), tiny.begin(), tiny.end());
    const CommandResult result = run_command(program, words, {.folder = folder.path(), .largest_file = {}});
    EXPECT_EQ(result.status, 0) << result.err;
    table_ = result.out;
    std::map<std::string, nlohmann::json> all;
    std::istringstream lines(text("bench.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      nlohmann::json figure = nlohmann::json::parse(line);
      all[figure.at("name")] = figure;
    }
    return all;
  }

  void expect_sound(const std::map<std::string, nlohmann::json>& all, const std::string& device) {
    for (const auto& [name, figure] : all) {
      const double rate = figure.at("rate"), limit = figure.at("limit"), share = figure.at("share");
      EXPECT_TRUE(std::isfinite(rate) && rate > 0.0) << name;
      EXPECT_TRUE(std::isfinite(limit) && limit > 0.0) << name;
      EXPECT_DOUBLE_EQ(share, rate / limit) << name;
      EXPECT_EQ(figure.at("device"), device) << name;
      for (const char* word : {"unit", "limit_of"}) EXPECT_FALSE(figure.at(word).get<std::string>().empty()) << name;
      EXPECT_GE(figure.at("spread").get<double>(), 0.0) << name;
      EXPECT_GT(figure.at("wall_s").get<double>(), 0.0) << name;
      EXPECT_NE(table_.find(name), std::string::npos) << table_;
    }
  }

  std::string table_;
};

std::set<std::string> names_of(const std::map<std::string, nlohmann::json>& all) {
  std::set<std::string> names;
  for (const auto& [name, figure] : all) names.insert(name);
  return names;
}

TEST_F(Bench, EverySubjectHasItsFigures) {
  const auto all = figures("all");
  expect_sound(all, "cpu");
  const std::set<std::string> names = names_of(all);
  for (const char* name : {"standardize/fit", "standardize/transform", "lstm/train/4", "lstm/train/16", "lstm/train/ragged/8", "lstm/score/32",
                           "lstm/score/embedded/32", "lstm/score/ragged/32", "posterior/complete", "posterior/missing20",
                           "posterior/complete-with-evidence", "posterior/observed20", "pipeline/score"})
    EXPECT_EQ(names.count(name), 1U) << name;
}

TEST_F(Bench, OneSubjectAlone) { EXPECT_EQ(names_of(figures("standardize")), (std::set<std::string>{"standardize/fit", "standardize/transform"})); }

/// Operations are counted as DESIGN section 4 does: three forward passes a step of training, gates only.
TEST_F(Bench, OperationsAreCountedOnRealEvents) {
  const auto all = figures("lstm");
  const double step = 2.0 * 4.0 * (8.0 * (6.0 + 8.0) + 4.0 * (8.0 + 4.0));   // F 6, LSTM 8 -> 4
  for (const auto& [name, figure] : all) {
    const double passes = name.find("/train/") != std::string::npos ? 3.0 : 1.0;
    EXPECT_NEAR(figure.at("rate").get<double>(), 1e-9 * passes * step * figure.at("events_per_s").get<double>(), 1e-9 * figure.at("rate").get<double>() + 1e-12) << name;
  }
}

TEST_F(Bench, TheEmulatedDeviceTellsItsCopiesApart) {
  const auto all = figures("standardize", "cuda:0", FOOTFALL_EMULATED_COMMAND);
  expect_sound(all, "cuda:0");
  for (const auto& [name, figure] : all) {
    EXPECT_GT(figure.at("kernel_s").get<double>(), 0.0) << name;
    EXPECT_GT(figure.at("copy_s").get<double>(), 0.0) << name;
  }
}

/// Others can check what came out: the bytes that were worked on, the weights by name and the answers.
TEST_F(Bench, DumpsWhatItWorkedOn) {
  std::filesystem::create_directory(path("dump"));
  std::vector<std::string> words = {"bench", "lstm", "--only", "lstm/score/embedded", "--device", "cpu", "--quiet", "--dump", "dump"};
  words.insert(words.end(), tiny.begin(), tiny.end());
  done(words);
  const TensorFile file = load_tensors(path("dump/lstm_score_embedded_32.safetensors"));
  for (const char* name : {"numbers", "codes", "length", "labels", "predictions", "lstm.weight_ih_l0", "lstm.weight_hh_l1", "heads.weight", "events.embedding_0"})
    ASSERT_NE(file.find(name), nullptr) << name;
  EXPECT_EQ(file.find("predictions")->shape, (std::vector<std::int64_t>{64}));
  EXPECT_EQ(file.find("numbers")->shape, (std::vector<std::int64_t>{64 * 5, 4}));
  for (const float p : file.find("predictions")->values) EXPECT_TRUE(p > 0.0F && p < 1.0F);
}

/// Repeated in place, the table is what it was each time.
TEST_F(Bench, InPlaceGivesWhatASecondTableHolds) {
  const auto dumped = [&](const std::string& folder_name, std::vector<std::string> more) {
    std::filesystem::create_directory(path(folder_name));
    std::vector<std::string> words = {"bench", "standardize", "--rows", "100000", "--columns", "5", "--repeats", "3", "--device", "cpu", "--quiet", "--dump", folder_name};
    words.insert(words.end(), more.begin(), more.end());
    done(words);
    return text(folder_name + "/standardize.safetensors");
  };
  const std::string apart = dumped("apart", {});
  EXPECT_GT(apart.size(), 1'000'000U);
  EXPECT_TRUE(apart == dumped("in-place", {"--in-place"}));
}

/// What the scripts of bench/compare do with what the programs say.
TEST_F(Bench, TheComparisonFindsAnswersThatDiffer) {
  const CommandResult python = run_command("/usr/bin/env", {"python3", "--version"}, {.folder = folder.path(), .largest_file = {}});
  if (python.status != 0) GTEST_SKIP() << "there is no python3";
  const CommandResult result = run_command("/usr/bin/env", {"python3", FOOTFALL_SOURCE_DIR "/bench/compare/test_compare.py"}, {.folder = folder.path(), .largest_file = {}});
  EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(Bench, WrongWords) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"bench"}, {"bench", "nothing"}, {"bench", "lstm", "--rows", "0"}, {"bench", "standardize", "--missing", "2"}})
    EXPECT_EQ(command(words).status, 2);
  expect_refusal({"bench", "standardize", "--rows", "1000", "--json", "nowhere/bench.jsonl"}, {"nowhere", "folder does not exist"});
}

}  // namespace
}  // namespace footfall::test
