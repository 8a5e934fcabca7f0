#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "host/jobs/posterior.hpp"
#include "host/networks/networks.hpp"
#include "host/table/write.hpp"
#include "tests/host/table/temporary_folder.hpp"
#include "tests/support/data_folder.hpp"

namespace footfall {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

/// The weather makes the lawn wet; how hard it rained is a number in bands.
constexpr const char* lawn = R"(network lawn { }
variable sky { type discrete [ 2 ] { clear, "row" }; }
variable rain { type discrete [ 3 ] { "<2.5", "2.5..7", ">=7" }; }
variable lawn { type discrete [ 2 ] { dry, wet }; }
variable day { type discrete [ 3 ] { 1, 2, 3 }; }
probability ( sky ) { table 0.6, 0.4; }
probability ( rain | sky ) { (clear) 1.0, 0.0, 0.0; ("row") 0.2, 0.5, 0.3; }
probability ( lawn | rain ) { ("<2.5") 0.9, 0.1; ("2.5..7") 0.3, 0.7; (">=7") 0.05, 0.95; }
probability ( day | lawn ) { (dry) 0.2, 0.3, 0.5; (wet) 0.5, 0.3, 0.2; }
)";

class PosteriorJob : public ::testing::Test {
 protected:
  PosteriorJob() { request_.network = folder_.write("lawn.bif", lawn); }

  PosteriorSummary run(const std::string& target, const std::string& out) {
    request_.target = target;
    request_.out = folder_.file(out);
    request_.overwrite = true;
    RunOptions options;
    options.threads = threads_;
    options.observer.say = [this](const std::string& note) { notes_.push_back(note); };
    return posterior(request_, options);
  }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream in(folder_.file(name));
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  [[nodiscard]] Table table_of(const std::string& name) const {
    ReadRequest read;
    read.files = {folder_.file(name)};
    return read_table(read);
  }

  TemporaryFolder folder_;
  PosteriorRequest request_;
  std::vector<std::string> notes_;
  int threads_ = 2;
};

TEST_F(PosteriorJob, CellsBecomeStatesAndRowsAreAnsweredInTheirOrder) {
  // Numbers in their bands, a state by its own name, a number written as a float, empty and NA, a word and a day that are no states, what cannot be.
  request_.cases = {folder_.write("cases.csv", "name,rain,sky,day\n"
                                               "a,8,row,\n"
                                               "b,2.5..7,row,2.0\n"
                                               "c,,NA,3\n"
                                               "d,hail,row,1\n"
                                               "e,7,clear,1\n"
                                               "f,1,clear,4\n")};
  const PosteriorSummary summary = run("lawn", "out.parquet");
  EXPECT_EQ(summary.rows, 6);
  EXPECT_EQ(summary.impossible, 1);
  EXPECT_EQ(summary.unseen, 2);
  EXPECT_EQ(summary.unseen_columns, (std::vector<std::string>{"rain", "day"}));
  const Table out = table_of("out.parquet");
  EXPECT_EQ(out.names(), (std::vector<std::string>{"row", "dry", "wet", "status"}));
  EXPECT_EQ(out.at("row").integers, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
  // By hand. c: P(rain) = (0.68, 0.2, 0.12), P(wet) = 0.068 + 0.14 + 0.114 = 0.322, then day 3. d: rain given the sky: P(wet) = 0.02 + 0.35 + 0.285 = 0.655, then day 1.
  const double day3 = 0.322 * 0.2 / (0.322 * 0.2 + 0.678 * 0.5);
  const double day1 = 0.655 * 0.5 / (0.655 * 0.5 + 0.345 * 0.2);
  const std::vector<double> wet = {0.95, 0.7 * 0.3 / (0.7 * 0.3 + 0.3 * 0.3), day3, day1, std::nan(""), 0.1};
  const std::vector<std::string> status = {"ok", "ok", "ok", "unseen-value", "impossible-evidence", "unseen-value"};
  for (std::size_t r = 0; r < 6; ++r) {
    EXPECT_EQ(out.at("status").text_at(static_cast<std::int64_t>(r)), status[r]) << r;
    EXPECT_EQ(out.at("wet").is_valid(static_cast<std::int64_t>(r)), r != 4) << r;
    if (r == 4) continue;
    EXPECT_NEAR(out.at("wet").numbers[r], wet[r], 5e-6) << r;
    EXPECT_NEAR(out.at("dry").numbers[r], 1.0 - wet[r], 5e-6) << r;
  }
}

TEST_F(PosteriorJob, LogEvidenceAndNamesThatClash) {
  request_.cases = {folder_.write("cases.csv", "rain,day\n9,1\n,2\n")};
  request_.log_evidence = true;
  static_cast<void>(run("sky", "out.parquet"));
  const Table out = table_of("out.parquet");
  EXPECT_EQ(out.names(), (std::vector<std::string>{"row", "clear", "sky_row", "log_evidence", "status"}));
  EXPECT_NEAR(out.at("log_evidence").numbers[0], std::log(0.12 * (0.05 * 0.2 + 0.95 * 0.5)), 1e-6);
  EXPECT_NEAR(out.at("log_evidence").numbers[1], std::log(0.3), 1e-6);
  EXPECT_NEAR(out.at("sky_row").numbers[0], 1.0, 1e-6);
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_NE(notes_[0].find("no column for 1 of the network's variables"), std::string::npos) << notes_[0];
  EXPECT_NE(notes_[0].find("lawn"), std::string::npos) << notes_[0];
}

TEST_F(PosteriorJob, ParquetTypesBecomeStatesLikeText) {
  Table cases;
  cases.rows = 4;
  Column rain, sky, day;
  rain.name = "rain", rain.type = ColumnType::number, rain.numbers = {8.0, 3.0, std::nan(""), 1.0};
  sky.name = "sky", sky.type = ColumnType::text, sky.dictionary = {"clear", "row", "blue"}, sky.codes = {1, 1, 0, 2};
  day.name = "day", day.type = ColumnType::integer, day.integers = {1, 2, 3, 500}, day.valid = {1, 0, 1, 1};
  cases.columns = {rain, sky, day};
  write_table(folder_.file("cases.parquet"), cases);
  request_.cases = {folder_.file("cases.parquet")};
  static_cast<void>(run("lawn", "a.csv"));
  request_.cases = {folder_.write("cases.csv", "rain,sky,day\n8,row,1\n3,row,\n,clear,3\n1,blue,500\n")};
  static_cast<void>(run("lawn", "b.csv"));
  EXPECT_EQ(text_of("a.csv"), text_of("b.csv"));
  EXPECT_NE(text_of("a.csv").find("unseen-value"), std::string::npos);
}

TEST_F(PosteriorJob, FilesThreadsAndChunksDoNotChangeAByte) {
  // More rows than a chunk holds, once in one file and once in three.
  const std::vector<std::string> kinds = {"8,row,1\n", ",clear,2\n", "3,,3\n", ",,\n", "1,clear,1\n", "2.6,row,\n", "100,clear,1\n"};
  std::string all = "rain,sky,day\n";
  std::vector<std::string> parts(3, all);
  for (std::size_t r = 0; r < 140'000; ++r) {
    const std::string& line = kinds[(r * 2654435761U >> 7) % kinds.size()];
    all += line;
    parts[r < 30'001 ? 0 : r < 100'000 ? 1 : 2] += line;
  }
  request_.cases = {folder_.write("all.csv", all)};
  EXPECT_EQ(run("lawn", "one.csv").rows, 140'000);
  threads_ = 1;
  request_.cases.clear();
  for (std::size_t p = 0; p < parts.size(); ++p) request_.cases.push_back(folder_.write("part" + std::to_string(p) + ".csv", parts[p]));
  EXPECT_EQ(run("lawn", "three.csv").rows, 140'000);
  EXPECT_EQ(text_of("one.csv"), text_of("three.csv"));
}

TEST_F(PosteriorJob, WhatIsWrongIsToldBeforeAnythingIsWritten) {
  request_.cases = {folder_.write("cases.csv", "rain\n8\n")};
  EXPECT_NE(message_of(folder_, [&] { static_cast<void>(run("lwan", "out.csv")); }).find("lawn"), std::string::npos);
  EXPECT_NE(message_of(folder_, [&] { static_cast<void>(run("lawn", "out.xls")); }).find(".parquet"), std::string::npos);
  request_.cases = {folder_.write("empty.csv", "rain\n")};
  EXPECT_NE(message_of(folder_, [&] { static_cast<void>(run("lawn", "out.csv")); }).find("no rows"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_.file("out.csv")));
}

// ---- the reference posteriors of $FOOTFALL_DATA/bayesnets

[[nodiscard]] nlohmann::json computed_marginals() {
  std::ifstream in(test::data_folder("bayesnets") / "computed_marginals.json");
  return in ? nlohmann::json::parse(in) : nlohmann::json::object();
}

[[nodiscard]] std::vector<std::string> computed_networks() {
  const nlohmann::json all = computed_marginals();
  std::vector<std::string> names;
  for (const auto& [name, unused] : all.items()) names.push_back(name);
  return names;
}

class ComputedMarginals : public ::testing::TestWithParam<std::string> {};

TEST_P(ComputedMarginals, AreMetByTheirTables) {
  const nlohmann::json reference = computed_marginals()[GetParam()];
  const TemporaryFolder folder;
  const std::filesystem::path file = test::data_folder("bayesnets") / "bif" / (GetParam() + ".bif");
  const Network network = read_network(file);
  std::string table = "number";
  for (const Variable& variable : network.variables) table += "," + variable.name;
  for (const nlohmann::json& one : reference["cases"]) {
    table += "\n0";
    for (const Variable& variable : network.variables) table += "," + one["evidence"].value(variable.name, std::string());
  }
  PosteriorRequest request;
  request.network = file;
  request.cases = {folder.write("cases.csv", table + "\n")};
  request.log_evidence = true;
  request.out = folder.file("out.parquet");
  request.overwrite = true;
  for (const Variable& variable : network.variables) {
    request.target = variable.name;
    static_cast<void>(posterior(request, {}));
    ReadRequest read;
    read.files = {request.out.string()};
    const Table out = read_table(read);
    for (std::size_t r = 0; r < reference["cases"].size(); ++r) {
      const nlohmann::json& one = reference["cases"][r];
      if (!one["marginals"].contains(variable.name)) continue;   // it is evidence there
      const nlohmann::json& expected = one["marginals"][variable.name];
      for (std::size_t s = 0; s < expected.size(); ++s) EXPECT_NEAR(out.columns[1 + s].numbers[r], expected[s].get<double>(), 5e-6) << variable.name << ", case " << r << ", state " << s;
      EXPECT_NEAR(out.at("log_evidence").numbers[r], one["log_prob_evidence"].get<double>(), 1e-5) << variable.name << ", case " << r;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, ComputedMarginals, ::testing::ValuesIn(computed_networks()), [](const auto& one) { return test::test_name(one.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ComputedMarginals);

}  // namespace
}  // namespace footfall
