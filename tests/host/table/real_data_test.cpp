// The data sets under FOOTFALL_DATA: rows and sums that their README files give. A set that is not there is skipped.
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "host/table/read.hpp"

namespace footfall {
namespace {

std::string data_file(const std::string& name) {
  const char* folder = std::getenv("FOOTFALL_DATA");
  if (folder == nullptr) return {};
  const std::string file = std::string(folder) + "/" + name;
  return std::filesystem::exists(file) ? file : std::string{};
}

#define REQUIRE_DATA(file, name)            \
  const std::string file = data_file(name); \
  if (file.empty()) GTEST_SKIP() << "FOOTFALL_DATA/" << name << " is absent"

TEST(RealDataTest, OnlineRetail) {
  REQUIRE_DATA(file, "online_retail/online_retail.csv");
  ReadRequest request;
  request.files = {file};
  request.columns = {"InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "CustomerID", "Country"};
  request.kinds = {{"CustomerID", ColumnKind::id},
                   {"InvoiceDate", ColumnKind::time},
                   {"InvoiceNo", ColumnKind::text},
                   {"StockCode", ColumnKind::text},
                   {"Quantity", ColumnKind::number}};
  request.derived = {{"amount", "Quantity * UnitPrice"}};
  const Table t = read_table(request);
  EXPECT_EQ(t.rows, 541'909);
  EXPECT_EQ(t.at("CustomerID").type, ColumnType::integer);
  EXPECT_EQ(t.at("CustomerID").missing(), 135'080);
  EXPECT_EQ(t.at("InvoiceNo").dictionary.size(), 25'900u);
  EXPECT_EQ(t.at("StockCode").dictionary.size(), 4'070u);
  EXPECT_EQ(t.at("Country").dictionary.size(), 38u);
  std::set<std::int64_t> customers;
  double sum = 0;
  std::int64_t negative = 0;
  for (std::int64_t row = 0; row < t.rows; ++row) {
    if (t.at("CustomerID").is_valid(row)) customers.insert(t.at("CustomerID").integers[static_cast<std::size_t>(row)]);
    sum += t.at("amount").number_at(row);
    if (t.at("Quantity").number_at(row) < 0) ++negative;
  }
  EXPECT_EQ(customers.size(), 4'372u);
  EXPECT_EQ(negative, 10'624);
  EXPECT_NEAR(sum, 9'747'747.93, 0.005);  // the README gives cents; 541,909 float64 additions below 1e7 lose at most 5e5 * 1e-9
  EXPECT_EQ(t.at("InvoiceDate").show(0), "2010-12-01T08:26:00");
}

TEST(RealDataTest, OnlineShoppers) {
  REQUIRE_DATA(file, "online_shoppers_intention/online_shoppers_intention.csv");
  ReadRequest request;
  request.files = {file};
  const Table t = read_table(request);
  EXPECT_EQ(t.rows, 12'330);
  EXPECT_EQ(t.columns.size(), 18u);
  std::int64_t positive = 0;
  for (const std::int64_t value : t.at("Revenue").integers) positive += value;
  EXPECT_EQ(t.at("Revenue").type, ColumnType::boolean);
  EXPECT_EQ(positive, 1'908);
}

TEST(RealDataTest, Telco) {
  REQUIRE_DATA(file, "telco_churn/Telco-Customer-Churn.csv");
  ReadRequest request;
  request.files = {file};
  const Table t = read_table(request);
  EXPECT_EQ(t.rows, 7'043);
  EXPECT_EQ(t.columns.size(), 21u);
  EXPECT_EQ(t.at("TotalCharges").type, ColumnType::number);
  EXPECT_EQ(t.at("TotalCharges").missing(), 11);
}

TEST(RealDataTest, Cdnow) {
  REQUIRE_DATA(file, "cdnow/cdnow_events.csv");
  ReadRequest request;
  request.files = {file};
  request.kinds = {{"customer", ColumnKind::id}, {"date", ColumnKind::time}};
  request.time_formats = {{"date", "%Y%m%d"}};
  request.where = "date < '1998-01-01'";
  const Table t = read_table(request);
  EXPECT_EQ(t.rows_read, 69'659);
  const std::set<std::int64_t> customers(t.at("customer").integers.begin(), t.at("customer").integers.end());
  EXPECT_EQ(customers.size(), 23'570u);  // every one bought first in the first quarter of 1997
}

TEST(RealDataTest, Taobao) {
  REQUIRE_DATA(file, "taobao_userbehavior_sample/UserBehavior_head84475.csv");
  ReadRequest request;
  request.files = {file};
  request.text.header = {"user", "item", "category", "behaviour", "time"};
  request.kinds = {{"user", ColumnKind::id}, {"time", ColumnKind::time}};
  const Table t = read_table(request);
  EXPECT_EQ(t.rows, 84'475);
  EXPECT_EQ(t.at("time").resolution, TimeResolution::seconds);
  EXPECT_EQ(t.at("time").show(0), "2017-11-24T17:21:10");
  std::int64_t buys = 0;
  for (std::int64_t row = 0; row < t.rows; ++row) buys += t.at("behaviour").text_at(row) == "buy" ? 1 : 0;
  EXPECT_EQ(buys, 1'750);
}

}  // namespace
}  // namespace footfall
