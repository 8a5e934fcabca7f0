// Counts of real sets, as three independent engines (plain Python, polars, DuckDB) found them. The files lie in the folder that
// FOOTFALL_DATA names; without it the tests are skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "host/job/infer.hpp"
#include "host/journeys/base_reader.hpp"
#include "host/journeys/clock.hpp"
#include "host/journeys/labels.hpp"

namespace footfall {
namespace {

/// The folder of the data; empty when a file of it is absent.
std::string folder_with(const char* file) {
  const char* folder = std::getenv("FOOTFALL_DATA");
  if (folder == nullptr || !std::filesystem::exists(std::filesystem::path(folder) / file)) return {};
  return folder;
}

constexpr const char* cdnow_file = "cdnow/cdnow_events.csv";
constexpr const char* retail_file = "online_retail/online_retail.csv";
constexpr const char* taobao_file = "taobao_userbehavior_sample/UserBehavior_head84475.csv";

constexpr const char* cdnow =
    "[events]\nfiles = [\"cdnow/cdnow_events.csv\"]\ncustomer = \"customer\"\ntime = \"date\"\ntime_format = \"%Y%m%d\"\namount = "
    "\"amount\"\nnumeric = [\"quantity\", \"amount\"]\n"
    "[[target]]\nname = \"purchase\"\nkind = \"happens\"\nhorizon = \"181d\"\n[[target]]\nname = \"spend\"\nkind = \"sum\"\nhorizon = "
    "\"181d\"\n[split]\ncutoff = \"1998-01-01\"\n";

std::string retail(bool merged) {
  return std::string(
             "[events]\nfiles = [\"online_retail/online_retail.csv\"]\ncustomer = \"CustomerID\"\ntime = \"InvoiceDate\"\nitem = "
             "\"StockCode\"\namount = \"Quantity * UnitPrice\"\n"
             "numeric = [\"Quantity\", \"UnitPrice\"]\ncategorical = [\"Country\"]\nwhere = \"CustomerID is not null\"\n") +
         (merged ? "merge = \"InvoiceNo\"\n" : "") +
         "[[target]]\nname = \"purchase\"\nkind = \"happens\"\nhorizon = \"90d\"\n[[target]]\nname = \"churn\"\nkind = \"silent\"\nhorizon "
         "= \"90d\"\n"
         "[[target]]\nname = \"spend\"\nkind = \"sum\"\nhorizon = \"90d\"\n[split]\ncutoff = \"2011-09-10\"\n";
}

constexpr const char* taobao =
    "[events]\nfiles = [\"taobao_userbehavior_sample/UserBehavior_head84475.csv\"]\nheader = [\"user\", \"item\", \"category\", "
    "\"behaviour\", \"time\"]\ncustomer = \"user\"\ntime = \"time\"\n"
    "type = \"behaviour\"\nitem = \"item\"\ncategorical = [\"behaviour\", \"category\"]\n[[target]]\nname = \"purchase\"\nkind = "
    "\"happens\"\nevent = \"buy\"\nhorizon = \"2d\"\n"
    "[split]\ncutoff = \"2017-12-02\"\n";

struct Fitted {
  ReadBase read;
  std::int64_t cutoff = 0;
  std::vector<std::int64_t> examples;

  [[nodiscard]] double total(std::size_t target) const {
    const Labels labels = make_labels(read.base, read.targets, read.job.targets[target], cutoff);
    double sum = 0;
    for (const std::int64_t example : examples) sum += labels.values[static_cast<std::size_t>(example)];
    return sum;
  }
};

Fitted fitted(const std::string& job, const std::string& folder) {
  Fitted out;
  out.read = read_base(parse_job(job, "job.toml", folder));
  out.cutoff = parse_cutoff(*out.read.job.split.cutoff, out.read.base.journeys->clock);
  out.examples = examples_at(out.read.base, out.cutoff);
  check_cutoff(out.read.base, out.cutoff);
  return out;
}

/// Sums over the newest `length` events before the cutoff of each customer: quantity, and position (from 1, oldest first) x quantity.
struct Kept {
  double quantity = 0;
  double weighted = 0;
};

Kept kept(const Fitted& set, std::int64_t length, const std::vector<float>* quantity) {
  const Journeys& journeys = *set.read.base.journeys;
  Kept out;
  for (std::size_t c = 0; c + 1 < journeys.first.size(); ++c) {
    std::int64_t end = journeys.first[c];
    while (end < journeys.first[c + 1] && journeys.time[static_cast<std::size_t>(end)] < set.cutoff) ++end;
    const std::int64_t begin = std::max(journeys.first[c], end - length);
    for (std::int64_t event = begin; event < end; ++event) {
      const double q = quantity != nullptr ? (*quantity)[static_cast<std::size_t>(event)] : 1.0;
      out.quantity += q;
      out.weighted += q * static_cast<double>(event - begin + 1);
    }
  }
  return out;
}

double money_before(const Fitted& set) {
  const Journeys& journeys = *set.read.base.journeys;
  double sum = 0;
  for (std::size_t i = 0; i < journeys.time.size(); ++i)
    if (journeys.time[i] < set.cutoff) sum += journeys.amount[i];
  return sum;
}

TEST(RealSets, Cdnow) {
  const std::string folder = folder_with(cdnow_file);
  if (folder.empty()) GTEST_SKIP() << "set FOOTFALL_DATA to a folder with " << cdnow_file;
  const Fitted set = fitted(cdnow, folder);
  EXPECT_EQ(set.read.counts.events, 69659);
  EXPECT_EQ(set.read.base.customers(), 23570);
  EXPECT_EQ(set.examples.size(), 23570u);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 64).before_cutoff, 56902);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 64).kept, 56622);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 128).kept, 56876);
  EXPECT_EQ(set.total(0), 5374);
  EXPECT_NEAR(set.total(1), 476154.37,
              0.04);  // labels are float32: 2^-24 of the sum of positive ones is 0.028, and the figure has two digits
  EXPECT_NEAR(money_before(set), 2024161.26, 0.005);
  const std::vector<float>& quantity = set.read.base.journeys->numeric[0].values;
  EXPECT_EQ(kept(set, 64, &quantity).quantity, 133780);
  EXPECT_EQ(kept(set, 64, &quantity).weighted, 528061);
  EXPECT_EQ(kept(set, 128, &quantity).weighted, 600328);
  EXPECT_EQ(set.read.base.journeys->clock.resolution, microseconds_per_day);
  EXPECT_TRUE(window_notices(set.read.base, set.read.job, set.cutoff).empty());
}

TEST(RealSets, OnlineRetailLines) {
  const std::string folder = folder_with(retail_file);
  if (folder.empty()) GTEST_SKIP() << "set FOOTFALL_DATA to a folder with " << retail_file;
  const Fitted set = fitted(retail(false), folder);
  EXPECT_EQ(set.read.counts.event_rows, 541909);
  EXPECT_EQ(set.read.counts.events, 406829);
  EXPECT_EQ(set.read.counts.event_rows_filtered, 541909 - 406829);
  EXPECT_FALSE(set.read.base.ids.text);  // written as 17850.0
  EXPECT_EQ(set.read.base.customers(), 4372);
  EXPECT_EQ(set.examples.size(), 3412u);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 64).before_cutoff, 242127);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 64).kept, 123779);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 128).kept, 169077);
  EXPECT_EQ(set.total(0), 1956);
  EXPECT_EQ(set.total(1), 1456);
  EXPECT_NEAR(set.total(2), 2578621.82, 0.2);  // 2^-24 of the sum is 0.154; returns make few labels negative
  EXPECT_NEAR(money_before(set), 5132493.44, 0.005);
  const std::vector<float>& quantity = set.read.base.journeys->numeric[0].values;
  EXPECT_EQ(kept(set, 64, &quantity).quantity, 1622808);
  EXPECT_EQ(kept(set, 64, &quantity).weighted, 39765690);
  EXPECT_EQ(kept(set, 128, &quantity).weighted, 88350129);
}

TEST(RealSets, OnlineRetailOrders) {
  const std::string folder = folder_with(retail_file);
  if (folder.empty()) GTEST_SKIP() << "set FOOTFALL_DATA to a folder with " << retail_file;
  const Fitted set = fitted(retail(true), folder);
  EXPECT_EQ(set.read.counts.event_rows_merged, 406829 - set.read.counts.events);
  EXPECT_EQ(set.examples.size(), 3412u);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 64).before_cutoff, 14404);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 64).kept, 14122);
  EXPECT_EQ(set.total(0), 1956);
  EXPECT_NEAR(money_before(set), 5132493.44, 0.005);
  const Journeys& journeys = *set.read.base.journeys;
  ASSERT_EQ(journeys.numeric.back().name, "lines");
  EXPECT_EQ(std::accumulate(journeys.numeric.back().values.begin(), journeys.numeric.back().values.end(), 0.0), 406829);
}

TEST(RealSets, Taobao) {
  const std::string folder = folder_with(taobao_file);
  if (folder.empty()) GTEST_SKIP() << "set FOOTFALL_DATA to a folder with " << taobao_file;
  const Fitted set = fitted(taobao, folder);
  EXPECT_EQ(set.read.counts.events, 84475);
  EXPECT_EQ(set.examples.size(), 815u);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 64).before_cutoff, 62892);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 64).kept, 36438);
  EXPECT_EQ(count_events(set.read.base, set.cutoff, 128).kept, 52002);
  EXPECT_EQ(kept(set, 128, nullptr).weighted, 2453172);
  EXPECT_EQ(set.total(0), 237);
  EXPECT_EQ(set.read.base.journeys->clock.resolution, 1'000'000);
}

TEST(RealSets, OnlineShoppers) {
  const char* file = "online_shoppers_intention/online_shoppers_intention.csv";
  const std::string folder = folder_with(file);
  if (folder.empty()) GTEST_SKIP() << "set FOOTFALL_DATA to a folder with " << file;
  const InferredJob inferred = infer_job({file}, "Revenue", "", folder);
  EXPECT_TRUE(inferred.job.customers->customer.empty());
  const ReadBase read = read_base(inferred.job);
  EXPECT_EQ(read.base.customers(), 12330);
  const Labels labels = make_labels(read.base, read.targets, inferred.job.targets[0], 0);
  EXPECT_EQ(labels.schema.kind, LabelKind::binary);
  EXPECT_EQ(std::accumulate(labels.values.begin(), labels.values.end(), 0.0), 1908);
  EXPECT_EQ(read.base.profiles->numeric.size() + read.base.profiles->categorical.size(), 17u);
  EXPECT_EQ(read.base.profiles->categorical.back().name, "Weekend");
  EXPECT_EQ(read.base.profiles->categorical.back().dictionary, (std::vector<std::string>{"FALSE", "TRUE"}));  // as written
}

TEST(RealSets, Telco) {
  const char* file = "telco_churn/Telco-Customer-Churn.csv";
  const std::string folder = folder_with(file);
  if (folder.empty()) GTEST_SKIP() << "set FOOTFALL_DATA to a folder with " << file;
  const ReadBase read =
      read_base(parse_job(std::string("[customers]\nfiles = [\"") + file +
                              "\"]\ncustomer = \"customerID\"\nnumeric = \"auto\"\ncategorical = \"auto\"\n[[target]]\nname = "
                              "\"churn\"\nkind = \"column\"\ncolumn = \"Churn\"\npositive = \"Yes\"\n",
                          "job.toml", folder));
  EXPECT_EQ(read.base.customers(), 7043);
  std::vector<std::string> numeric;
  for (const NumberColumn& column : read.base.profiles->numeric) numeric.push_back(column.name);
  EXPECT_EQ(numeric, (std::vector<std::string>{"SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges"}));
  const auto missing = std::count_if(read.base.profiles->numeric[3].values.begin(), read.base.profiles->numeric[3].values.end(),
                                     [](float x) { return std::isnan(x); });
  EXPECT_EQ(missing, 11);
  EXPECT_EQ(read.base.profiles->categorical.size(), 15u);
  const Labels labels = make_labels(read.base, read.targets, read.job.targets[0], 0);
  EXPECT_EQ(std::accumulate(labels.values.begin(), labels.values.end(), 0.0), 1869);  // README of the set
  EXPECT_EQ(infer_job({file}, "Churn", "", folder).job.customers->customer, "customerID");
}

}  // namespace
}  // namespace footfall
