// The networks of $FOOTFALL_DATA/bayesnets/bif: they load, their sizes are those of networks.tsv, and every format gives them back.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "host/networks/networks.hpp"
#include "kernels/error.hpp"
#include "tests/host/networks/same_network.hpp"
#include "tests/support/data_folder.hpp"

namespace footfall::test {
namespace {

std::filesystem::path folder() { return data_folder("bayesnets"); }

/// networks.tsv: a row a network, by the names of its columns.
std::map<std::string, std::map<std::string, std::int64_t>> published() {
  std::ifstream in(folder() / "networks.tsv");
  std::map<std::string, std::map<std::string, std::int64_t>> out;
  std::vector<std::string> columns;
  for (std::string line; std::getline(in, line);) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
    if (columns.empty()) {
      columns = row;
      continue;
    }
    for (std::size_t i = 1; i < row.size(); ++i) out[row[0]][columns[i]] = std::stoll(row[i]);
  }
  return out;
}

class Repository : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] Network network() const { return read_network(folder() / "bif" / (GetParam() + ".bif")); }
};

TEST_P(Repository, HasThePublishedSizes) {
  const Network read = network();
  std::int64_t edges = 0, entries = 0, states = 0, indegree = 0;
  for (std::size_t v = 0; v < read.variables.size(); ++v) {
    const auto parents = static_cast<std::int64_t>(read.families[v].parents.size());
    edges += parents;
    indegree = std::max(indegree, parents);
    entries += static_cast<std::int64_t>(read.families[v].table.size());
    states = std::max<std::int64_t>(states, read.variables[v].size());
  }
  std::map<std::string, std::int64_t> expected = published()[GetParam()];
  if (expected.empty()) GTEST_SKIP() << "networks.tsv has no such network";
  EXPECT_EQ(read.size(), expected["nodes"]);
  EXPECT_EQ(edges, expected["edges"]);
  EXPECT_EQ(read.free_parameters(), expected["free_parameters"]);
  EXPECT_EQ(entries, expected["cpt_entries"]);
  EXPECT_EQ(indegree, expected["max_indegree"]);
  EXPECT_EQ(states, expected["max_states"]);
}

TEST_P(Repository, SurvivesEveryFormat) {
  const Network read = network();
  for (const NetworkFormat format : {NetworkFormat::bif, NetworkFormat::xmlbif, NetworkFormat::net}) {
    const Network again = parse_network(format, print_network(format, read), "again");
    expect_same_network(again, read);
  }
  expect_same_tables(parse_network(NetworkFormat::uai, print_network(NetworkFormat::uai, read), "again"), read);
}

INSTANTIATE_TEST_SUITE_P(All, Repository, ::testing::ValuesIn(file_stems(folder() / "bif", ".bif")), [](const auto& one) { return test_name(one.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Repository);

class Problem : public ::testing::TestWithParam<std::string> {};

TEST_P(Problem, SurvivesWriting) {
  const FactorGraph read = read_factor_graph(folder() / "uai2014" / (GetParam() + ".uai"));
  const FactorGraph again = parse_factor_graph(NetworkFormat::uai, print_factor_graph(read), "again");
  ASSERT_EQ(again.variables.size(), read.variables.size());
  ASSERT_EQ(again.factors.size(), read.factors.size());
  for (std::size_t v = 0; v < read.variables.size(); ++v) EXPECT_EQ(again.variables[v].size(), read.variables[v].size());
  for (std::size_t f = 0; f < read.factors.size(); ++f) {
    EXPECT_EQ(again.factors[f].variables, read.factors[f].variables);
    EXPECT_EQ(again.factors[f].values, read.factors[f].values);
  }
  EXPECT_THROW(read_network(folder() / "uai2014" / (GetParam() + ".uai")), Error);  // MARKOV
}

INSTANTIATE_TEST_SUITE_P(All, Problem, ::testing::ValuesIn(file_stems(folder() / "uai2014", ".uai")), [](const auto& one) { return test_name(one.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Problem);

}  // namespace
}  // namespace footfall::test
