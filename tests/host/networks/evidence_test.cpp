// Evidence as it is written on the command line and in the competitions' files.
#include "host/networks/evidence.hpp"

#include <gtest/gtest.h>

#include "kernels/error.hpp"

namespace footfall::test {
namespace {

const std::vector<Variable> variables{{"smoke", {"yes", "no"}}, {"city", {"Paris, Texas", "Rome", "the \"old\" town"}}, {"income", {"<2.5", "2.5..7", ">=7"}}, {"a=b", {"x=y", "z"}}};

using States = std::vector<std::int32_t>;

TEST(EvidenceText, IsCutAtTheFirstEqualsSign) {
  EXPECT_EQ(parse_evidence(variables, ""), (States{-1, -1, -1, -1}));
  EXPECT_EQ(parse_evidence(variables, "smoke=no,income=>=7"), (States{1, -1, 2, -1}));
  EXPECT_EQ(parse_evidence(variables, " income = <2.5 , smoke = yes "), (States{0, -1, 0, -1}));
}

TEST(EvidenceText, QuotesKeepCommas) {
  EXPECT_EQ(parse_evidence(variables, "city=\"Paris, Texas\",smoke=yes"), (States{0, 0, -1, -1}));
  EXPECT_EQ(parse_evidence(variables, "\"city=Paris, Texas\",smoke=yes"), (States{0, 0, -1, -1}));
  EXPECT_EQ(parse_evidence(variables, "city=\"the \"\"old\"\" town\""), (States{-1, 2, -1, -1}));
  EXPECT_EQ(parse_evidence(variables, "\"a=b\"=\"x=y\""), (States{-1, -1, -1, 0}));
  EXPECT_EQ(parse_evidence(variables, "\"a=b\"=x=y"), (States{-1, -1, -1, 0}));
}

std::string refusal(const std::string& text) {
  try {
    (void)parse_evidence(variables, text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(EvidenceText, RefusesWhatItDoesNotKnow) {
  EXPECT_NE(refusal("smok=yes").find("did you mean \"smoke\""), std::string::npos);
  EXPECT_NE(refusal("smoke=maybe").find("no state \"maybe\""), std::string::npos);
  EXPECT_NE(refusal("smoke=yes,smoke=no").find("twice"), std::string::npos);
  EXPECT_NE(refusal("smoke").find("no ="), std::string::npos);
  EXPECT_NE(refusal("city=\"Paris").find("not closed"), std::string::npos);
}

TEST(EvidenceText, Likelihoods) {
  const std::vector<Likelihood> read = parse_likelihoods(variables, "smoke=0.8:0.2,city=1:2:3e0");
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].variable, 1);
  EXPECT_EQ(read[1].values, (std::vector<double>{1.0, 2.0, 3.0}));
  for (const char* bad : {"smoke=0.8", "smoke=0.8:x", "smoke=0:0", "smoke=-1:2", "smoke=1:2,smoke=1:2", "smoke=", "smoke=nan:1"}) EXPECT_THROW((void)parse_likelihoods(variables, bad), Error) << bad;
}

TEST(EvidenceFile, BothForms) {
  EXPECT_EQ(parse_evidence_file("2 1 2 0 1", "e", variables), (States{1, 2, -1, -1}));
  EXPECT_EQ(parse_evidence_file("1\n2 1 2 0 1\n", "e", variables), (States{1, 2, -1, -1}));
  EXPECT_EQ(parse_evidence_file("1 3 1\n", "e", variables), (States{-1, -1, -1, 1}));
  EXPECT_EQ(parse_evidence_file("0\n", "e", variables), (States{-1, -1, -1, -1}));
  EXPECT_EQ(parse_evidence_file("1 0", "e", variables), (States{-1, -1, -1, -1}));
  for (const char* bad : {"", "2 1 2", "1 9 0", "1 0 2", "2 0 1 0 1", "x", "1 -1 0", "1 0 1.5", "99999999999999999999", "4611686018427387904 0 0"})
    EXPECT_THROW((void)parse_evidence_file(bad, "e", variables), Error) << bad;
}

TEST(Results, MarAndPr) {
  Marginals marginals{-2.302585092994046, {{0.25, 0.75}, {1.0}}};
  EXPECT_EQ(print_mar(marginals), "MAR\n2 2 0.25 0.75 1 1\n");
  EXPECT_EQ(print_pr(marginals), "PR\n-1\n");
}

}  // namespace
}  // namespace footfall::test
