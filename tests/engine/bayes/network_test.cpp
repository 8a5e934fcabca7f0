// A network is checked before anything is computed with it, and a refusal names the place.
#include "engine/bayes/network.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "kernels/error.hpp"

namespace footfall::test {
namespace {

/// rain -> sprinkler, (sprinkler, rain) -> wet; wet's parents are listed in that order.
Network sprinkler() {
  Network network;
  network.variables = {{"wet", {"yes", "no"}}, {"rain", {"yes", "no"}}, {"sprinkler", {"on", "off", "broken"}}};
  network.families = {{{2, 1}, {0.99, 0.01, 0.9, 0.1, 0.8, 0.2, 0.0, 1.0, 0.7, 0.3, 0.25, 0.75}}, {{}, {0.2, 0.8}}, {{1}, {0.01, 0.9, 0.09, 0.4, 0.5, 0.1}}};
  return network;
}

TEST(Network, CountsAndOrder) {
  Network network = sprinkler();
  check_network(network);
  EXPECT_EQ(network.rows(0), 6);
  EXPECT_EQ(network.free_parameters(), 6 + 1 + 4);
  EXPECT_EQ(topological_order(network), (std::vector<std::int32_t>{1, 2, 0}));
  EXPECT_EQ(markov_blanket(network, 1), (std::vector<std::int32_t>{0, 2}));
  EXPECT_EQ(network.index_of("sprinkler"), 2);
  EXPECT_EQ(network.state_of(2, "broken"), 2);
  const FactorGraph graph = factor_graph(network);
  ASSERT_EQ(graph.factors.size(), 3u);
  EXPECT_EQ(graph.factors[0].variables, (std::vector<std::int32_t>{2, 1, 0}));
  EXPECT_EQ(graph.factors[0].values, network.families[0].table);
}

TEST(Network, BlanketHasTheOtherParentsOfChildren) {
  // a -> c <- b, c -> d: the blanket of a holds b, and not d.
  Network network;
  network.variables = {{"a", {"0", "1"}}, {"b", {"0", "1"}}, {"c", {"0", "1"}}, {"d", {"0", "1"}}};
  const std::vector<double> half(8, 0.5);
  network.families = {{{}, {0.5, 0.5}}, {{}, {0.5, 0.5}}, {{0, 1}, half}, {{2}, {0.5, 0.5, 0.5, 0.5}}};
  check_network(network);
  EXPECT_EQ(markov_blanket(network, 0), (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(markov_blanket(network, 2), (std::vector<std::int32_t>{0, 1, 3}));
}

TEST(Network, RowsAreDividedByTheirSum) {
  Network network = sprinkler();
  network.families[1].table = {0.200004, 0.8};  // off by 4e-6: rounding of whoever wrote it
  check_network(network);
  EXPECT_NEAR(network.families[1].table[0] + network.families[1].table[1], 1.0, 2e-16);
  network.families[1].table = {3.0, 1.0};
  check_network(network, true);
  EXPECT_EQ(network.families[1].table, (std::vector<double>{0.75, 0.25}));
  const Network once = network;
  check_network(network, true);
  EXPECT_EQ(network.families[0].table, once.families[0].table);
}

struct Broken {
  const char* name;
  std::function<void(Network&)> damage;
  std::vector<std::string> words;
};

class BrokenNetwork : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenNetwork, IsRefused) {
  Network network = sprinkler();
  GetParam().damage(network);
  try {
    check_network(network);
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    const std::string message = error.what();
    for (const std::string& word : GetParam().words) EXPECT_NE(message.find(word), std::string::npos) << word << " is not in: " << message;
  }
}

const Broken broken[] = {
    {"RowOffOne",
     [](Network& n) { n.families[0].table[6] = 0.00002; },
     {"P(wet | sprinkler = off, rain = no)", "1.00002", "--normalise"}},
    {"NegativeEntry", [](Network& n) { n.families[1].table = {-0.5, 1.5}; }, {"P(rain)", "-0.5"}},
    {"NotANumber", [](Network& n) { n.families[1].table[0] = std::numeric_limits<double>::quiet_NaN(); }, {"P(rain)", "nan"}},
    {"Infinite", [](Network& n) { n.families[1].table[0] = std::numeric_limits<double>::infinity(); }, {"P(rain)", "inf"}},
    {"RowOfZeros", [](Network& n) { n.families[2].table[3] = n.families[2].table[4] = n.families[2].table[5] = 0.0; }, {"P(sprinkler | rain = no)", "sums to 0"}},
    {"VariableTwice", [](Network& n) { n.variables[1].name = "wet"; }, {"\"wet\"", "twice"}},
    {"StateTwice", [](Network& n) { n.variables[2].states[1] = "on"; }, {"\"sprinkler\"", "\"on\"", "twice"}},
    {"NoState", [](Network& n) { n.variables[2].states.clear(); }, {"\"sprinkler\"", "no state"}},
    {"TableTooShort", [](Network& n) { n.families[0].table.pop_back(); }, {"\"wet\"", "11", "12"}},
    {"NoTable", [](Network& n) { n.families.pop_back(); }, {"3 variables", "2 tables"}},
    {"ParentTwice", [](Network& n) { n.families[0].parents = {1, 1}; }, {"\"wet\"", "\"rain\"", "twice"}},
    {"UnknownParent", [](Network& n) { n.families[0].parents = {1, 7}; }, {"\"wet\"", "parent"}},
    {"OwnParent", [](Network& n) { n.families[0].parents = {1, 0}; }, {"cycle", "wet -> wet"}},
    {"Cycle",
     [](Network& n) {
       n.families[1] = {{0}, {0.2, 0.8, 0.3, 0.7}};  // wet -> rain -> sprinkler -> wet, and rain -> wet
     },
     {"cycle: wet -> rain -> sprinkler -> wet;"}},
    {"TooManyRowsToCount",
     [](Network& n) {
       n.variables.assign(70, {});
       n.families.assign(70, {{}, {0.5, 0.5}});
       for (std::size_t v = 0; v < 70; ++v) {
         n.variables[v] = {"v" + std::to_string(v), {"0", "1"}};
         if (v > 0) n.families[0].parents.push_back(static_cast<std::int32_t>(v));
       }
     },
     {"\"v0\"", "2 entries"}},
};
INSTANTIATE_TEST_SUITE_P(Kinds, BrokenNetwork, ::testing::ValuesIn(broken), [](const auto& one) { return one.param.name; });

TEST(Network, ALongCycleIsAPathOfArcs) {
  // 0 -> 1 -> 2 -> 3 -> 1, and 3 -> 4: only the cycle is printed, each arrow an arc of the network.
  Network network;
  for (int v = 0; v < 5; ++v) network.variables.push_back({"n" + std::to_string(v), {"0", "1"}});
  network.families = {{{}, {0.5, 0.5}}, {{0, 3}, std::vector<double>(8, 0.5)}, {{1}, std::vector<double>(4, 0.5)}, {{2}, std::vector<double>(4, 0.5)}, {{3}, std::vector<double>(4, 0.5)}};
  try {
    check_network(network);
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cycle: n1 -> n2 -> n3 -> n1;"), std::string::npos) << error.what();
  }
}

TEST(Network, UnknownNamesAreExplained) {
  const Network network = sprinkler();
  const auto message = [](const auto& call) {
    try {
      (void)call();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message([&] { return network.index_of("sprinklr"); }).find("did you mean \"sprinkler\""), std::string::npos);
  EXPECT_NE(message([&] { return network.state_of(2, "of"); }).find("on, off, broken"), std::string::npos);
}

}  // namespace
}  // namespace footfall::test
