// Published and independently computed answers of $FOOTFALL_DATA/bayesnets: reference_queries.json (pgmpy's and pyAgrum's tests, SamIam),
// computed_marginals.json (an eliminator of its own), and the UAI-2014 problems with their reference marginals.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/bayes/inference.hpp"
#include "engine/bayes/sampling.hpp"
#include "host/networks/evidence.hpp"
#include "host/networks/networks.hpp"
#include "kernels/error.hpp"
#include "tests/support/data_folder.hpp"

namespace footfall::test {
namespace {

using nlohmann::ordered_json;

std::filesystem::path folder() { return data_folder("bayesnets"); }

ordered_json read_json(const char* name) {
  std::ifstream in(folder() / name);
  return in ? ordered_json::parse(in) : ordered_json::object();
}

std::vector<std::string> keys(const char* name) {
  std::vector<std::string> out;
  const ordered_json all = read_json(name);
  for (const auto& [key, value] : all.items()) out.push_back(key);
  return out;
}

std::vector<std::string> words(const std::string& text, char mark) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, mark);) out.push_back(word);
  return out;
}

void flatten(const ordered_json& nested, std::vector<double>& out) {
  if (nested.is_number()) return out.push_back(nested.get<double>());
  for (const auto& part : nested) flatten(part, out);
}

/// A state as the file names it: its name, or its number.
std::int32_t state_of(const Network& network, std::int32_t v, const ordered_json& state) {
  return state.is_number() ? state.get<std::int32_t>() : network.state_of(v, state.get<std::string>());
}

/// Rows are keyed by the parents' states: "yes,normal", "0,1", or names and numbers in one, "A0R1".
std::size_t row_of(const Network& network, const Family& family, const std::string& key) {
  std::vector<std::string> states = words(key, ',');
  if (states.size() != family.parents.size() || key.find(network.variables[static_cast<std::size_t>(family.parents[0])].name) == 0) {
    states.clear();
    for (const char c : key)
      if (std::isdigit(static_cast<unsigned char>(c)) != 0) states.emplace_back(1, c);
  }
  std::size_t row = 0;
  for (std::size_t i = 0; i < family.parents.size(); ++i) {
    const Variable& parent = network.variables[static_cast<std::size_t>(family.parents[i])];
    row = row * parent.states.size() + static_cast<std::size_t>(network.state_of(family.parents[i], states.at(i)));
  }
  return row;
}

Network network_of(const ordered_json& described) {
  Network network;
  for (const auto& [name, table] : described.at("cpts").items()) {
    const std::string child = words(name, '|')[0];
    const auto& states = described.at("states");
    network.variables.push_back({child, states.is_number() ? std::vector<std::string>{"0", "1"} : states.at(child).get<std::vector<std::string>>()});
  }
  for (const auto& [name, table] : described.at("cpts").items()) {
    Family family;
    const std::vector<std::string> sides = words(name, '|');
    if (sides.size() == 1) {
      flatten(table, family.table);
    } else {
      std::size_t rows = 1;
      for (const std::string& parent : words(sides[1], ',')) {
        family.parents.push_back(network.index_of(parent));
        rows *= network.variables[static_cast<std::size_t>(family.parents.back())].states.size();
      }
      const std::size_t size = network.variables[static_cast<std::size_t>(network.index_of(sides[0]))].states.size();
      family.table.assign(rows * size, -1.0);
      for (const auto& [key, values] : table.items()) {
        std::vector<double> row;
        flatten(values, row);
        std::copy(row.begin(), row.end(), family.table.begin() + static_cast<std::ptrdiff_t>(row_of(network, family, key) * size));
      }
    }
    network.families.push_back(std::move(family));
  }
  check_network(network);
  return network;
}

Evidence evidence_of(const Network& network, const ordered_json& query) {
  Evidence evidence;
  evidence.states.assign(network.variables.size(), -1);
  if (query.contains("evidence"))
    for (const auto& [name, state] : query["evidence"].items()) {
      const std::int32_t v = network.index_of(name);
      evidence.states[static_cast<std::size_t>(v)] = state_of(network, v, state);
    }
  if (query.contains("virtual_evidence"))
    for (const auto& [name, values] : query["virtual_evidence"].items()) evidence.likelihoods.push_back({network.index_of(name), values.get<std::vector<double>>()});
  return evidence;
}

class ReferenceQueries : public ::testing::TestWithParam<std::string> {};

TEST_P(ReferenceQueries, AreAnswered) {
  const ordered_json described = read_json("reference_queries.json").at(GetParam());
  const Network network = network_of(described);
  const FactorGraph graph = factor_graph(network);
  int answered = 0;
  for (const auto& query : described.at("queries")) {
    if (query.contains("p")) {
      std::vector<std::int32_t> variables;
      for (const auto& name : query.at("vars")) variables.push_back(network.index_of(name.get<std::string>()));
      std::vector<double> expected;
      flatten(query["p"], expected);
      const Joint actual = infer_joint(graph, evidence_of(network, query), variables);
      ASSERT_EQ(actual.table.size(), expected.size());
      // Numbers that were printed with fewer digits are right to half of the last one: 4 digits are the fewest in the file.
      double printed = 1e-6;
      for (const double p : expected)
        if (std::fabs(p * 1e4 - std::round(p * 1e4)) < 1e-9) printed = std::max(printed, 0.5e-4);
      for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual.table[i], expected[i], printed) << query.dump();
      ++answered;
    } else if (query.contains("max_marginal")) {
      EXPECT_NEAR(std::exp(most_probable_explanation(graph, {}).log_probability), query["max_marginal"].get<double>(), 0.5e-4);
      ++answered;
    } else if (query.contains("map") && !query.contains("over")) {
      Evidence evidence = evidence_of(network, {{"evidence", query["map"]}});
      const Explanation best = most_probable_explanation(graph, evidence);
      for (const auto& [name, state] : query.at("result").items())
        EXPECT_EQ(best.states[static_cast<std::size_t>(network.index_of(name))], state_of(network, network.index_of(name), state)) << query.dump();
      ++answered;
    }
  }
  EXPECT_GT(answered, 0);
}
INSTANTIATE_TEST_SUITE_P(All, ReferenceQueries, ::testing::ValuesIn(keys("reference_queries.json")), [](const auto& one) { return test_name(one.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ReferenceQueries);

class ComputedMarginals : public ::testing::TestWithParam<std::string> {};

TEST_P(ComputedMarginals, AreReproduced) {
  const Network network = read_network(folder() / "bif" / (GetParam() + ".bif"));
  const FactorGraph graph = factor_graph(network);
  CaseInference cases(graph);
  const ordered_json all = read_json("computed_marginals.json");
  for (const auto& one : all.at(GetParam()).at("cases")) {
    const Evidence evidence = evidence_of(network, one);
    const Marginals actual = infer_marginals(graph, evidence);
    Marginals of_case;
    ASSERT_TRUE(cases.run(evidence, of_case));
    EXPECT_NEAR(actual.log_evidence, one.at("log_prob_evidence").get<double>(), 1e-6);
    EXPECT_NEAR(of_case.log_evidence, actual.log_evidence, 1e-9);
    for (const auto& [name, expected] : one.at("marginals").items()) {
      const auto v = static_cast<std::size_t>(network.index_of(name));
      for (std::size_t s = 0; s < expected.size(); ++s) {
        EXPECT_NEAR(actual.of[v][s], expected[s].get<double>(), 1e-6) << name;
        EXPECT_NEAR(of_case.of[v][s], actual.of[v][s], 1e-9) << name;
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(All, ComputedMarginals, ::testing::ValuesIn(keys("computed_marginals.json")), [](const auto& one) { return test_name(one.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ComputedMarginals);

class TwoWays : public ::testing::TestWithParam<std::string> {};

// One case goes through the graph with its evidence put in and an order of its own, many cases through the tree of the whole network: other tables,
// other sums. Both are within rounding of the truth, some thousand operations of 1.1e-16 each.
TEST_P(TwoWays, Agree) {
  const Network network = read_network(folder() / "bif" / (GetParam() + ".bif"));
  const FactorGraph graph = factor_graph(network);
  if (estimate_width(graph, {}).work > 0x1p20) GTEST_SKIP() << "takes seconds";
  CaseInference cases(graph);
  std::vector<std::vector<std::int32_t>> row;
  for (int c = 0; c < 3; ++c) {
    ForwardSampler(network, 5).draw(c, 1, row);
    Evidence evidence;
    for (std::size_t v = 0; v < row.size(); ++v) evidence.states.push_back(static_cast<int>(v * 7 + static_cast<std::size_t>(c)) % 10 < 2 * c ? row[v][0] : -1);
    const Marginals one = infer_marginals(graph, evidence);
    Marginals many;
    ASSERT_TRUE(cases.run(evidence, many));
    if (c == 0) {
      EXPECT_NEAR(one.log_evidence, 0.0, 1e-11) << "without evidence its probability is 1";
    }
    EXPECT_NEAR(one.log_evidence, many.log_evidence, 1e-11);
    for (std::size_t v = 0; v < one.of.size(); ++v)
      for (std::size_t s = 0; s < one.of[v].size(); ++s) ASSERT_NEAR(one.of[v][s], many.of[v][s], 1e-11) << network.variables[v].name;
  }
}
INSTANTIATE_TEST_SUITE_P(All, TwoWays, ::testing::ValuesIn(file_stems(folder() / "bif", ".bif")), [](const auto& one) { return test_name(one.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TwoWays);

class UaiProblem : public ::testing::TestWithParam<std::string> {};

// The files print six significant digits, so the true value is within half of the last one, and 1e-9 of it is for rounding here.
double half_digit(double printed) { return printed == 0.0 ? 1e-9 : 0.5000001 * std::pow(10.0, std::floor(std::log10(std::fabs(printed))) - 5.0); }

TEST_P(UaiProblem, HasTheReferenceMarginals) {
  const std::filesystem::path file = folder() / "uai2014" / (GetParam() + ".uai");
  const std::string name = file.string();
  const FactorGraph graph = read_factor_graph(file);
  Evidence evidence;
  if (std::filesystem::exists(name + ".evid")) evidence.states = read_evidence_file(name + ".evid", graph.variables);
  const bool all = std::getenv("FOOTFALL_ALL_PROBLEMS") != nullptr;
  Team team(2);
  InferenceOptions options;
  options.team = &team;
  options.memory = all ? std::int64_t{8} << 30 : std::int64_t{4} << 20;
  Marginals actual;
  try {
    actual = infer_marginals(graph, evidence, options);
  } catch (const Error& refused) {
    EXPECT_NE(std::string(refused.what()).find("needs"), std::string::npos) << refused.what();
    GTEST_SKIP() << refused.what() << (all ? "" : " (FOOTFALL_ALL_PROBLEMS=1 allows 8 GiB)");
  }
  std::ifstream mar(name + ".MAR"), pr(name + ".PR");
  std::string word;
  std::size_t count = 0;
  double log10 = 0.0;
  ASSERT_TRUE(pr >> word >> log10);
  EXPECT_NEAR(actual.log_evidence / std::log(10.0), log10, half_digit(log10));
  ASSERT_TRUE(mar >> word >> count);
  ASSERT_EQ(count, actual.of.size());
  for (const std::vector<double>& states : actual.of) {
    ASSERT_TRUE(mar >> count);
    ASSERT_EQ(count, states.size());
    for (const double p : states) {
      double expected = 0.0;
      ASSERT_TRUE(mar >> expected);
      EXPECT_NEAR(p, expected, half_digit(expected));
    }
  }
}
INSTANTIATE_TEST_SUITE_P(All, UaiProblem, ::testing::ValuesIn(file_stems(folder() / "uai2014", ".uai")), [](const auto& one) { return test_name(one.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UaiProblem);

}  // namespace
}  // namespace footfall::test
