// What each format says and means, by small files with answers worked out by hand, and names that need care.
#include <gtest/gtest.h>

#include "engine/bayes/inference.hpp"
#include "host/networks/networks.hpp"
#include "kernels/error.hpp"
#include "tests/host/networks/same_network.hpp"

namespace footfall::test {
namespace {

/// a (2 states) and b (3 states) are the parents of c (2 states): every entry of c's table is another number.
Network expected_network() {
  Network network;
  network.name = "three";
  network.variables = {{"a", {"a0", "a1"}}, {"b", {"b0", "b1", "b2"}}, {"c", {"c0", "c1"}}};
  network.families = {{{}, {0.25, 0.75}}, {{}, {0.5, 0.375, 0.125}}, {{0, 1}, {0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6, 0.5, 0.5, 0.6, 0.4}}};
  return network;
}

const std::string bif_head =
    "// a comment\nnetwork three { property author \"x { y }\" ; }\n"
    "variable a { type discrete [2] { a0, a1 }; }\nvariable b { type discrete [ 3 ] { \"b0\" \"b1\" \"b2\" }; property position = (1, 2) ; }\n"
    "/* variable d { } */ variable c { type discrete [ 2 ] { c0, c1 }; }\n"
    "probability ( a ) { table 0.25, 0.75; }\nprobability ( b ) { table 0.5 0.375 0.125; }\n";

TEST(Bif, RowsByTheirNames) {
  const Network read = parse_network(NetworkFormat::bif,
                                     bif_head + "probability ( c | a, b ) {\n (a1, b2) 0.6, 0.4;\n (a0, b0) .1, 9e-1; (a0, b1) 0.2, 0.8;\n (a0, b2) 0.3, 0.7;\n"
                                                " (a1, b0) 0.4, 0.6;\n default 0.5, 0.5;\n}\n",
                                     "x.bif");
  expect_same_network(read, expected_network());
  EXPECT_EQ(read.name, "three");
}

TEST(Bif, AWholeTableHasTheChildSlowest) {
  expect_same_network(parse_network(NetworkFormat::bif, bif_head + "probability ( c a b ) { table 0.1 0.2 0.3 0.4 0.5 0.6  0.9 0.8 0.7 0.6 0.5 0.4; }", "x.bif"), expected_network());
}

TEST(Bif, TablesMayStandBeforeTheirVariables) {
  const Network read = parse_network(NetworkFormat::bif,
                                     "probability ( b | a ) { (x) 0.5, 0.5; (y) 0.25, 0.75; }\nprobability ( a ) { table 0.5, 0.5; }\n"
                                     "variable a { type discrete [ 2 ] { x, y }; }\nvariable b { type discrete [ 2 ] { x, y }; }\n",
                                     "x.bif");
  EXPECT_EQ(read.families[1].table, (std::vector<double>{0.5, 0.5, 0.25, 0.75}));
}

TEST(Net, ParenthesesNestAndTheChildIsFastest) {
  const Network read = parse_network(NetworkFormat::net,
                                     "net { node_size = (80 40); name = \"three\"; }  % a comment\n"
                                     "node a { label = \"a (really)\"; states = (\"a0\" \"a1\"); position = (1 2); }\n"
                                     "discrete node b { states = (\"b0\" \"b1\" \"b2\"); }\nnode c { states = (\"c0\" \"c1\"); }\n"
                                     "potential (a) { data = (0.25 0.75); }\npotential ( b | ) { data = ( 0.5 0.375 0.125 ); }\n"
                                     "potential (c | a b)\n{\n data = (((0.1 0.9) % of a0\n (0.2 0.8) (0.3 0.7)) ((0.4 0.6)(0.5 0.5)(0.6 0.4)));\n}\n",
                                     "x.net");
  expect_same_network(read, expected_network());
  EXPECT_EQ(read.name, "three");
}

TEST(Xmlbif, TablesHaveTheChildFastest) {
  const Network read = parse_network(
      NetworkFormat::xmlbif,
      "<?xml version=\"1.0\"?>\n<!DOCTYPE BIF [ <!ELEMENT BIF ( NETWORK )*> ]>\n<BIF VERSION=\"0.3\"><NETWORK><NAME> three </NAME>\n"
      "<VARIABLE TYPE=\"nature\"><NAME>a</NAME><OUTCOME>a0</OUTCOME><OUTCOME>a1</OUTCOME><PROPERTY>position = (1, 2)</PROPERTY></VARIABLE>\n"
      "<VARIABLE><NAME>b</NAME><OUTCOME>b0</OUTCOME><OUTCOME>b1</OUTCOME><OUTCOME>b2</OUTCOME></VARIABLE>\n"
      "<VARIABLE><NAME>c</NAME><OUTCOME>c0</OUTCOME><OUTCOME>c1</OUTCOME></VARIABLE>\n"
      "<DEFINITION><FOR>a</FOR><TABLE>0.25 0.75</TABLE></DEFINITION><DEFINITION><FOR>b</FOR><TABLE>0.5 0.375 0.125</TABLE></DEFINITION>\n"
      "<DEFINITION><FOR>c</FOR><GIVEN>a</GIVEN><GIVEN>b</GIVEN><TABLE><!-- a0 --> 0.1 0.9 0.2 0.8 0.3 0.7 <!-- a1 --> 0.4 0.6 0.5 0.5 0.6 0.4</TABLE></DEFINITION>\n"
      "</NETWORK></BIF>\n",
      "x.xmlbif");
  expect_same_network(read, expected_network());
  EXPECT_EQ(read.name, "three");
}

TEST(Uai, ATableOfBayesEndsWithItsChild) {
  const Network read = parse_network(NetworkFormat::uai, "BAYES\n3\n2 3 2\n3\n1 0\n1 1\n3 0 1 2\n\n2\n.25 .75\n3\n0.5 0.375 0.125\n\n12 0.1 0.9 0.2 0.8 0.3 0.7 0.4 0.6 0.5 0.5 0.6 0.4", "x.uai");
  expect_same_tables(read, expected_network());
  EXPECT_EQ(read.variables[1].name, "x1");
  EXPECT_EQ(read.variables[1].states[2], "2");
}

TEST(Uai, MarkovFactorsStayAsTheyAre) {
  const FactorGraph read = parse_factor_graph(NetworkFormat::uai, "MARKOV\n2\n2 1\n3\n2 1 0\n0\n1 0\n\n2 1e3 0\n1 0.125\n2 4 4\n", "x.uai");
  ASSERT_EQ(read.factors.size(), 3u);
  EXPECT_EQ(read.factors[0].variables, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(read.factors[0].values, (std::vector<double>{1000.0, 0.0}));
  EXPECT_EQ(read.factors[1].values, (std::vector<double>{0.125}));
  const FactorGraph again = parse_factor_graph(NetworkFormat::uai, print_factor_graph(read), "again");
  EXPECT_EQ(again.factors[1].values, read.factors[1].values);
  EXPECT_EQ(again.factors[2].values, read.factors[2].values);
}

/// Names that end words, open comments, or look like something else; numbers that need all their digits.
Network awkward() {
  Network network;
  network.name = "a name, with { blanks }";
  network.variables = {{"income (k€)", {"<2.5", "2.5..7", ">=7"}},
                       {"table", {"default", "property", "(a, b)"}},
                       {"probability", {"", "say \"x\" \\ y", "// no comment"}},
                       {"100%", {"a|b", "1/*2*/", "50 %"}},
                       {"node_0", {"&lt;", "<b>", "x;y"}}};
  const std::vector<double> row{1.0 / 3.0, 0.1 + 0.2, 1.0 - 1.0 / 3.0 - (0.1 + 0.2)};
  network.families.push_back({{}, row});
  for (int v = 1; v < 5; ++v) {
    std::vector<double> table;
    for (int r = 0; r < 3; ++r) table.insert(table.end(), row.begin(), row.end());
    table[0] = 5e-324;  // the smallest number there is
    table[1] = 1.0;
    table[2] = 0.0;
    network.families.push_back({{v - 1}, table});
  }
  check_network(network);
  return network;
}

TEST(Formats, KeepAwkwardNamesAndEveryDigit) {
  const Network network = awkward();
  for (const NetworkFormat format : {NetworkFormat::bif, NetworkFormat::net, NetworkFormat::xmlbif}) {
    const std::string text = print_network(format, network);
    const Network again = parse_network(format, text, "again");
    expect_same_network(again, network);
    EXPECT_EQ(again.name, network.name);
    EXPECT_EQ(print_network(format, again), text);
  }
}

TEST(Formats, XmlRefusesWhatItWouldNotGiveBack) {
  Network network = awkward();
  network.variables[0].name = " income";
  EXPECT_THROW((void)print_network(NetworkFormat::xmlbif, network), Error);
  network.variables[0].name = "in\ncome";
  EXPECT_THROW((void)print_network(NetworkFormat::xmlbif, network), Error);
}

TEST(Formats, TheChainOfTheDocsIsAsWorkedOutByHand) {
  const Network chain = read_network(std::filesystem::path(FOOTFALL_SOURCE_DIR) / "examples" / "purchase_chain.bif");
  const FactorGraph graph = factor_graph(chain);
  const std::int32_t purchase = chain.index_of("purchase");
  const auto yes = [&](std::vector<std::int32_t> states) { return infer_marginals(graph, {std::move(states), {}}).of[static_cast<std::size_t>(purchase)][0]; };
  EXPECT_NEAR(yes({0, 0, 0, -1}), 0.5, 1e-15);
  EXPECT_NEAR(yes({1, 1, 0, -1}), 0.5, 1e-15);
  EXPECT_NEAR(yes({0, 0, -1, -1}), 0.22, 1e-15);
  EXPECT_NEAR(yes({0, -1, -1, -1}), 0.284, 1e-15);
  for (const WeightOfEvidence& each : weights_of_evidence(graph, {{0, 0, 0, -1}, {}}, purchase))
    if (chain.variables[static_cast<std::size_t>(each.variable)].name != "income") {
      EXPECT_NEAR(each.weights[0], 0.0, 1e-14);
    }
}

TEST(Formats, EndingsSayWhich) {
  EXPECT_EQ(network_format("a.b/x.BIF"), NetworkFormat::bif);
  EXPECT_EQ(network_format("x.xml"), NetworkFormat::xmlbif);
  EXPECT_THROW((void)network_format("x.txt"), Error);
  EXPECT_THROW((void)network_format("bif"), Error);
}

TEST(Formats, RowsAreNormalisedOnlyWhenAsked) {
  const std::string text = "variable a { type discrete [ 2 ] { x, y }; }\nprobability ( a ) { table 1, 3; }\n";
  EXPECT_EQ(parse_network(NetworkFormat::bif, text, "x.bif", true).families[0].table, (std::vector<double>{0.25, 0.75}));
  EXPECT_THROW((void)parse_network(NetworkFormat::bif, text, "x.bif"), Error);
}

}  // namespace
}  // namespace footfall::test
