// `footfall bayes learn` from outside: what it writes, what another command reads from it, and what it refuses.
#include <algorithm>

#include "engine/bayes/discretise.hpp"
#include "host/networks/networks.hpp"
#include "tests/tools/command/score_file.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

class LearnNetwork : public ShopTest {
 protected:
  void SetUp() override {
    std::string table = "age,city,member,visits\n";
    for (int i = 0; i < 400; ++i) {
      const bool member = (i * 7919 + i / 3) % 5 < 2;
      table += std::to_string(20 + (i * 37 + (member ? 25 : 0)) % 50) + ".5," + (i % 11 == 0 ? "" : member && i % 3 != 0 ? "Bern" : "Genf") + "," + (member ? "TRUE" : "FALSE") + "," +
               std::to_string(i % 4) + "\n";
    }
    write("data.csv", table);
  }
  void learn(std::vector<std::string> more, const std::string& out = "network.bif") const {
    more.insert(more.begin(), {"bayes", "learn", "data.csv", "--out", out, "--quiet", "--overwrite"});
    done(more);
  }
  [[nodiscard]] Network network(const std::string& name = "network.bif") const { return read_network(path(name)); }
};

TEST_F(LearnNetwork, WritesStatesAndCountsOfItsColumns) {
  learn({"--structure", "naive", "--target", "member"});
  const Network learned = network();
  EXPECT_EQ(learned.variables[2].states, (std::vector<std::string>{"FALSE", "TRUE"}));
  EXPECT_EQ(learned.variables[3].states, (std::vector<std::string>{"0", "1", "2", "3"}));
  double member[2] = {}, bern = 0.0, seen = 0.0;
  for (int i = 0; i < 400; ++i) {
    const bool is = (i * 7919 + i / 3) % 5 < 2;
    member[is ? 1 : 0] += 1.0;
    if (!is || i % 11 == 0) continue;
    seen += 1.0;
    bern += i % 3 != 0 ? 1.0 : 0.0;
  }
  EXPECT_EQ(learned.families[2].table[1], member[1] / 400.0);
  EXPECT_EQ(learned.families[1].table[2], bern / seen);   // P(Bern | TRUE), where the city is known
}

TEST_F(LearnNetwork, CutsNumbersAndReadsThemAgain) {
  learn({"--structure", "tan", "--target", "member", "--discretise", "quantile", "--bands", "4", "--equivalent-sample-size", "2"});
  EXPECT_EQ(network().variables[0].size(), 4);
  EXPECT_EQ(network().variables[0].states.front()[0], '<');
  done({"bayes", "posterior", "network.bif", "data.csv", "--target", "member", "--out", "posterior.csv", "--quiet"});
  const ScoreFile answers = read_csv(path("posterior.csv"));
  ASSERT_EQ(answers.rows(), 400U);
  for (const std::string& status : answers.text("status")) EXPECT_EQ(status, "ok");
}

TEST_F(LearnNetwork, OfAFileTakesItsArcsAndStates) {
  learn({"--structure", "hill-climb", "--discretise", "width"});
  learn({"--structure", "network.bif"}, "again.xmlbif");
  const Network first = network(), second = network("again.xmlbif");
  for (std::size_t v = 0; v < 4; ++v) {
    EXPECT_EQ(first.variables[v].states, second.variables[v].states);
    EXPECT_EQ(first.families[v].parents, second.families[v].parents);
    EXPECT_EQ(first.families[v].table, second.families[v].table);
  }
}

TEST_F(LearnNetwork, BandsComeThroughEveryFormatThatHasNames) {
  learn({"--structure", "chow-liu", "--discretise", "quantile", "--bands", "7"});
  const Network first = network();
  ASSERT_TRUE(cuts_of(first.variables[0].states));
  for (const char* ending : {"again.bif", "again.xmlbif", "again.net"}) {
    learn({"--structure", "chow-liu", "--discretise", "quantile", "--bands", "7"}, ending);
    const Network other = network(ending);
    for (std::size_t v = 0; v < first.variables.size(); ++v) EXPECT_EQ(other.variables[v].states, first.variables[v].states) << ending;
    EXPECT_EQ(other.families[0].table, first.families[0].table) << ending;
  }
}

TEST_F(LearnNetwork, DoesNotDependOnTheOrderOfRows) {
  learn({"--structure", "hill-climb", "--target", "member"});
  const std::string before = text("network.bif");
  std::string table = text("data.csv"), turned;
  for (std::size_t at = table.find('\n') + 1; at < table.size();) {
    const std::size_t end = table.find('\n', at) + 1;
    turned.insert(0, table.substr(at, end - at));
    at = end;
  }
  write("data.csv", table.substr(0, table.find('\n') + 1) + turned);
  learn({"--structure", "hill-climb", "--target", "member", "--threads", "3"});
  EXPECT_TRUE(text("network.bif") == before);
}

TEST_F(LearnNetwork, RefusesWhatCannotBe) {
  const auto refused = [&](std::vector<std::string> more, const std::vector<std::string>& words) {
    more.insert(more.begin(), {"bayes", "learn", "data.csv", "--out", "n.bif"});
    expect_refusal(more, words);
  };
  refused({"--structure", "tan"}, {"--target"});
  refused({"--structure", "tan", "--target", "membr"}, {"membr", "member"});
  refused({"--structure", "forest"}, {"forest", "hill-climb"});
  refused({"--structure", "hill-climb", "--require", "age-city"}, {"age-city", "FROM->TO"});
  refused({"--structure", "hill-climb", "--require", "age->town"}, {"town"});
  refused({"--structure", "hill-climb", "--require", "age->city", "--forbid", "age->city"}, {"age -> city", "forbidden"});
  refused({"--structure", "naive", "--target", "member", "--equivalent-sample-size", "0"}, {"above 0"});
  refused({"--structure", "naive", "--target", "member", "--ignore", "nobody"}, {"nobody"});
}

}  // namespace
}  // namespace footfall::test
