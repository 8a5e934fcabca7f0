// The command with --device cuda:0 on the emulated device: fit, score and evaluate do what they do on the processor.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "tests/tools/command/score_file.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

// How far results may be apart. Both backends compute in float32, u = 2^-24, and add products in another order, so a sum of K products is
// off by about sqrt(K) u times the sum of their magnitudes (Higham and Mary 2019). The longest sums here are some 300 products of magnitude
// below 0.1, so a layer's pre-activation is off by 17 * 6e-8 * 30 = 3e-5; a gate passes on a quarter of it, and what a state keeps from
// step to step is damped by its forget gate, so a few such errors add up in the last state, are averaged over the units behind it, and the
// sigmoid passes on a quarter again: 3e-5 for a probability.
constexpr double of_one_model = 3e-5;
// In training every step adds an error of that relative size to the gradients. Adam divides a gradient by its own size, so a parameter with
// a gradient well above the error moves alike on both, and one below may move by another learning rate; but its gradient says that this
// hardly moves the loss. Less than ten steps are taken, whose errors add up as their square root: four times as far.
constexpr double of_two_fits = 1.2e-4;

/// A number y is read from a standardized log1p|y|: an error e there is spread * e * (1 + |y|), and both spreads are below 3.
double of_a_number(double tolerance, double y) { return 3.0 * tolerance * (1.0 + std::abs(y)); }

struct DataSet {
  std::string name;
  std::vector<std::string> probabilities, numbers;  ///< columns of the scores
};

class Device : public ShopTest, public ::testing::WithParamInterface<DataSet> {
 protected:
  void SetUp() override {
    if (GetParam().name == "taobao") {
      write_taobao();
    } else {
      const SmallShop large = make_small_shop(2000);
      ShopJob job;
      job.model = "lstm = [16, 8]\nprofile = [16]\nmembers = 4\n";
      job.train = "epochs = 1\n";
      write("job.toml", job.text());
      write("events.csv", large.events_csv());
      write("customers.csv", large.customers_csv());
    }
  }

  void write_taobao() const {
    const char* data = std::getenv("FOOTFALL_DATA");
    const std::filesystem::path set = std::filesystem::path(data == nullptr ? "" : data) / "taobao_userbehavior_sample";
    if (data == nullptr || !std::filesystem::exists(set)) GTEST_SKIP() << "FOOTFALL_DATA holds no taobao_userbehavior_sample";
    // The journeys are cut to 24 events: the emulator computes what it is told, but slowly.
    write(
        "job.toml",
        "[events]\nfiles = [\"" + std::filesystem::absolute(set).string() +
            "/*.csv\"]\nheader = [\"user\", \"item\", \"category\", \"behaviour\", \"time\"]\n"
            "customer = \"user\"\ntime = \"time\"\ntype = \"behaviour\"\nitem = \"item\"\ncategorical = [\"behaviour\"]\nmax_length = 24\n"
            "[[target]]\nname = \"purchase\"\nkind = \"happens\"\nevent = \"buy\"\nhorizon = \"2d\"\n"
            "[split]\ncutoff = \"2017-12-02\"\n[model]\nlstm = [16, 8]\nprofile = [16]\nmembers = 4\n[train]\nepochs = 1\n");
  }

  CommandResult emulated(std::vector<std::string> words) const {
    words.insert(words.end(), {"--device", "cuda:0", "--quiet"});
    CommandOptions options;
    options.folder = folder.path();
    CommandResult result = run_command(FOOTFALL_EMULATED_COMMAND, words, options);
    EXPECT_EQ(result.status, 0) << result.err;
    return result;
  }
  [[nodiscard]] ScoreFile scores(const std::string& file) const { return read_csv(path(file)); }

  void expect_agreement(const ScoreFile& a, const ScoreFile& b, double tolerance) const {
    ASSERT_EQ(a.columns, b.columns);
    ASSERT_EQ(a.text("customer"), b.text("customer"));
    for (const std::string& column : GetParam().probabilities) {
      const std::vector<double> x = a.numbers(column), y = b.numbers(column);
      for (std::size_t row = 0; row < x.size(); ++row)
        ASSERT_NEAR(x[row], y[row], tolerance) << column << " of customer " << a.text("customer")[row];
      const auto [least, most] = std::minmax_element(x.begin(), x.end());
      EXPECT_GT(*most - *least, 100.0 * tolerance) << column << " hardly differs between customers, so the comparison says nothing";
    }
    for (const std::string& column : GetParam().numbers) {
      const std::vector<double> x = a.numbers(column), y = b.numbers(column);
      for (std::size_t row = 0; row < x.size(); ++row)
        ASSERT_NEAR(x[row], y[row], of_a_number(tolerance, y[row])) << column << " of customer " << a.text("customer")[row];
    }
  }
};

TEST_P(Device, FitsScoresAndEvaluatesAsTheProcessorDoes) {
  emulated({"fit", "job.toml", "--out", "on_device"});
  done({"fit", "job.toml", "--out", "on_processor", "--device", "cpu", "--quiet"});
  EXPECT_EQ(nlohmann::json::parse(text("on_device/metrics.json"))["device"], "cuda:0");

  done({"score", "on_processor", "--out", "cpu_cpu.csv", "--quiet"});
  done({"score", "on_device", "--out", "device_cpu.csv", "--quiet"});
  emulated({"score", "on_processor", "--out", "cpu_device.csv"});
  {
    SCOPED_TRACE("one model, scored on both");
    expect_agreement(scores("cpu_cpu.csv"), scores("cpu_device.csv"), of_one_model);
  }
  {
    SCOPED_TRACE("a model fitted on each");
    expect_agreement(scores("cpu_cpu.csv"), scores("device_cpu.csv"), of_two_fits);
  }

  const auto here = nlohmann::json::parse(done({"evaluate", "on_processor", "job.toml", "--quiet"}).out)["test"]["purchase"];
  const auto there = nlohmann::json::parse(emulated({"evaluate", "on_processor", "job.toml"}).out)["test"]["purchase"];
  EXPECT_EQ(here["n"], there["n"]);
  EXPECT_EQ(here["positives"], there["positives"]);
  // |d brier| <= 2 |dp|, and |d log_loss| <= |dp| / min(p, 1 - p), where no probability is nearer to 0 or 1 than 1 %.
  EXPECT_NEAR(here["brier"].get<double>(), there["brier"].get<double>(), 2.0 * of_one_model);
  EXPECT_NEAR(here["log_loss"].get<double>(), there["log_loss"].get<double>(), 100.0 * of_one_model);
}

INSTANTIATE_TEST_SUITE_P(emulated, Device,
                         ::testing::Values(DataSet{"shop", {"purchase", "tariff_basic", "tariff_family", "tariff_plus"}, {"spend"}},
                                           DataSet{"taobao", {"purchase"}, {}}),
                         [](const auto& info) { return info.param.name; });

class Tune : public ShopTest {};

TEST_F(Tune, MeasuresOnceAndKeepsTheChoiceInTheModel) {
  CommandOptions options;
  options.folder = folder.path();
  const auto device = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--device", "cuda:0"});
    CommandResult result = run_command(FOOTFALL_EMULATED_COMMAND, words, options);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out + result.err;
  };
  const auto chosen = [&](const std::string& model) { return nlohmann::json::parse(text(model + "/model.json"))["architecture"]["algorithm"]; };

  const std::string said = device({"fit", "job.toml", "--out", "tuned", "--tune"});
  EXPECT_NE(said.find("recurrent layer 1 by standard"), std::string::npos) << said;
  EXPECT_NE(said.find("persistent-small"), std::string::npos) << said;
  const nlohmann::json kept = chosen("tuned");
  ASSERT_TRUE(kept.is_array() && !kept.empty());
  device({"score", "tuned", "--out", "tuned.csv"});
  // A later fit of the model's own job repeats the choice without measuring.
  EXPECT_EQ(device({"fit", "tuned/job.toml", "--out", "repeated"}).find("recurrent layer"), std::string::npos);
  EXPECT_EQ(chosen("repeated"), kept);
  EXPECT_TRUE(text("repeated/weights.safetensors") == text("tuned/weights.safetensors"));

  const CommandResult here = done({"fit", "job.toml", "--out", "processor", "--device", "cpu", "--tune"});
  EXPECT_NE((here.out + here.err).find("one algorithm"), std::string::npos);
  EXPECT_EQ(chosen("processor"), nlohmann::json{"standard"});
  // A tuned model is at home on a processor too.
  done({"score", "tuned", "--out", "tuned_cpu.csv", "--device", "cpu", "--quiet"});
}

class Order : public ShopTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(Order, OfStreamsAndBlocksChangesNoBit) {
  const auto fitted = [&](const std::string& out, const char* seed) {
    setenv("FOOTFALL_EMULATOR_SEED", seed, 1);
    CommandOptions options;
    options.folder = folder.path();
    const CommandResult result =
        run_command(FOOTFALL_EMULATED_COMMAND, {"fit", "job.toml", "--out", out, "--device", "cuda:0", "--quiet"}, options);
    unsetenv("FOOTFALL_EMULATOR_SEED");
    EXPECT_EQ(result.status, 0) << result.err;
    return text(out + "/weights.safetensors");
  };
  EXPECT_TRUE(fitted("one", "1") == fitted("other", GetParam())) << "the weights depend on the order in which blocks or streams run";
}

INSTANTIATE_TEST_SUITE_P(emulated, Order, ::testing::Values("2", "77"), [](const auto& info) { return "seed" + std::string(info.param); });

}  // namespace
}  // namespace footfall::test
