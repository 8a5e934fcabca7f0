// Wrong use of the command, and what may happen to an --out that exists.
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

class Usage : public ShopTest {};

TEST_F(Usage, WrongWordsExitWithTwo) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"fot"},
                                             {"fit"},
                                             {"fit", "job.toml"},
                                             {"fit", "job.toml", "--out"},
                                             {"score"},
                                             {"score", "model"},
                                             {"evaluate", "model"},
                                             {"fit", "job.toml", "--out", "model", "--thread", "2"}}) {
    const CommandResult result = command(words);
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_FALSE(result.err.empty());
  }
  EXPECT_FALSE(std::filesystem::exists(path("model")));
}

TEST_F(Usage, HelpShowsAnExampleForEachCommand) {
  for (const char* name : {"simulate", "fit", "score", "merge", "report", "evaluate", "bench", "info"}) {
    const CommandResult result = command({name, "--help"});
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.out.find(std::string("  footfall ") + name), std::string::npos) << result.out;
  }
}

TEST_F(Usage, InfoWorksWithoutADevice) {
  const CommandResult result = done({"info"});
  for (const char* word : {"footfall ", "cpu ", "cuda", "Arrow ", "oneDNN "}) EXPECT_NE(result.out.find(word), std::string::npos) << word;
}

TEST_F(Usage, ADeviceThatIsAbsentIsAnError) {
  if (command({"info"}).out.find("cuda:0 ") != std::string::npos) GTEST_SKIP() << "there is a CUDA device";
  fit_model();
  expect_refusal({"fit", "job.toml", "--out", "other", "--device", "cuda:0"}, {"--device cuda:0", "no such device", "--device cpu"});
  expect_refusal({"score", "model", "--out", "scores.csv", "--device", "cuda:0"}, {"--device cuda:0", "no such device"});
  expect_refusal({"evaluate", "model", "job.toml", "--device", "cuda"}, {"--device cuda", "no such device"});
}

TEST_F(Usage, ADeviceThatIsNone) {
  for (const char* device : {"gpu", "cuda:x", "cuda:-1", "cuda:0x", "CPU", ""})
    expect_refusal({"fit", "job.toml", "--out", "model", "--device", device}, {"--device", ";"});
}

TEST_F(Usage, ErrorsAreObjectsWhereTheLogIs) {
  const CommandResult result = command({"fit", "none.toml", "--out", "model", "--log-format", "json"});
  EXPECT_EQ(result.status, 2);
  const std::string last = result.err.substr(result.err.rfind('\n', result.err.size() - 2) + 1);
  EXPECT_EQ(last.rfind("{\"error\":\"", 0), 0U) << result.err;
  EXPECT_NE(last.find("none.toml"), std::string::npos) << last;
}

TEST_F(Usage, AutoSaysWhatItChose) {
  const CommandResult result = command({"fit", "job.toml", "--out", "model", "--device", "auto"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err.find("device "), 0U) << result.err;
}

TEST_F(Usage, AmountsOfMemoryAndThreads) {
  for (const char* memory : {"lots", "4 GiB", "-1GiB", "0", "GiB", "4XB"})
    expect_refusal({"fit", "job.toml", "--out", "model", "--memory", memory}, {"--memory", "no amount of memory", "4GiB"});
  expect_refusal({"fit", "job.toml", "--out", "model", "--memory", "1MiB", "--threads", "2"}, {"too little", "--memory", "MiB or more"});
  EXPECT_EQ(command({"fit", "job.toml", "--out", "model", "--threads", "0"}).status, 2);
  EXPECT_FALSE(std::filesystem::exists(path("model")));
}

TEST_F(Usage, LittleMemoryIsNoCrash) {
  fit_model();
  const std::string before = list();
  for (const char* memory : {"64MiB", "128MiB", "144MiB", "192MiB", "256MiB", "384MiB", "400MiB", "512MiB"})
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"fit", "job.toml", "--out", "other"}, {"score", "model", "--out", "scores.csv"}}) {
      std::vector<std::string> limited = words;
      limited.insert(limited.end(), {"--memory", memory, "--threads", "2", "--device", "cpu"});
      const CommandResult result = command(limited);
      EXPECT_TRUE(result.status == 0 || (result.status <= 2 && result.last_line().find("memory") != std::string::npos))
          << words[0] << " " << memory << ": " << result.status << " " << result.err;
      std::filesystem::remove_all(path("other"));
      std::filesystem::remove(path("scores.csv"));
      EXPECT_EQ(list(), before);
    }
}

TEST_F(Usage, MemoryIsExplained) {
  fit_model();
  const std::string before = list();
  const std::string fitted = done({"fit", "job.toml", "--out", "other", "--explain-memory", "--memory", "1GiB", "--threads", "2"}).out,
                    scored = done({"score", "model", "--out", "scores.csv", "--explain-memory", "--memory", "1GiB", "--threads", "2"}).out;
  EXPECT_EQ(list(), before) << "it only tells";
  for (const std::string& text : {fitted, scored}) {
    EXPECT_NE(text.find("memory      1024.0 MiB"), std::string::npos) << text;
    double sum = -1024.0;  // the lines below the first add up to it
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (line.rfind("memory", 0) != 0) sum += std::stod(line.substr(10));
    EXPECT_NEAR(sum, 0.0, 0.3) << "each is rounded to a tenth: " << text;
  }
}

TEST_F(Usage, FitNeedsAJobOrALabel) {
  expect_refusal({"fit", "jobs.toml", "--out", "model"}, {"jobs.toml", "no such job file"});
  expect_refusal({"fit", "customers.csv", "--out", "model"}, {"customers.csv is no job file", "--label COLUMN"});
  expect_refusal({"fit", "customers.csv", "--label", "memmber", "--out", "model"},
                 {"customers.csv", "no column \"memmber\"", "did you mean \"member\"?"});
  expect_refusal({"fit", "job.toml", "--label", "member", "--out", "model"}, {"--label", "not with a job file"});
  expect_refusal({"fit", "customer.csv", "--label", "member", "--out", "model"}, {"customer.csv", "does not exist"});
  expect_refusal({"fit", "customers.csv", "--label", "member", "--positive", "oui", "--out", "model"}, {"\"oui\"", ";"});
}

TEST_F(Usage, AnOutThatExistsIsRefused) {
  fit_model();
  expect_refusal({"fit", "job.toml", "--out", "model"}, {"model exists already", "--overwrite", "--resume"});
  write("taken", "here");
  expect_refusal({"fit", "job.toml", "--out", "taken"}, {"taken", ";"});
  expect_refusal({"fit", "job.toml", "--out", "taken", "--overwrite"}, {"taken", ";"});
  expect_refusal({"score", "model", "--out", "events.csv"}, {"events.csv exists already", "--overwrite"});
  expect_refusal({"score", "model", "--out", "model"}, {"model exists already", "--overwrite"});
  expect_refusal({"score", "model", "--out", "taken", "--overwrite"}, {"taken is a file", ";"});
  expect_refusal({"evaluate", "model", "job.toml", "--out", "events.csv"}, {"events.csv exists already", "--overwrite"});
}

TEST_F(Usage, AnOutThatCannotBe) {
  fit_model();
  expect_refusal({"score", "model", "--out", "nowhere/scores.csv"}, {"nowhere/scores.csv", "folder does not exist"});
  expect_refusal({"score", "model", "--out", "scores.xlsx"}, {"scores.xlsx", ".parquet", ".csv"});
  expect_refusal({"evaluate", "model", "job.toml", "--out", "nowhere/metrics.json"}, {"nowhere/metrics.json", "folder does not exist"});
  expect_refusal({"evaluate", "model", "job.toml", "--out", "model", "--overwrite"}, {"model", "folder"});
}

TEST_F(Usage, OverwriteReplacesAModel) {
  fit_model();
  const std::string weights = text("model/weights.safetensors");
  write("model/notes.txt", "mine");
  done({"fit", "job.toml", "--out", "model/", "--overwrite", "--seed", "7", "--quiet"});
  EXPECT_NE(text("model/weights.safetensors"), weights);
  EXPECT_EQ(text("model/notes.txt"), "mine");
  EXPECT_FALSE(std::filesystem::exists(path("model/.partial")));
  done({"score", "model", "--out", "scores.csv", "--quiet"});
}

TEST_F(Usage, OverwriteWithBadInputLeavesTheModel) {
  fit_model();
  write("events.csv", with_field(shop.events_csv(), 18, 4, "n/a"));
  expect_refusal({"fit", "job.toml", "--out", "model", "--overwrite"}, {"events.csv:18: "});
  expect_refusal({"fit", "job.toml", "--out", "model", "--overwrite", "--resume"}, {"--overwrite and --resume exclude each other"});
  write("events.csv", shop.events_csv());
  done({"score", "model", "--out", "scores.csv", "--quiet"});
}

TEST_F(Usage, ResumeKeepsAFinishedModel) {
  fit_model();
  const auto written = std::filesystem::last_write_time(path("model/model.json"));
  const std::string before = list();
  const CommandResult result = done({"fit", "job.toml", "--out", "model", "--resume", "--seed", "7"});
  EXPECT_NE(result.err.find("finished"), std::string::npos) << result.err;
  EXPECT_EQ(list(), before);
  EXPECT_EQ(std::filesystem::last_write_time(path("model/model.json")), written);
}

TEST_F(Usage, ResumeStartsAnewWhereNothingIs) {
  fit_model();
  done({"fit", "job.toml", "--out", "fresh", "--resume", "--quiet"});
  EXPECT_EQ(text("fresh/weights.safetensors"), text("model/weights.safetensors"));
  std::filesystem::remove(path("model/model.json"));  // as a fit that was killed leaves it
  done({"fit", "job.toml", "--out", "model", "--resume", "--quiet"});
  EXPECT_EQ(text("fresh/model.json"), text("model/model.json"));
}

TEST_F(Usage, OverwriteReplacesScores) {
  fit_model();
  for (const char* out : {"scores.csv", "scores.parquet", "shards"}) done({"score", "model", "--out", out, "--quiet"});
  const std::string before = text("scores.csv"), shards = list("shards");
  write("shards/part-77.parquet", "of another run");
  write("scores.csv", "of another run");
  for (const char* out : {"scores.csv", "scores.parquet", "shards/"}) done({"score", "model", "--out", out, "--quiet", "--overwrite"});
  EXPECT_EQ(text("scores.csv"), before);
  EXPECT_EQ(list("shards"), shards);
}

TEST_F(Usage, QuietSaysNothing) {
  const CommandResult fitted = done({"fit", "job.toml", "--out", "model", "--quiet"}),
                      scored = done({"score", "model", "--out", "scores.csv", "--quiet"});
  EXPECT_EQ(fitted.out + fitted.err + scored.out + scored.err, "");
}

}  // namespace
}  // namespace footfall::test
