// `footfall bayes posterior` from outside: files, the terminal, both devices, and what is refused.
#include <cmath>
#include <sstream>

#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

/// Lauritzen and Spiegelhalter 1988, section 2.
constexpr const char* chest_clinic = R"(network asia { }
variable asia { type discrete [ 2 ] { yes, no }; }
variable tub { type discrete [ 2 ] { yes, no }; }
variable smoke { type discrete [ 2 ] { yes, no }; }
variable lung { type discrete [ 2 ] { yes, no }; }
variable bronc { type discrete [ 2 ] { yes, no }; }
variable either { type discrete [ 2 ] { yes, no }; }
variable xray { type discrete [ 2 ] { yes, no }; }
variable dysp { type discrete [ 2 ] { yes, no }; }
probability ( asia ) { table 0.01, 0.99; }
probability ( tub | asia ) { (yes) 0.05, 0.95; (no) 0.01, 0.99; }
probability ( smoke ) { table 0.5, 0.5; }
probability ( lung | smoke ) { (yes) 0.1, 0.9; (no) 0.01, 0.99; }
probability ( bronc | smoke ) { (yes) 0.6, 0.4; (no) 0.3, 0.7; }
probability ( either | lung, tub ) { (yes, yes) 1.0, 0.0; (yes, no) 1.0, 0.0; (no, yes) 1.0, 0.0; (no, no) 0.0, 1.0; }
probability ( xray | either ) { (yes) 0.98, 0.02; (no) 0.05, 0.95; }
probability ( dysp | bronc, either ) { (yes, yes) 0.9, 0.1; (yes, no) 0.8, 0.2; (no, yes) 0.7, 0.3; (no, no) 0.1, 0.9; }
)";

/// The prior; P(lung | asia = yes, smoke = no, xray = yes), both in the network's own reference; what cannot be; a word that is no state; all but the target.
constexpr const char* cases = "asia,smoke,xray,lung,either,dysp,tub,bronc,doctor\n"
                              ",,,,,,,,a\n"
                              "yes,no,yes,,,,,,b\n"
                              ",,,,no,,yes,,c\n"
                              "perhaps,,,,,,,,d\n"
                              "yes,yes,yes,no,yes,yes,yes,no,e\n";

class BayesPosterior : public ShopTest {
 protected:
  void SetUp() override {
    write("asia.bif", chest_clinic);
    write("cases.csv", cases);
  }
  [[nodiscard]] std::vector<std::vector<std::string>> rows_of(const std::string& file) const {
    std::vector<std::vector<std::string>> rows;
    std::istringstream lines(text(file));
    for (std::string line; std::getline(lines, line);) {
      rows.emplace_back();
      std::istringstream cells(line + ",");
      for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
    }
    return rows;
  }
  const std::vector<std::string> words_ = {"bayes", "posterior", "asia.bif", "cases.csv", "--target", "lung", "--log-evidence", "--out", "out.csv"};
};

TEST_F(BayesPosterior, ReferenceValuesReachTheFile) {
  done(words_);
  const auto rows = rows_of("out.csv");
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"row", "yes", "no", "log_evidence", "status"}));
  EXPECT_NEAR(std::stod(rows[1][1]), 0.055, 5e-6);
  EXPECT_NEAR(std::stod(rows[2][1]), 0.0930365026, 5e-6);
  EXPECT_NEAR(std::stod(rows[2][3]), std::log(5.26675e-4), 1e-5);
  EXPECT_EQ(rows[3], (std::vector<std::string>{"2", "", "", "", "impossible-evidence"}));
  EXPECT_NEAR(std::stod(rows[4][1]), 0.055, 5e-6);
  EXPECT_EQ(rows[4][4], "unseen-value");
  // tub = yes makes either certain: lung given the smoker, 0.1.
  EXPECT_NEAR(std::stod(rows[5][1]), 0.1, 5e-6);
}

TEST_F(BayesPosterior, TheEmulatedDeviceSaysTheSame) {
  done(words_);
  std::vector<std::string> other = words_;
  other.back() = "emulated.csv";
  other.insert(other.end(), {"--device", "cuda:0"});
  const CommandResult result = run_command(FOOTFALL_EMULATED_COMMAND, other, {.folder = folder.path(), .largest_file = {}});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto a = rows_of("out.csv"), b = rows_of("emulated.csv");
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t r = 1; r < a.size(); ++r) {
    EXPECT_EQ(a[r].back(), b[r].back()) << r;
    for (std::size_t c = 1; c < 4; ++c) {
      ASSERT_EQ(a[r][c].empty(), b[r][c].empty()) << r;
      if (a[r][c].empty()) continue;
      EXPECT_NEAR(std::stod(a[r][c]), std::stod(b[r][c]), 1e-6) << r;
    }
  }
}

TEST_F(BayesPosterior, WithoutAFileTheTerminalHasTheTable) {
  const CommandResult result = done({"bayes", "posterior", "asia.bif", "cases.csv", "--target", "lung"});
  EXPECT_NE(result.out.find("row"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("0.055"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("impossible-evidence"), std::string::npos) << result.out;
}

TEST_F(BayesPosterior, WhatIsWrongIsRefused) {
  write("out.csv", "mine");
  expect_refusal(words_, {"out.csv exists already", "--overwrite"});
  expect_refusal({"bayes", "posterior", "asia.bif", "cases.csv", "--target", "lnug", "--out", "new.csv"}, {"lnug", "lung"});
  expect_refusal({"bayes", "posterior", "asia.bif", "none.csv", "--target", "lung", "--out", "new.csv"}, {"none.csv"});
  expect_refusal({"bayes", "posterior", "none.bif", "cases.csv", "--target", "lung", "--out", "new.csv"}, {"none.bif"});
  expect_refusal({"bayes", "posterior", "asia.bif", "cases.csv", "--target", "lung", "--out", "nowhere/new.csv"}, {"nowhere"});
  EXPECT_EQ(text("out.csv"), "mine");
}

}  // namespace
}  // namespace footfall::test
