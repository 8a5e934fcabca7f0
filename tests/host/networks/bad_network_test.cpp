// What is no network is refused with file, line, cause and remedy, and costs no more than its own size.
#include <gtest/gtest.h>

#include "host/networks/networks.hpp"
#include "kernels/error.hpp"

namespace footfall::test {
namespace {

struct BadText {
  const char* name;
  NetworkFormat format;
  std::string text;
  std::vector<std::string> words;
};

class BadNetwork : public ::testing::TestWithParam<BadText> {};

TEST_P(BadNetwork, IsRefused) {
  try {
    (void)parse_network(GetParam().format, GetParam().text, "shop");
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    const std::string message = error.what();
    for (const std::string& word : GetParam().words) EXPECT_NE(message.find(word), std::string::npos) << word << " is not in: " << message;
    EXPECT_NE(message.find(";"), std::string::npos) << "no remedy: " << message;
  }
}

const std::string two = "variable smoke { type discrete [ 2 ] { yes, no }; }\nvariable lung { type discrete [ 2 ] { yes, no }; }\n";
const std::string smoke = "probability ( smoke ) { table 0.5, 0.5; }\n";

std::string many_parents() {
  std::string text, names;
  for (int v = 0; v < 60; ++v) {
    text += "variable v" + std::to_string(v) + " { type discrete [ 2 ] { a, b }; }\n";
    names += (v == 0 ? "" : v == 1 ? " | " : ", ") + ("v" + std::to_string(v));
  }
  return text + "probability ( " + names + " ) { default 0.5, 0.5; }\n";
}

constexpr NetworkFormat bif = NetworkFormat::bif, xml = NetworkFormat::xmlbif, net = NetworkFormat::net, uai = NetworkFormat::uai;

const BadText bad_texts[] = {
    {"Empty", bif, "", {"shop", "no variable"}},
    {"NoNetworkAtAll", bif, "customer,age\n1,30\n", {"shop:1", "\"customer", "variable"}},
    {"RowOffOne", bif, two + smoke + "probability ( lung | smoke ) {\n (yes) 0.1, 0.9;\n (no) 0.2, 0.7;\n}\n", {"shop:4", "P(lung | smoke = no)", "0.9", "--normalise"}},
    {"Cycle", bif, two + "probability ( smoke | lung ) { default 0.5, 0.5; }\nprobability ( lung | smoke ) { default 0.5, 0.5; }\n", {"shop", "cycle: ", "lung -> smoke"}},
    {"UnknownParent", bif, two + smoke + "probability ( lung | smok ) { default 0.5, 0.5; }", {"shop:4", "\"smok\"", "did you mean \"smoke\""}},
    {"UnknownState", bif, two + smoke + "probability ( lung | smoke ) {\n (yes) 0.1, 0.9;\n (nein) 0.5, 0.5; }", {"shop:6", "\"smoke\"", "\"nein\""}},
    {"VariableTwice", bif, two + "variable smoke { type discrete [ 1 ] { x }; }", {"shop:3", "\"smoke\"", "twice", "line 1"}},
    {"StateTwice", bif, "variable a { type discrete [ 2 ] { x, x }; }", {"shop:1", "\"x\"", "twice"}},
    {"TableTwice", bif, two + smoke + smoke, {"shop:4", "\"smoke\"", "second table"}},
    {"RowTwice", bif, two + smoke + "probability ( lung | smoke ) {\n (yes) 0.1, 0.9;\n (yes) 0.1, 0.9; }", {"shop:6", "twice"}},
    {"RowMissing", bif, two + smoke + "probability ( lung | smoke ) {\n (yes) 0.1, 0.9; }", {"shop:4", "\"lung\"", "smoke = no"}},
    {"TableMissing", bif, two + smoke, {"shop:2", "\"lung\"", "no table"}},
    {"CutOff", bif, two + smoke + "probability ( lung | smoke ) {\n (yes) 0.1, 0.9;\n (no) 0.", {"shop:6", "end of the file", "cut off"}},
    {"CutOffInAQuote", bif, two + "variable \"x", {"shop:3", "quote"}},
    {"CutOffInAComment", bif, two + "/* x", {"shop:3", "comment"}},
    {"WrongNumberOfStates", bif, "variable a { type discrete [ 3 ] { x, y }; }", {"shop:1", "declares 3", "lists 2"}},
    {"HugeNumberOfStates", bif, "variable a { type discrete [ 4000000000000 ] { x, y }; }", {"shop:1", "lists 2"}},
    {"NoNumber", bif, two + "probability ( smoke ) { table 0.5, half; }", {"shop:3", "\"half\"", "number"}},
    {"NegativeNumber", bif, two + "probability ( smoke ) { table -0.5, 1.5; }", {"shop:3", "\"-0.5\""}},
    {"NotANumber", bif, two + "probability ( smoke ) { table nan, 1; }", {"shop:3", "\"nan\""}},
    {"Infinite", bif, two + "probability ( smoke ) { table 1e999, 1; }", {"shop:3", "\"1e999\""}},
    {"TooFewNumbers", bif, two + "probability ( smoke ) { table 0.5; }", {"shop:3", "1 probabilities", "2"}},
    {"TooManyNumbers", bif, two + "probability ( smoke ) { table 0.5, 0.5, 0.5, 0.5; }", {"shop:3", "more than 2"}},
    {"ParentTwice", bif, two + smoke + "probability ( lung | smoke, smoke ) { default 0.5, 0.5; }", {"shop:4", "\"smoke\"", "twice"}},
    {"OwnParent", bif, two + smoke + "probability ( lung | lung ) { default 0.5, 0.5; }", {"shop:4", "cycle: lung -> lung"}},
    {"TableBeyondAnyMemory", bif, many_parents(), {"shop:61", "\"v0\"", "entries"}},
    {"Joint", bif, two + "probability ( smoke, lung | smoke ) { }", {"shop:3", "more than one variable"}},
    {"NoXml", xml, "network x { }", {"shop:1", "XML"}},
    {"XmlCutOff", xml, "<BIF>\n<NETWORK>\n<VARIABLE><NAME>a</NAME>", {"shop:3"}},
    {"OtherXml", xml, "<html><body/></html>", {"shop", "NETWORK"}},
    {"XmlTableTooShort", xml,
     "<BIF><NETWORK>\n<VARIABLE><NAME>a</NAME><OUTCOME>x</OUTCOME><OUTCOME>y</OUTCOME></VARIABLE>\n<DEFINITION><FOR>a</FOR><TABLE>1.0</TABLE></DEFINITION></NETWORK></BIF>",
     {"shop:3", "\"a\"", "1 numbers", "2"}},
    {"XmlBadNumber", xml,
     "<BIF><NETWORK>\n<VARIABLE><NAME>a</NAME><OUTCOME>x</OUTCOME><OUTCOME>y</OUTCOME></VARIABLE>\n<DEFINITION><FOR>a</FOR>\n<TABLE>1.0\n x</TABLE></DEFINITION></NETWORK></BIF>",
     {"shop:5", "\"x\""}},
    {"XmlUtility", xml, "<BIF><NETWORK>\n\n<VARIABLE TYPE=\"utility\"><NAME>a</NAME></VARIABLE></NETWORK></BIF>", {"shop:3", "utility"}},
    {"NetUtility", net, "net { }\nutility U { }", {"shop:2", "utility"}},
    {"NetExpression", net, "node a { states = (\"x\" \"y\"); }\npotential (a) { model_data = (1); }", {"shop:2", "expression"}},
    {"NetOpenParenthesis", net, "node a { states = (\"x\" \"y\"); }\npotential (a) { data = ((0.5 0.5); }", {"shop:2", "not closed"}},
    {"NetTooManyNumbers", net, "node a { states = (\"x\" \"y\"); }\npotential (a) { data = (0.5 0.5 0.5); }", {"shop:2", "3 numbers", "2"}},
    {"NetWithoutData", net, "node a { states = (\"x\" \"y\"); }\npotential (a) { }", {"shop:2", "no data"}},
    {"NetJoint", net, "node a { states = (\"x\" \"y\"); }\npotential (a a) { }", {"shop:2", "more than one"}},
    {"UaiMarkov", uai, "MARKOV\n1\n2\n1\n1 0\n2 1 1", {"shop:1", "MARKOV"}},
    {"UaiHugeCount", uai, "BAYES\n4000000000\n2", {"shop:2", "4000000000"}},
    {"UaiHugeStates", uai, "BAYES\n2\n1000000000 1000000000\n2\n1 0\n1 1\n", {"shop:3", "1000000000"}},
    {"UaiUnknownVariable", uai, "BAYES\n1\n2\n1\n1 1\n2 .5 .5", {"shop:5"}},
    {"UaiVariableTwice", uai, "BAYES\n1\n2\n1\n2 0 0\n4 1 1 1 1", {"shop:5"}},
    {"UaiWrongTable", uai, "BAYES\n1\n2\n1\n1 0\n3 .5 .2 .3", {"shop:6", "3 entries", "2"}},
    {"UaiCutOff", uai, "BAYES\n1\n2\n1\n1 0\n2 .5", {"shop:6", "cut off"}},
    {"UaiMore", uai, "BAYES\n1\n2\n1\n1 0\n2 .5 .5 7", {"shop:6", "end of the file"}},
    {"UaiNoState", uai, "BAYES\n1\n0\n0\n", {"shop:3", "no state"}},
};
INSTANTIATE_TEST_SUITE_P(Texts, BadNetwork, ::testing::ValuesIn(bad_texts), [](const auto& one) { return one.param.name; });

TEST(BadNetwork, DeepNestingIsNoDanger) {
  const std::string open(2000000, '(');
  EXPECT_THROW((void)parse_network(net, "node a { states = (\"x\" \"y\"); }\npotential (a) { data = " + open + "; }", "shop"), Error);
  std::string xml_text = "<BIF><NETWORK>";
  for (int i = 0; i < 300000; ++i) xml_text += "<A>";
  EXPECT_THROW((void)parse_network(xml, xml_text, "shop"), Error);
  for (int i = 0; i < 300000; ++i) xml_text += "</A>";
  EXPECT_THROW((void)parse_network(xml, xml_text + "</NETWORK></BIF>", "shop"), Error);
}

TEST(BadNetwork, AFileMustBeThere) {
  EXPECT_THROW((void)read_network("/no/such/folder/x.bif"), Error);
  EXPECT_THROW((void)read_network("."), Error);
}

}  // namespace
}  // namespace footfall::test
