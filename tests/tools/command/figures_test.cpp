// metrics.json: its keys, and every figure computed again from test_predictions.parquet by plain code that shares none with footfall.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include <nlohmann/json.hpp>

#include "tests/tools/command/score_file.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

using Named = std::map<std::string, double>;

/// Examples of one target and fold.
struct Examples {
  std::vector<double> label, prediction, probability;
  [[nodiscard]] std::size_t size() const { return label.size(); }
};

double share(const Examples& e, const std::function<double(double y, double p)>& value) {
  double sum = 0.0;
  for (std::size_t i = 0; i < e.size(); ++i) sum += value(e.label[i], e.prediction[i]);
  return sum / static_cast<double>(e.size());
}

double clipped(double p) { return std::min(std::max(p, 1e-7), 1.0 - 1e-7); }

/// Mann-Whitney by looking at every pair.
double auroc_of_pairs(const Examples& e) {
  double won = 0.0, pairs = 0.0;
  for (std::size_t i = 0; i < e.size(); ++i)
    for (std::size_t j = 0; j < e.size(); ++j) {
      if (e.label[i] != 1.0 || e.label[j] != 0.0) continue;
      pairs += 1.0;
      won += e.prediction[i] > e.prediction[j] ? 1.0 : e.prediction[i] == e.prediction[j] ? 0.5 : 0.0;
    }
  return won / pairs;
}

/// The mean over positives of the precision among everything predicted at least as high.
double average_precision_of(const Examples& e) {
  double sum = 0.0, positives = 0.0;
  for (std::size_t i = 0; i < e.size(); ++i) {
    if (e.label[i] != 1.0) continue;
    double above = 0.0, hits = 0.0;
    for (std::size_t j = 0; j < e.size(); ++j)
      if (e.prediction[j] >= e.prediction[i]) above += 1.0, hits += e.label[j];
    sum += hits / above;
    positives += 1.0;
  }
  return sum / positives;
}

/// Each of the ceil(n / 10) highest counts; those tied at the edge count by the share of them that has room.
double lift_of(const Examples& e) {
  const double room = std::ceil(static_cast<double>(e.size()) / 10.0);
  double hits = 0.0;
  for (std::size_t i = 0; i < e.size(); ++i) {
    double higher = 0.0, tied = 0.0;
    for (std::size_t j = 0; j < e.size(); ++j)
      higher += e.prediction[j] > e.prediction[i] ? 1.0 : 0.0, tied += e.prediction[j] == e.prediction[i] ? 1.0 : 0.0;
    hits += e.label[i] * std::clamp((room - higher) / tied, 0.0, 1.0);
  }
  return hits / room / share(e, [](double y, double) { return y; });
}

double calibration_error_of(const Examples& e) {
  std::vector<std::size_t> order(e.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return e.prediction[a] < e.prediction[b]; });
  double error = 0.0;
  for (std::size_t bin = 0; bin < 10; ++bin) {
    double apart = 0.0;
    for (std::size_t i = e.size() * bin / 10; i < e.size() * (bin + 1) / 10; ++i) apart += e.prediction[order[i]] - e.label[order[i]];
    error += std::abs(apart) / static_cast<double>(e.size());  // share x |difference of means|
  }
  return error;
}

double ratio(double a, double b) { return b == 0.0 ? 0.0 : a / b; }

Named binary(const Examples& e) {
  const auto n = static_cast<double>(e.size());
  const double hit = n * share(e, [](double y, double p) { return p >= 0.5 ? y : 0.0; }),
               said = n * share(e, [](double, double p) { return p >= 0.5 ? 1.0 : 0.0; });
  const double positives = n * share(e, [](double y, double) { return y; });
  return {{"n", n},
          {"positives", positives},
          {"auroc", auroc_of_pairs(e)},
          {"auprc", average_precision_of(e)},
          {"log_loss", share(e, [](double y, double p) { return -std::log(y == 1.0 ? clipped(p) : 1.0 - clipped(p)); })},
          {"brier", share(e, [](double y, double p) { return (y - p) * (y - p); })},
          {"accuracy", share(e, [](double y, double p) { return (p >= 0.5) == (y == 1.0) ? 1.0 : 0.0; })},
          {"precision", ratio(hit, said)},
          {"recall", ratio(hit, positives)},
          {"f1", ratio(2.0 * hit, said + positives)},
          {"lift_at_10", lift_of(e)}};
}

/// Mean of the first and the last place that a value may take.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<double> out;
  for (const double v : values) {
    double lower = 0.0, same = 0.0;
    for (const double w : values) lower += w < v ? 1.0 : 0.0, same += w == v ? 1.0 : 0.0;
    out.push_back(lower + (same + 1.0) / 2.0);
  }
  return out;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n, mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
    ab += (a[i] - ma) * (b[i] - mb), aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb);
  return ratio(ab, std::sqrt(aa * bb));
}

Named number(const Examples& e) {
  const double mean = share(e, [](double y, double) { return y; });
  const double squares = share(e, [](double y, double p) { return (y - p) * (y - p); });
  return {{"n", static_cast<double>(e.size())},
          {"mae", share(e, [](double y, double p) { return std::abs(y - p); })},
          {"rmse", std::sqrt(squares)},
          {"r2", 1.0 - squares / share(e, [&](double y, double) { return (y - mean) * (y - mean); })},
          {"spearman", correlation(ranks(e.label), ranks(e.prediction))}};
}

Named classes(const Examples& e) {
  std::set<double> names(e.label.begin(), e.label.end());
  names.insert(e.prediction.begin(), e.prediction.end());
  double f1 = 0.0, loss = 0.0;
  for (const double k : names) {
    const auto count = [&](const auto& counts) { return share(e, [&](double y, double p) { return counts(y, p) ? 1.0 : 0.0; }); };
    f1 += ratio(2.0 * count([&](double y, double p) { return y == k && p == k; }),
                count([&](double y, double) { return y == k; }) + count([&](double, double p) { return p == k; }));
  }
  for (const double p : e.probability) loss -= std::log(clipped(p)) / static_cast<double>(e.size());
  return {{"n", static_cast<double>(e.size())},
          {"accuracy", share(e, [](double y, double p) { return y == p ? 1.0 : 0.0; })},
          {"macro_f1", f1 / static_cast<double>(names.size())},
          {"log_loss", loss}};
}

/// Unweighted means over folds and deviations with n - 1; counts are totals, and the calibration is that of all predictions together.
void expect_figures(const nlohmann::json& told, const std::string& kind, const std::map<double, Examples>& folds) {
  std::map<std::string, std::vector<double>> each;
  Examples pooled;
  for (const auto& [fold, examples] : folds) {
    for (const auto& [name, value] : kind == "binary" ? binary(examples) : kind == "number" ? number(examples) : classes(examples))
      each[name].push_back(value);
    pooled.label.insert(pooled.label.end(), examples.label.begin(), examples.label.end());
    pooled.prediction.insert(pooled.prediction.end(), examples.prediction.begin(), examples.prediction.end());
  }
  const auto near = [&](const std::string& name, double value, double expected) {
    // Both sides are float64 over the same stored predictions and fewer than 200 terms: 200 roundings of 1.1e-16 are 2e-14, of sums whose
    // terms are at most a thousand times the result.
    EXPECT_NEAR(value, expected, 1e-10 * std::max(1.0, std::abs(expected))) << name;
  };
  for (const auto& [name, values] : each) {
    ASSERT_TRUE(told.contains(name)) << name;
    const double sum = std::accumulate(values.begin(), values.end(), 0.0), mean = sum / static_cast<double>(values.size());
    near(name, told[name], name == "n" || name == "positives" ? sum : mean);
    if (values.size() < 2 || name == "n" || name == "positives") continue;
    double squares = 0.0;
    for (const double v : values) squares += (v - mean) * (v - mean);
    near("deviation of " + name, told["standard_deviation"][name], std::sqrt(squares / static_cast<double>(values.size() - 1)));
  }
  EXPECT_EQ(told.contains("standard_deviation"), folds.size() > 1);
  if (kind == "binary") near("calibration_error", told["calibration_error"], calibration_error_of(pooled));
  if (kind != "class") return;
  for (std::size_t y = 0; y < told["confusion"].size(); ++y)
    for (std::size_t p = 0; p < told["confusion"].size(); ++p) {
      std::int64_t count = 0;
      for (std::size_t i = 0; i < pooled.size(); ++i)
        count += pooled.label[i] == static_cast<double>(y) && pooled.prediction[i] == static_cast<double>(p) ? 1 : 0;
      EXPECT_EQ(told["confusion"][y][p].get<std::int64_t>(), count);
    }
}

class Figures : public ShopTest {
 protected:
  /// The examples of a target by fold; `column` is prediction or a baseline. Empty where the column holds nothing.
  [[nodiscard]] std::map<double, Examples> examples(const std::string& target, const std::string& column) const {
    const ScoreFile file = read_parquet(path("model/test_predictions.parquet"));
    const std::vector<double> label = file.numbers("label"), prediction = file.numbers(column), fold = file.numbers("fold"),
                              probability = file.numbers("probability");
    std::map<double, Examples> out;
    for (std::size_t row = 0; row < file.rows(); ++row) {
      if (file.text("target")[row] != target || std::isnan(prediction[row])) continue;
      Examples& here = out[fold[row]];
      here.label.push_back(label[row]);
      here.prediction.push_back(prediction[row]);
      if (column == "prediction") here.probability.push_back(probability[row]);
    }
    return out;
  }
  void expect_metrics() const {
    const auto metrics = nlohmann::json::parse(text("model/metrics.json"));
    for (const char* key : {"data", "test", "train", "baselines", "timing", "device"}) EXPECT_TRUE(metrics.contains(key)) << key;
    for (const auto& [target, kind] :
         std::map<std::string, std::string>{{"purchase", "binary"}, {"spend", "number"}, {"tariff", "class"}}) {
      SCOPED_TRACE(target);
      expect_figures(metrics["test"][target], kind, examples(target, "prediction"));
      for (const auto& [name, value] : metrics["test"][target].items()) EXPECT_TRUE(metrics["train"][target].contains(name)) << name;
      for (const char* baseline : {"constant", "recency", "logistic"}) {
        SCOPED_TRACE(baseline);
        if (kind == "class") {  // its probabilities are not kept, so its loss cannot be computed again
          EXPECT_TRUE(std::string(baseline) == "recency" || metrics["baselines"][target][baseline].contains("accuracy"));
          continue;
        }
        const auto predicted = examples(target, baseline);
        ASSERT_FALSE(predicted.empty());
        expect_figures(metrics["baselines"][target][baseline], kind, predicted);
      }
    }
  }
};

TEST_F(Figures, OfAHeldOutPartFollowFromItsPredictions) {
  fit_model();
  expect_metrics();
  const auto metrics = nlohmann::json::parse(text("model/metrics.json"));
  EXPECT_EQ(metrics["device"], "cpu");
  EXPECT_EQ(metrics["data"]["rows_read"], shop.events.size() + shop.customers.size());
  const auto before = std::count_if(shop.events.begin(), shop.events.end(), [](const SmallShop::Event& e) { return e.time < shop_cutoff; });
  EXPECT_EQ(metrics["data"]["events_before_cutoff"], before);
  std::map<std::int64_t, std::int64_t> journey;
  for (const SmallShop::Event& e : shop.events) journey[e.customer] += e.time < shop_cutoff ? 1 : 0;
  std::int64_t kept = 0;
  for (const auto& [customer, events] : journey) kept += std::min<std::int64_t>(events, 16);
  EXPECT_EQ(metrics["data"]["events_kept"], kept);
}

TEST_F(Figures, OfFoldsFollowFromTheirPredictions) {
  ShopJob job;
  job.split += "folds = 3\n";
  write("job.toml", job.text());
  fit_model();
  expect_metrics();
  // Each example is tested once.
  const ScoreFile file = read_parquet(path("model/test_predictions.parquet"));
  std::set<std::pair<std::string, std::string>> tested;
  std::set<std::string> customers_seen;
  for (std::size_t row = 0; row < file.rows(); ++row) {
    EXPECT_TRUE(tested.emplace(file.text("target")[row], file.text("customer")[row]).second) << "tested twice";
    customers_seen.insert(file.text("customer")[row]);
  }
  std::set<std::string> expected;
  for (const SmallShop::Event& e : shop.events)
    if (e.time < shop_cutoff) expected.insert(std::to_string(e.customer));
  for (const SmallShop::Customer& c : shop.customers) expected.insert(std::to_string(c.id));
  EXPECT_EQ(customers_seen, expected);
}

TEST_F(Figures, LabelsAreThoseOfTheWindow) {
  fit_model();
  std::map<std::string, double> bought, spent;
  for (const SmallShop::Event& e : shop.events) {
    if (e.type != "purchase" || e.time < shop_cutoff || e.time >= shop_cutoff + 30 * 86400) continue;
    bought[std::to_string(e.customer)] = 1.0;
    spent[std::to_string(e.customer)] += std::stod("0" + e.revenue);
  }
  std::map<std::string, double> plan;
  for (const SmallShop::Customer& c : shop.customers) plan[std::to_string(c.id)] = c.plan == "basic" ? 0.0 : c.plan == "family" ? 1.0 : 2.0;
  const ScoreFile file = read_parquet(path("model/test_predictions.parquet"));
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const std::string &customer = file.text("customer")[row], &target = file.text("target")[row];
    const double label = file.numbers("label")[row];
    if (target == "purchase") {
      EXPECT_EQ(label, bought[customer]) << customer;
    }
    if (target == "spend") {
      EXPECT_EQ(label, static_cast<double>(static_cast<float>(spent[customer]))) << customer;
    }  // labels are float32
    if (target == "tariff") {
      EXPECT_EQ(label, plan.at(customer)) << customer;
    }
  }
}

TEST_F(Figures, TestedModelScoresAsItWasTested) {
  ShopJob job;
  job.split += "refit = false\n";
  write("job.toml", job.text());
  fit_model();
  done({"score", "model", "--as-of", "2025-05-20", "--out", "scores.csv", "--quiet"});
  const ScoreFile scores = read_csv(path("scores.csv")), tested = read_parquet(path("model/test_predictions.parquet"));
  std::map<std::string, double> purchase, spend;
  for (std::size_t row = 0; row < scores.rows(); ++row) {
    purchase[scores.text("customer")[row]] = scores.numbers("purchase")[row];
    spend[scores.text("customer")[row]] = scores.numbers("spend")[row];
  }
  // The same model and features in batches of another shape: a product of K float32 terms may be summed in another order, K * 2^-24 of the
  // sum of magnitudes. K is below 256 and magnitudes a few: 1e-4 relative holds with room, and is far below the spread of the scores.
  for (std::size_t row = 0; row < tested.rows(); ++row) {
    const std::string &customer = tested.text("customer")[row], &target = tested.text("target")[row];
    const double prediction = tested.numbers("prediction")[row];
    if (target == "purchase") {
      EXPECT_NEAR(purchase.at(customer), prediction, 1e-4) << customer;
    }
    if (target == "spend") {
      EXPECT_NEAR(spend.at(customer), prediction, 1e-4 * (1.0 + std::abs(prediction))) << customer;
    }
  }
}

TEST_F(Figures, OutOfTimeTestsEveryExampleAtTheCutoff) {
  ShopJob job;
  job.split = "cutoff = \"2025-05-20\"\nout_of_time = true\n";
  write("job.toml", job.text());
  fit_model();
  expect_metrics();
  EXPECT_EQ(nlohmann::json::parse(text("model/metrics.json"))["protocol"], "out of time");
}

TEST_F(Figures, TestFilesAreTested) {
  ShopJob job;
  job.events.clear();
  job.targets =
      "[[target]]\nname = \"tariff\"\nkind = \"column\"\ncolumn = \"plan\"\n[[target]]\nname = \"grown\"\nkind = \"column\"\ncolumn = "
      "\"age\"\n";
  job.customers = "files = [\"customers.csv\"]\n";
  job.split = "test_files = [\"others.csv\"]\n";
  job.model = "profile = [8]\nmembers = 2\n";
  write("job.toml", with(job.text(), "numeric = [\"age\"]\n", ""));
  const SmallShop others = make_small_shop(80, 99);
  write("others.csv", others.customers_csv());
  fit_model();
  const auto metrics = nlohmann::json::parse(text("model/metrics.json"));
  EXPECT_EQ(metrics["test"]["tariff"]["n"], others.customers.size());
  EXPECT_EQ(metrics["test"]["grown"]["n"],
            std::count_if(others.customers.begin(), others.customers.end(), [](const SmallShop::Customer& c) { return !c.age.empty(); }));
  expect_figures(metrics["test"]["tariff"], "class", examples("tariff", "prediction"));
  expect_figures(metrics["test"]["grown"], "number", examples("grown", "prediction"));
}

TEST_F(Figures, HistoryHasALineForEachEpoch) {
  write("job.toml", with(ShopJob().text(), "epochs = 1", "epochs = 4"));
  fit_model();
  const ScoreFile history = read_csv(path("model/history.csv"));
  EXPECT_EQ(history.columns,
            (std::vector<std::string>{"fit", "epoch", "learning_rate", "seconds", "purchase_training", "purchase_validation",
                                      "spend_training", "spend_validation", "tariff_training", "tariff_validation"}));
  EXPECT_EQ(history.text("fit"), (std::vector<std::string>{"test", "test", "test", "test", "final", "final", "final", "final"}));
  EXPECT_EQ(history.numbers("epoch"), (std::vector<double>{1, 2, 3, 4, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace footfall::test
