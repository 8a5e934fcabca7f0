// fit and evaluate from a journeys store whose examples do not fit in --memory: the bytes of a fit that holds them all, in the memory that was named.
#include <nlohmann/json.hpp>

#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

/// What --memory is for one thread when nothing is to fit beside the program: the least that is allowed, and a little for the job.
constexpr const char* little = "136MiB";
constexpr const char* waits = "they wait on disk";

class OutOfCore : public ShopTest {
 protected:
  void SetUp() override {
    done({"simulate", "--customers", "6000", "--out", "shop", "--quiet"});
    write("shop/job.toml", text("shop/job.toml") + "steps_back = 1\n\n[model]\nlstm = [8]\nprofile = [16]\nmembers = 2\ndropout = 0.2\n\n[train]\nepochs = 2\nbatch = 64\nvalidation = 0.1\n");
    done({"prepare", "shop/job.toml", "--out", "journeys", "--quiet"});
  }
  /// metrics.json without seconds.
  [[nodiscard]] nlohmann::json metrics(const std::string& model) const {
    auto all = nlohmann::json::parse(text(model + "/metrics.json"));
    all.erase("timing");
    return all;
  }
  void expect_same(const std::string& a, const std::string& b) const {
    for (const char* file : {"/model.json", "/weights.safetensors", "/job.toml", "/test_predictions.parquet"}) EXPECT_EQ(text(a + file), text(b + file)) << file;
    EXPECT_EQ(metrics(a), metrics(b));
  }
};

TEST_F(OutOfCore, FitsToTheSameBytes) {
  const CommandResult whole = done({"fit", "journeys", "--out", "whole", "--memory", "2GiB", "--threads", "2"});
  EXPECT_EQ(whole.err.find(waits), std::string::npos) << whole.err;
  const CommandResult one = done({"fit", "journeys", "--out", "one", "--memory", little, "--threads", "1"});
  EXPECT_NE(one.err.find(waits), std::string::npos) << one.err;
  expect_same("one", "whole");
  const CommandResult two = done({"fit", "journeys", "--out", "two", "--memory", "156MiB", "--threads", "2"});
  EXPECT_NE(two.err.find(waits), std::string::npos) << two.err;
  expect_same("two", "whole");
}

TEST_F(OutOfCore, EvaluatesToTheSameBytes) {
  done({"fit", "journeys", "--out", "model", "--memory", "2GiB", "--quiet"});
  done({"evaluate", "model", "journeys", "--out", "whole.json", "--memory", "2GiB"});
  const CommandResult result = done({"evaluate", "model", "journeys", "--out", "little.json", "--memory", little, "--threads", "1"});
  EXPECT_NE(result.err.find(waits), std::string::npos) << result.err;
  EXPECT_EQ(text("little.json"), text("whole.json"));
}

TEST_F(OutOfCore, KilledAndTakenUpEndsInTheSameBytes) {
  done({"fit", "journeys", "--out", "whole", "--memory", "2GiB", "--quiet"});
  const std::vector<std::string> words = {"fit", "journeys", "--out", "model", "--resume", "--memory", little, "--threads", "1", "--checkpoint-seconds", "0.01"};
  int killed = 0;
  for (double after = 0.2; after < 60.0; after += 0.15) {
    CommandOptions options;
    options.kill_after = after;
    const CommandResult result = command(words, options);
    if (result.status != 137) {
      ASSERT_EQ(result.status, 0) << result.err;
      break;
    }
    ++killed;
    EXPECT_EQ(list().find(".examples"), std::string::npos) << "examples outlive the process";
  }
  EXPECT_GT(killed, 1);
  expect_same("model", "whole");
}

TEST_F(OutOfCore, ThePlanSaysWhatWaitsOnDisk) {
  const CommandResult result = done({"fit", "journeys", "--out", "model", "--memory", little, "--threads", "1", "--explain-memory", "--quiet"});
  for (const char* line : {"held", "disk", "reading", "sorting", "block", "training", "left"}) EXPECT_NE(result.out.find(line), std::string::npos) << result.out;
  EXPECT_FALSE(std::filesystem::exists(path("model")));
}

TEST_F(OutOfCore, TooLittleMemoryIsRefusedBeforeAnyWork) {
  expect_refusal({"fit", "journeys", "--out", "model", "--memory", "112MiB", "--threads", "1", "--quiet"}, {"MiB there are", "give --memory"});
}

TEST_F(OutOfCore, AFullDiskIsSaid) {
  CommandOptions options;
  options.largest_file = 100'000;
  expect_refusal({"fit", "journeys", "--out", "model", "--memory", little, "--threads", "1", "--quiet"}, {"model/.examples-", "cannot be written"}, 1, options);
}

}  // namespace
}  // namespace footfall::test
