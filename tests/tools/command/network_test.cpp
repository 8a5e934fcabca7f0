// [model] network from outside: what a fit leaves, what scores and evaluations say, and that nothing depends on threads or on the order of rows.
#include <algorithm>
#include <cmath>
#include <random>

#include <nlohmann/json.hpp>

#include "tests/tools/command/score_file.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

class NetworkJob : public ShopTest {
 protected:
  void write_job(const std::string& network, const std::string& split = "folds = 2\n") const {
    ShopJob job;
    job.model += "network = \"" + network + "\"\n";
    job.split += split;
    write("job.toml", job.text());
  }
  [[nodiscard]] nlohmann::json metrics() const { return nlohmann::json::parse(text("model/metrics.json")); }
};

double mean_log_loss(const std::vector<double>& label, const std::vector<double>& p) {
  double sum = 0.0;
  for (std::size_t i = 0; i < p.size(); ++i) sum -= std::log(std::clamp(label[i] > 0.5 ? p[i] : 1.0 - p[i], 1e-7, 1.0));
  return sum / static_cast<double>(p.size());
}

TEST_F(NetworkJob, LeavesANetworkAndItsFigures) {
  write_job("tan", "test = 0.3\n");
  fit_model();
  const nlohmann::json told = metrics();
  EXPECT_EQ(told["network"]["target"], "purchase");
  const ScoreFile tested = read_parquet(path("model/test_predictions.parquet"));
  std::vector<double> label, network, blend;
  for (std::size_t i = 0; i < tested.rows(); ++i) {
    if (tested.text("target")[i] != "purchase") {
      EXPECT_EQ(tested.text("network")[i] + tested.text("blend")[i], "") << "a target that the network does not predict";
      continue;
    }
    label.push_back(tested.numbers("label")[i]);
    network.push_back(tested.numbers("network")[i]);
    blend.push_back(tested.numbers("blend")[i]);
  }
  EXPECT_NEAR(told["test"]["purchase_network"]["log_loss"].get<double>(), mean_log_loss(label, network), 1e-9);
  EXPECT_NEAR(told["test"]["purchase_blend"]["log_loss"].get<double>(), mean_log_loss(label, blend), 1e-9);
  EXPECT_EQ(told["test"]["purchase_network"]["n"], told["test"]["purchase"]["n"]);
  EXPECT_FALSE(told["test"].contains("spend_network"));
  EXPECT_NE(text("model/network.bif").find("variable recency"), std::string::npos);
}

TEST_F(NetworkJob, ScoresTellPosteriorAndEvidence) {
  write_job("tan");
  fit_model();
  done({"score", "model", "--out", "one.csv", "--threads", "1", "--quiet"});
  done({"score", "model", "--out", "three.csv", "--threads", "3", "--quiet"});
  EXPECT_TRUE(text("one.csv") == text("three.csv"));
  const ScoreFile scores = read_csv(path("one.csv"));
  const std::vector<double> posterior = scores.numbers("purchase_network"), evidence = scores.numbers("log_evidence");
  EXPECT_EQ(scores.columns.back(), "log_evidence");
  for (std::size_t i = 0; i < scores.rows(); ++i) {
    EXPECT_TRUE(posterior[i] > 0.0 && posterior[i] < 1.0);
    EXPECT_TRUE(evidence[i] < 0.0 && std::isfinite(evidence[i]));
  }
}

TEST_F(NetworkJob, IsTheSameForAnyThreadsAndOrderOfRows) {
  write_job("tan");
  fit_model();
  SmallShop other = shop;
  std::mt19937_64 random(3);
  std::shuffle(other.events.begin(), other.events.end(), random);
  std::shuffle(other.customers.begin(), other.customers.end(), random);
  write("events.csv", other.events_csv());
  write("customers.csv", other.customers_csv());
  done({"fit", "job.toml", "--out", "again", "--threads", "3", "--quiet"});
  EXPECT_TRUE(text("model/network.bif") == text("again/network.bif"));
}

TEST_F(NetworkJob, EvaluatesAndReports) {
  write_job("chow-liu", "test = 0.3\n");
  fit_model();
  done({"evaluate", "model", "job.toml", "--out", "figures.json", "--quiet"});
  const auto figures = nlohmann::json::parse(text("figures.json"));
  for (const char* name : {"purchase_network", "purchase_blend"}) EXPECT_TRUE(figures["test"][name].contains("auroc")) << name;
  done({"report", "model", "--out", "report.html"});
  const std::string page = text("report.html");
  EXPECT_NE(page.find("id=\"network\""), std::string::npos);
  EXPECT_NE(page.find("class=\"node target\""), std::string::npos);
}

TEST_F(NetworkJob, WeighsTheBlendByTheValidationShareWhereThereIsOne) {
  ShopJob job;
  job.split += "test = 0.3\n";
  job.model += "network = \"tan\"\n";
  job.train += "validation = 0.3\npatience = 1\n";
  write("job.toml", job.text());
  const CommandResult result = done({"fit", "job.toml", "--out", "model"});
  EXPECT_EQ(result.err.find("test, blend"), std::string::npos) << "nothing is fitted once more";
  EXPECT_TRUE(metrics()["test"].contains("purchase_blend"));
}

TEST_F(NetworkJob, PredictsAClass) {
  ShopJob job;
  job.split += "test = 0.3\n";
  job.model += "network = \"tan\"\n";
  job.targets = "[[target]]\nname = \"spend\"\nkind = \"sum\"\nhorizon = \"30d\"\n[[target]]\nname = \"tariff\"\nkind = \"column\"\ncolumn = \"plan\"\nas = \"class\"\n";
  write("job.toml", job.text());
  fit_model();
  EXPECT_TRUE(metrics()["test"]["tariff_network"].contains("macro_f1"));
  EXPECT_TRUE(metrics()["test"]["tariff_blend"].contains("log_loss"));
  done({"score", "model", "--out", "scores.csv", "--quiet"});
  const ScoreFile scores = read_csv(path("scores.csv"));
  std::vector<std::vector<double>> shares;
  for (const std::string& column : scores.columns)
    if (column.rfind("tariff_network_", 0) == 0) shares.push_back(scores.numbers(column));
  ASSERT_GE(shares.size(), 2U);
  for (std::size_t i = 0; i < scores.rows(); ++i) {
    double sum = 0.0;
    for (const auto& share : shares) sum += share[i];
    EXPECT_NEAR(sum, 1.0, 1e-5);  // float32 posteriors
  }
}

TEST_F(NetworkJob, IsTestedOnOtherFilesToo) {
  ShopJob job;
  job.events.clear();
  job.targets = "[[target]]\nname = \"is_member\"\nkind = \"column\"\ncolumn = \"member\"\n";
  job.split = "test_files = [\"customers.csv\"]\n";
  job.model = "profile = [8]\nmembers = 2\nnetwork = \"tan\"\n";
  std::string text_of_job = job.text();
  write("job.toml", text_of_job);
  const CommandResult result = command({"fit", "job.toml", "--out", "model", "--quiet"});
  ASSERT_EQ(result.status, 0) << result.err << text_of_job;
  for (const char* name : {"is_member_network", "is_member_blend"}) EXPECT_TRUE(metrics()["test"].contains(name)) << name;
}

TEST_F(NetworkJob, IsTheSameOnTheEmulatedDevice) {
  write_job("tan", "test = 0.3\n");
  fit_model();
  CommandOptions here;
  here.folder = folder.path();
  CommandResult result = run_command(FOOTFALL_EMULATED_COMMAND, {"fit", "job.toml", "--out", "emulated", "--device", "cuda:0", "--quiet"}, here);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(text("model/network.bif") == text("emulated/network.bif")) << "counts are whole numbers on every device";
  result = run_command(FOOTFALL_EMULATED_COMMAND, {"score", "model", "--out", "there.csv", "--device", "cuda:0", "--quiet"}, here);
  ASSERT_EQ(result.status, 0) << result.err;
  done({"score", "model", "--out", "here.csv", "--quiet"});
  const ScoreFile a = read_csv(path("here.csv")), b = read_csv(path("there.csv"));
  for (const char* column : {"purchase_network", "log_evidence"})
    for (std::size_t i = 0; i < a.rows(); ++i) EXPECT_NEAR(a.numbers(column)[i], b.numbers(column)[i], 1e-5) << column;  // a dozen roundings of float32, 6e-8 each, of logarithms up to 30
}

TEST_F(NetworkJob, TakesTheStructureOfAFile) {
  write_job("hill-climb", "test = 0.3\n");
  fit_model();
  write("mine.bif", text("model/network.bif"));
  write_job("mine.bif", "test = 0.3\n");
  done({"fit", "job.toml", "--out", "mine", "--quiet"});
  EXPECT_TRUE(text("model/network.bif") == text("mine/network.bif")) << "the same structure and the same customers";
}

TEST_F(NetworkJob, RefusesWhatCannotBe) {
  write_job("missing.bif");
  expect_refusal({"fit", "job.toml", "--out", "model"}, {"missing.bif"});
  ShopJob job;
  job.model += "network = \"tan\"\n";
  job.targets = "[[target]]\nname = \"spend\"\nkind = \"sum\"\nhorizon = \"30d\"\n";
  write("job.toml", job.text());
  expect_refusal({"fit", "job.toml", "--out", "model"}, {"network", "number"});
}

TEST_F(NetworkJob, WithoutOneNothingIsThere) {
  fit_model();
  EXPECT_FALSE(std::filesystem::exists(path("model/network.bif")));
  EXPECT_FALSE(metrics().contains("network"));
  EXPECT_EQ(text("model/model.json").find("network"), std::string::npos);
}

TEST_F(NetworkJob, ADamagedNetworkIsNoModel) {
  write_job("tan", "test = 0.3\n");
  fit_model();
  write("model/network.bif", text("model/network.bif") + " ");
  expect_refusal({"score", "model", "--out", "scores.csv"}, {"network.bif", "damaged"});
}

}  // namespace
}  // namespace footfall::test
