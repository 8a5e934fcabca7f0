// A full disk: exit 1, a message that names the file, and no half-written output.
// A limit on the size of files stands in for it (the write fails in the same place); where this process may make a name space of its own, a
// file system of a few kilobytes is filled for real.
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

class FullDisk : public ShopTest {
 protected:
  [[nodiscard]] static CommandOptions limited(std::uint64_t bytes) {
    CommandOptions options;
    options.largest_file = bytes;
    return options;
  }
};

TEST_F(FullDisk, FitLeavesNoFolder) {
  // Each limit stops another file: the predictions, the metrics, the weights.
  for (const std::uint64_t bytes : {64, 2048, 4096})
    expect_refusal({"fit", "job.toml", "--out", "deep/model", "--quiet"}, {"deep/model", "cannot be written", ";"}, 1, limited(bytes));
}

TEST_F(FullDisk, FitLeavesTheModelThatWasThere) {
  fit_model();
  const std::string weights = text("model/weights.safetensors"), description = text("model/model.json");
  expect_refusal({"fit", "job.toml", "--out", "model", "--overwrite", "--seed", "7"}, {"cannot be written"}, 1, limited(4096));
  EXPECT_EQ(text("model/weights.safetensors"), weights);
  EXPECT_EQ(text("model/model.json"), description);
}

TEST_F(FullDisk, ScoreLeavesNoFile) {
  fit_model();
  expect_refusal({"score", "model", "--out", "scores.csv"}, {"scores.csv", "cannot be written"}, 1, limited(1024));
  expect_refusal({"score", "model", "--out", "scores.parquet"}, {"scores.parquet", "cannot be written"}, 1, limited(1024));
  expect_refusal({"score", "model", "--out", "shards"}, {"shards", "cannot be written"}, 1, limited(1024));
  expect_refusal({"evaluate", "model", "job.toml", "--out", "metrics.json"}, {"metrics.json", "cannot be written"}, 1, limited(256));
}

TEST_F(FullDisk, ScoreLeavesTheScoresThatWereThere) {
  fit_model();
  done({"score", "model", "--out", "scores.csv", "--quiet"});
  done({"score", "model", "--out", "shards", "--quiet"});
  const std::string before = text("scores.csv");
  expect_refusal({"score", "model", "--out", "scores.csv", "--overwrite"}, {"scores.csv"}, 1, limited(1024));
  expect_refusal({"score", "model", "--out", "shards", "--overwrite"}, {"shards"}, 1, limited(1024));
  EXPECT_EQ(text("scores.csv"), before);
}

TEST_F(FullDisk, OfAFileSystemWithoutRoom) {
  fit_model();
  std::filesystem::create_directories(path("disk"));
  const std::string script =
      "mount -t tmpfs -o size=16k,nr_inodes=20 none disk || exit 77; \"$0\" \"$@\"; status=$?; ls -A disk >left.txt; exit $status";
  const auto on_small_disk = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"-rm", "sh", "-c", script, FOOTFALL_COMMAND});
    CommandOptions options;
    options.folder = folder.path();
    return run_command("/usr/bin/unshare", words, options);
  };
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"fit", "job.toml", "--out", "disk/model"},
                                                                                     {"score", "model", "--out", "disk/scores.csv"},
                                                                                     {"score", "model", "--out", "disk/shards"}}) {
    const CommandResult result = on_small_disk(words);
    if (result.status == 77 || result.status == 127 || result.err.find("unshare") != std::string::npos)
      GTEST_SKIP() << "no name space of its own: " << result.err;
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_NE(result.last_line().find("the disk is full while writing disk/"), std::string::npos) << result.err;
    const std::string left = text("left.txt");  // shards that were whole, for --resume, and nothing else
    EXPECT_TRUE(left.empty() || (words.back() == "disk/shards" && left == ".shards.partial\n")) << words[0] << ": " << left;
  }
}

}  // namespace
}  // namespace footfall::test
