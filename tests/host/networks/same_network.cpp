#include "tests/host/networks/same_network.hpp"

#include <gtest/gtest.h>

namespace footfall::test {

void expect_same_tables(const Network& actual, const Network& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t v = 0; v < expected.variables.size(); ++v) {
    EXPECT_EQ(actual.variables[v].size(), expected.variables[v].size()) << expected.variables[v].name;
    EXPECT_EQ(actual.families[v].parents, expected.families[v].parents) << expected.variables[v].name;
    EXPECT_EQ(actual.families[v].table, expected.families[v].table) << expected.variables[v].name;
  }
}

void expect_same_network(const Network& actual, const Network& expected) {
  expect_same_tables(actual, expected);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t v = 0; v < expected.variables.size(); ++v) {
    EXPECT_EQ(actual.variables[v].name, expected.variables[v].name);
    EXPECT_EQ(actual.variables[v].states, expected.variables[v].states);
  }
}

}  // namespace footfall::test
