// footfall bayes marginals, sample and convert: what they print and leave, and what they refuse.
#include <cmath>

#include <nlohmann/json.hpp>

#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

constexpr const char* chain =
    "network chain {\n}\nvariable rain { type discrete [ 2 ] { yes, no }; }\nvariable \"wet, grass\" { type discrete [ 2 ] { yes, no }; }\n"
    "probability ( rain ) { table 0.2, 0.8; }\nprobability ( \"wet, grass\" | rain ) {\n  (yes) 0.9, 0.1;\n  (no) 0.3, 0.7;\n}\n";

class Bayes : public ShopTest {
 protected:
  void SetUp() override { write("chain.bif", chain); }
};

TEST_F(Bayes, MarginalsAsJson) {
  done({"bayes", "marginals", "chain.bif", "--evidence", "\"wet, grass\"=yes", "--out", "answer.json", "--mpe", "--joint", "rain", "--sensitivity", "rain", "--quiet"});
  const nlohmann::json answer = nlohmann::json::parse(text("answer.json"));
  // P(wet) = 0.2 x 0.9 + 0.8 x 0.3 = 0.42; P(rain | wet) = 0.18 / 0.42 = 3/7; likelihood ratio 0.9 / 0.3.
  EXPECT_NEAR(answer.at("log10_evidence").get<double>(), std::log10(0.42), 1e-12);
  EXPECT_NEAR(answer.at("marginals").at("rain").at("yes").get<double>(), 3.0 / 7.0, 1e-12);
  EXPECT_EQ(answer.at("marginals").at("wet, grass").at("yes").get<double>(), 1.0);
  EXPECT_EQ(answer.at("most_probable").at("rain"), "no");
  EXPECT_NEAR(answer.at("log10_most_probable").get<double>(), std::log10(0.24), 1e-12);
  EXPECT_NEAR(answer.at("joint").at(0).at("probability").get<double>(), 3.0 / 7.0, 1e-12);
  EXPECT_NEAR(answer.at("weights_of_evidence").at("wet, grass").at("yes").get<double>(), std::log(3.0), 1e-12);
  expect_refusal({"bayes", "marginals", "chain.bif", "--out", "answer.json"}, {"answer.json", "exists", "--overwrite"});
}

TEST_F(Bayes, MarginalsAsATable) {
  const CommandResult result = done({"bayes", "marginals", "chain.bif", "--virtual-evidence", "\"wet, grass\"=0.5:0.5", "--evidence", ""});
  EXPECT_NE(result.out.find("rain        yes    0.200000000"), std::string::npos) << result.out;
}

TEST_F(Bayes, Approximate) {
  done({"bayes", "marginals", "chain.bif", "--evidence", "\"wet, grass\"=yes", "--approximate", "--samples", "20000", "--out", "a.json", "--seed", "3", "--quiet"});
  done({"bayes", "marginals", "chain.bif", "--evidence", "\"wet, grass\"=yes", "--approximate", "--samples", "20000", "--out", "b.json", "--seed", "3", "--threads", "1", "--quiet"});
  EXPECT_EQ(text("a.json"), text("b.json"));
  const nlohmann::json answer = nlohmann::json::parse(text("a.json"));
  const double error = answer.at("standard_errors").at("rain").at("yes").get<double>();
  EXPECT_NEAR(answer.at("marginals").at("rain").at("yes").get<double>(), 3.0 / 7.0, 5.0 * error);
  EXPECT_LT(error, 0.01);
}

TEST_F(Bayes, UaiAnswersAsMarAndPr) {
  write("p.uai", "MARKOV\n2\n2 2\n2\n1 0\n2 0 1\n\n2 1 3\n4 1 1 2 2\n");
  write("p.uai.evid", "1 1 0\n");
  done({"bayes", "marginals", "p.uai", "--evidence-file", "p.uai.evid", "--out", "p.MAR", "--quiet"});
  // x1 = 0: weights 1 x 1 and 3 x 2.
  EXPECT_EQ(text("p.MAR"), "MAR\n2 2 0.142857143 0.857142857 2 1 0\n");
  EXPECT_EQ(text("p.PR"), "PR\n0.84509804\n");
  expect_refusal({"bayes", "marginals", "p.uai", "--approximate"}, {"MARKOV"});
}

TEST_F(Bayes, SampleAndConvert) {
  done({"bayes", "sample", "chain.bif", "--rows", "1000", "--out", "a.csv", "--quiet", "--seed", "5"});
  done({"bayes", "sample", "chain.bif", "--rows", "1000", "--out", "b.csv", "--quiet", "--seed", "5", "--threads", "1"});
  EXPECT_EQ(text("a.csv"), text("b.csv"));
  EXPECT_EQ(text("a.csv").substr(0, 18), "rain,\"wet, grass\"\n");
  done({"bayes", "convert", "chain.bif", "chain.net", "--quiet"});
  done({"bayes", "convert", "chain.net", "chain.xmlbif", "--quiet"});
  done({"bayes", "convert", "chain.xmlbif", "again.bif", "--quiet"});
  done({"bayes", "convert", "again.bif", "twice.bif", "--quiet"});
  EXPECT_EQ(text("again.bif"), text("twice.bif"));
  expect_refusal({"bayes", "convert", "chain.bif", "chain.net"}, {"chain.net", "exists", "--overwrite"});
  expect_refusal({"bayes", "convert", "chain.bif", "chain.txt"}, {"chain.txt", ".xmlbif"});
}

TEST_F(Bayes, Refusals) {
  write("off.bif", "variable a { type discrete [ 2 ] { x, y }; }\nprobability ( a ) { table 0.5, 0.6; }\n");
  expect_refusal({"bayes", "marginals", "off.bif"}, {"off.bif:2", "P(a)", "1.1", "--normalise"});
  done({"bayes", "marginals", "off.bif", "--normalise"});
  write("sure.bif", "variable a { type discrete [ 2 ] { x, y }; }\nprobability ( a ) { table 1, 0; }\n");
  expect_refusal({"bayes", "marginals", "sure.bif", "--evidence", "a=y"}, {"impossible", "probability 0"});
  expect_refusal({"bayes", "marginals", "chain.bif", "--evidence", "rain=maybe"}, {"\"rain\"", "\"maybe\""});
  expect_refusal({"bayes", "marginals", "chain.bif", "--evidence", "snow=yes"}, {"\"snow\""});
  expect_refusal({"bayes", "marginals", "missing.bif"}, {"missing.bif", "does not exist"});
  expect_refusal({"bayes", "marginals", "chain.bif", "--out", "x.txt"}, {"x.txt", ".json"});
  expect_refusal({"bayes", "sample", "chain.bif", "--rows", "0", "--out", "x.csv"}, {});
  expect_refusal({"bayes"}, {});
}

}  // namespace
}  // namespace footfall::test
