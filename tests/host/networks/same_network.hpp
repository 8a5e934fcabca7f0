#pragma once

#include "engine/bayes/network.hpp"

namespace footfall::test {

/// The same states, parents and table entries to the bit; names may differ.
void expect_same_tables(const Network& actual, const Network& expected);
/// And the same names.
void expect_same_network(const Network& actual, const Network& expected);

}  // namespace footfall::test
