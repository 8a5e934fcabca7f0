// The best possible AUROC of a simulated shop against a count of pairs that shares nothing with it.
#include "host/jobs/best_possible.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "host/simulate/simulate.hpp"
#include "host/table/read.hpp"
#include "kernels/device/team.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::TemporaryFolder;

/// A shop of 400 and two folds over its customers.
class BestPossible : public ::testing::Test {
 protected:
  void SetUp() override {
    simulate({400, shop(), 5, false}, RunOptions{});
    job = read_job((shop() / "job.toml").string());
    prepare();
  }

  void prepare() {
    read = read_base(job);
    prepared = prepare_examples(read, cutoffs_of(read), team);
    folds = std::vector<TestedFold>(2);
    for (std::int64_t row = 0; row < prepared.table.size(); ++row)
      folds[static_cast<std::size_t>(row % 3 == 0)].predictions.rows.push_back(row);
  }

  [[nodiscard]] std::filesystem::path shop() const { return folder.path() / "shop"; }
  [[nodiscard]] std::optional<double> best() const { return best_auroc(job, read.base.ids, prepared, folds); }

  TemporaryFolder folder;
  Team team{1};
  Job job;
  ReadBase read;
  Prepared prepared;
  std::vector<TestedFold> folds;
};

/// Share of pairs of a buyer and another in which the buyer's probability is higher, ties half.
double share_of_pairs(const std::vector<std::pair<double, float>>& customers) {
  double pairs = 0.0, won = 0.0;
  for (const auto& [high, bought] : customers)
    for (const auto& [low, also] : customers)
      if (bought == 1.0F && also == 0.0F) {
        pairs += 1.0;
        won += high > low ? 1.0 : high == low ? 0.5 : 0.0;
      }
  return won / pairs;
}

TEST_F(BestPossible, IsTheShareOfPairsInOrder) {
  ReadRequest request;
  request.files = {(shop() / "truth.parquet").string()};
  const Table truth = read_table(request);
  double expected = 0.0;
  for (const TestedFold& fold : folds) {
    std::vector<std::pair<double, float>> customers;
    for (const std::int64_t row : fold.predictions.rows) {
      const auto customer = static_cast<std::size_t>(prepared.table.keys[static_cast<std::size_t>(row)].customer);
      customers.emplace_back(truth.at("true_probability").numbers[static_cast<std::size_t>(read.base.ids.numbers[customer] - 1)],
                             prepared.labels[0][static_cast<std::size_t>(row)]);
    }
    expected += share_of_pairs(customers) / 2.0;
  }
  ASSERT_TRUE(best());
  EXPECT_NEAR(*best(), expected, 1e-12);  // both are sums of some 10^4 halves
  EXPECT_GT(*best(), 0.7);
}

TEST_F(BestPossible, IsSilentWhereTheTruthIsOfSomethingElse) {
  ASSERT_TRUE(best());
  const Job whole = job;
  job.targets[0].horizon = parse_horizon("14d");
  EXPECT_FALSE(best());
  job = whole;
  job.targets[0].event = "cart";
  EXPECT_FALSE(best());
  job = whole;
  job.split.cutoff = "2025-05-01";
  prepare();
  EXPECT_FALSE(best());
  job = whole;
  prepare();
  EXPECT_TRUE(best());
  std::filesystem::remove(shop() / "truth.parquet");
  EXPECT_FALSE(best());
}

/// A job file elsewhere that reads the shop's events finds the truth beside their folder.
TEST_F(BestPossible, IsFoundFromAJobFileElsewhere) {
  const std::optional<double> beside = best();
  job.source = (folder.path() / "elsewhere" / "job.toml").string();
  EXPECT_EQ(best(), beside);
}

TEST_F(BestPossible, StandsWithTheFiguresOfPurchase) {
  nlohmann::ordered_json figures = {{"purchase", {{"auroc", 0.5}}}, {"churn", {{"auroc", 0.6}}}};
  add_best_auroc(figures, job, read.base.ids, prepared, folds);
  EXPECT_EQ(figures["purchase"]["best_auroc"].get<double>(), *best());
  EXPECT_FALSE(figures["churn"].contains("best_auroc"));
}

}  // namespace
}  // namespace footfall
