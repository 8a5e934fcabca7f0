// The contract of a scores file: who is in it, in which order, and what its columns say.
#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "host/table/read.hpp"
#include "host/table/write.hpp"
#include "tests/tools/command/score_file.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

/// The highest 8 bits of SplitMix64 of the id (Steele, Lea, Flood 2014), written anew.
std::uint64_t partition(std::uint64_t id) {
  std::uint64_t z = id + 0x9E3779B97F4A7C15U;
  z ^= z >> 30U;
  z *= 0xBF58476D1CE4E5B9U;
  z ^= z >> 27U;
  z *= 0x94D049BB133111EBU;
  return (z ^ (z >> 31U)) >> 56U;
}

class Scores : public ShopTest {
 protected:
  void SetUp() override {
    ShopTest::SetUp();
    fit_model();
  }
  ScoreFile scored(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"score", "model", "--out", "scores.csv", "--quiet", "--overwrite"};
    words.insert(words.end(), more.begin(), more.end());
    done(words);
    return read_csv(path("scores.csv"));
  }
  [[nodiscard]] std::set<std::int64_t> everybody() const {
    std::set<std::int64_t> ids;
    for (const SmallShop::Event& e : shop.events) ids.insert(e.customer);
    for (const SmallShop::Customer& c : shop.customers) ids.insert(c.id);
    return ids;
  }
};

TEST_F(Scores, HoldEveryCustomerOnceByPartitionAndId) {
  std::vector<std::pair<std::uint64_t, std::int64_t>> expected, found;
  for (const std::int64_t id : everybody()) expected.emplace_back(partition(static_cast<std::uint64_t>(id)), id);
  std::sort(expected.begin(), expected.end());
  for (const double id : scored().numbers("customer"))
    found.emplace_back(partition(static_cast<std::uint64_t>(id)), static_cast<std::int64_t>(id));
  EXPECT_EQ(found, expected);
}

TEST_F(Scores, HaveTheColumnsOfTheTargets) {
  EXPECT_EQ(scored().columns, (std::vector<std::string>{"customer", "purchase", "purchase_decile", "spend", "spend_decile", "tariff",
                                                        "tariff_basic", "tariff_family", "tariff_plus", "tariff_decile"}));
}

TEST_F(Scores, ProbabilitiesAreSome) {
  const ScoreFile scores = scored();
  for (const double p : scores.numbers("purchase")) EXPECT_TRUE(p > 0.0 && p < 1.0) << p;
  for (const double y : scores.numbers("spend")) EXPECT_TRUE(std::isfinite(y));
  const std::vector<std::string> classes = {"basic", "family", "plus"};
  for (std::size_t row = 0; row < scores.rows(); ++row) {
    std::vector<double> p;
    for (const std::string& name : classes) p.push_back(scores.numbers("tariff_" + name)[row]);
    // Each class is a float32 rounded by at most half of 2^-24 below 1, so three of them are off by less than 2^-23.
    EXPECT_NEAR(p[0] + p[1] + p[2], 1.0, 0x1p-23);
    EXPECT_EQ(scores.text("tariff")[row], classes[static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin())]);
  }
}

TEST_F(Scores, DecilesAreAFunctionOfTheScore) {
  const ScoreFile scores = scored();
  const auto model = nlohmann::json::parse(text("model/model.json"));
  std::size_t target = 0;
  for (const char* name : {"purchase", "spend", "tariff"}) {
    std::vector<double> score = scores.numbers(name);
    if (std::string(name) == "tariff")  // of a class: how likely the likeliest is
      for (std::size_t row = 0; row < scores.rows(); ++row) score[row] = scores.numbers("tariff_" + scores.text("tariff")[row])[row];
    const std::vector<double> decile = scores.numbers(std::string(name) + "_decile");
    const std::vector<double> boundaries = model["targets"][target++]["deciles"];
    ASSERT_EQ(boundaries.size(), 9U);
    EXPECT_TRUE(std::is_sorted(boundaries.rbegin(), boundaries.rend()));
    for (std::size_t row = 0; row < scores.rows(); ++row)
      EXPECT_EQ(decile[row],
                1.0 + static_cast<double>(std::count_if(boundaries.begin(), boundaries.end(), [&](double b) { return score[row] < b; })))
          << name;
    EXPECT_EQ(*std::min_element(decile.begin(), decile.end()), 1.0) << name;
    EXPECT_GE(*std::max_element(decile.begin(), decile.end()), 9.0) << name;
  }
}

TEST_F(Scores, AreTheSameInEveryFormat) {
  const ScoreFile csv = scored();
  for (const char* out : {"scores.parquet", "shards", "scores.tsv"}) done({"score", "model", "--out", out, "--quiet"});
  std::size_t shards = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path("shards"))) shards += entry.path().extension() == ".parquet" ? 1 : 0;
  EXPECT_EQ(shards, 16U);
  for (const ScoreFile& other : {read_parquet(path("scores.parquet")), read_shards(path("shards"))}) {
    ASSERT_EQ(other.columns, csv.columns);
    for (const std::string& column : csv.columns) {
      if (column == "tariff") {
        EXPECT_EQ(other.text(column), csv.text(column));
      } else {
        EXPECT_EQ(other.numbers(column), csv.numbers(column)) << column;  // bit for bit
      }
    }
  }
  std::string tabs = text("scores.tsv");
  std::replace(tabs.begin(), tabs.end(), '\t', ',');
  EXPECT_EQ(tabs, text("scores.csv"));
}

TEST_F(Scores, AsOfSeesOnlyWhatCameBefore) {
  // The same as files that end there; an event at the very moment is not seen.
  const std::int64_t moment = shop.events[7].time;
  SmallShop before = shop;
  std::erase_if(before.events, [&](const SmallShop::Event& e) { return e.time >= moment; });
  ASSERT_LT(before.events.size(), shop.events.size());
  write("before.csv", before.events_csv());
  const ScoreFile all = scored({"--as-of", second_text(moment)});
  const std::string bytes = text("scores.csv");
  scored({"--as-of", second_text(moment), "--events", "before.csv"});
  EXPECT_EQ(text("scores.csv"), bytes);
  EXPECT_GT(all.rows(), 0U);
  scored({"--as-of", second_text(moment + 1)});
  EXPECT_NE(text("scores.csv"), bytes);
}

TEST_F(Scores, WithoutAsOfSeeEveryEvent) {
  scored();
  const std::string bytes = text("scores.csv");
  std::int64_t newest = 0;
  for (const SmallShop::Event& e : shop.events) newest = std::max(newest, e.time);
  scored({"--as-of", second_text(newest + 1)});
  EXPECT_EQ(text("scores.csv"), bytes);
  scored({"--as-of", second_text(newest)});
  EXPECT_NE(text("scores.csv"), bytes);
}

TEST_F(Scores, AsOfLeavesOutWhoCameLater) {
  const std::int64_t moment = shop_cutoff - 75 * 86400;
  std::set<double> expected;
  for (const SmallShop::Event& e : shop.events)
    if (e.time < moment) expected.insert(static_cast<double>(e.customer));
  const std::size_t with_events = expected.size();
  for (const SmallShop::Customer& c : shop.customers) expected.insert(static_cast<double>(c.id));
  ASSERT_GT(expected.size(), with_events);
  ASSERT_LT(expected.size(), everybody().size());
  const std::vector<double> found = scored({"--as-of", second_text(moment)}).numbers("customer");
  EXPECT_EQ(std::set<double>(found.begin(), found.end()), expected);
  EXPECT_EQ(found.size(), expected.size());
}

TEST_F(Scores, NamesNeverSeenAreScoredAndCounted) {
  SmallShop other = shop;
  std::size_t events = 0, towns = 0;
  for (std::size_t i = 0; i < other.events.size(); i += 9, ++events) other.events[i].type = "wish";
  for (std::size_t i = 0; i < other.customers.size(); i += 5, ++towns) other.customers[i].city = "Wien";
  write("events.csv", other.events_csv());
  write("customers.csv", other.customers_csv());
  const CommandResult result = done({"score", "model", "--out", "scores.csv"});
  EXPECT_EQ(read_csv(path("scores.csv")).rows(), everybody().size());
  EXPECT_NE(result.out.find("column \"city\": " + std::to_string(towns) + " cells hold words the fit did not see"), std::string::npos)
      << result.out;
  EXPECT_NE(result.out.find("column \"event\": "), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("\"member\""), std::string::npos) << result.out;
}

TEST_F(Scores, TheFilesMayBeNamedAnew) {
  scored();
  const std::string bytes = text("scores.csv");
  // The log in two files, one of them Parquet.
  const std::string log = shop.events_csv();
  const std::size_t half = log.find('\n', log.size() / 2) + 1;
  write("first.csv", log.substr(0, half));
  write("rest.csv", line_of(log, 1) + "\n" + log.substr(half));
  ReadRequest request;
  request.files = {path("rest.csv").string()};
  request.kinds["time"] = ColumnKind::time;
  write_table(path("second.parquet").string(), read_table(request));
  scored({"--events", "first.csv", "second.parquet", "--customers", "customers.csv"});
  EXPECT_EQ(text("scores.csv"), bytes);
}

TEST_F(Scores, ATableAloneIsScored) {
  done({"fit", "customers.csv", "--label", "member", "--out", "table", "--quiet"});
  done({"score", "table", "--out", "scores.csv", "--overwrite", "--quiet"});
  const ScoreFile scores = read_csv(path("scores.csv"));
  EXPECT_EQ(scores.columns, (std::vector<std::string>{"customer", "member", "member_decile"}));
  EXPECT_EQ(scores.rows(), shop.customers.size());
  // The same customers without the label, which scoring does not need.
  std::string unlabelled;
  for (std::size_t i = 1; i <= shop.customers.size() + 1; ++i) {
    const std::string line = line_of(shop.customers_csv(), i);
    unlabelled += line.substr(0, line.rfind(',')) + "\n";
  }
  write("unlabelled.csv", unlabelled);
  const std::string bytes = text("scores.csv");
  done({"score", "table", "--customers", "unlabelled.csv", "--out", "scores.csv", "--overwrite", "--quiet"});
  EXPECT_EQ(text("scores.csv"), bytes);
}

TEST_F(Scores, IdsMayBeText) {
  std::string events = shop.events_csv(), table = shop.customers_csv();
  for (std::size_t at = events.find('\n'); at + 1 < events.size(); at = events.find('\n', at + 1)) events.insert(at + 1, "c");
  for (std::size_t at = table.find('\n'); at + 1 < table.size(); at = table.find('\n', at + 1)) table.insert(at + 1, "c");
  write("events.csv", events);
  write("customers.csv", table);
  done({"fit", "job.toml", "--out", "text", "--quiet"});
  done({"score", "text", "--out", "scores.parquet", "--quiet"});
  std::set<std::string> expected;
  for (const std::int64_t id : everybody()) expected.insert("c" + std::to_string(id));
  const std::vector<std::string> found = read_parquet(path("scores.parquet")).text("customer");
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), expected);
  EXPECT_EQ(found.size(), expected.size());
}

}  // namespace
}  // namespace footfall::test
