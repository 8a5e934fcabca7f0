#include "host/bench/posterior_data.hpp"

#include <cmath>

#include "engine/data/draw.hpp"
#include "host/networks/networks.hpp"
#include "kernels/bayes/codes.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t drawn_rows = 262'144;   ///< the table repeats them

struct ShopVariable {
  const char* name;
  std::int32_t states;
  std::vector<std::int32_t> parents;
};

/// Parents before children.
[[nodiscard]] std::vector<ShopVariable> shop_variables() {
  return {{"region", 6, {}},        {"age", 5, {}},           {"tier", 3, {1}},           {"channel", 5, {1, 0}},        {"device", 3, {1}},          {"recency", 5, {2}},
          {"frequency", 5, {2, 5}}, {"monetary", 5, {6, 2}},  {"purchase", 2, {5, 6, 2}}, {"email_response", 4, {8, 3}}, {"category", 8, {8, 1}},     {"discount", 3, {8, 7}}};
}

[[nodiscard]] Network shop_network(Draw& draw) {
  Network network;
  network.name = "shop";
  for (const ShopVariable& shape : shop_variables()) {
    Variable variable;
    variable.name = shape.name;
    for (std::int32_t s = 0; s < shape.states; ++s) variable.states.push_back(std::string(1, static_cast<char>('a' + s)));
    Family family;
    family.parents = shape.parents;
    std::int64_t rows = 1;
    for (const std::int32_t parent : shape.parents) rows *= network.variables[static_cast<std::size_t>(parent)].size();
    for (std::int64_t r = 0; r < rows; ++r) {
      std::vector<double> weights;   // exponential: a row drawn uniformly from all rows
      double sum = 0.0;
      for (std::int32_t s = 0; s < shape.states; ++s) sum += weights.emplace_back(-std::log(1.0 - draw.uniform()) + 1e-3);
      for (const double weight : weights) family.table.push_back(weight / sum);
    }
    network.variables.push_back(std::move(variable));
    network.families.push_back(std::move(family));
  }
  return network;
}

/// Each variable given its parents (Henrion 1988); the drawn rows are repeated.
[[nodiscard]] std::vector<std::uint8_t> sampled_rows(const Network& network, std::int64_t rows, Draw& draw) {
  const std::int64_t drawn = std::min(rows, drawn_rows);
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(network.size() * rows));
  for (const std::int32_t v : topological_order(network)) {
    const Family& family = network.families[static_cast<std::size_t>(v)];
    const std::int32_t states = network.variables[static_cast<std::size_t>(v)].size();
    std::uint8_t* const column = codes.data() + static_cast<std::int64_t>(v) * rows;
    for (std::int64_t r = 0; r < drawn; ++r) {
      std::int64_t at = 0;
      for (const std::int32_t parent : family.parents) at = at * network.variables[static_cast<std::size_t>(parent)].size() + codes[static_cast<std::size_t>(parent * rows + r)];
      const double* const row = family.table.data() + at * states;
      double left = draw.uniform();
      std::int32_t state = 0;
      while (state + 1 < states && (left -= row[state]) >= 0.0) ++state;
      column[r] = static_cast<std::uint8_t>(state);
    }
    for (std::int64_t r = drawn; r < rows; ++r) column[r] = column[r - drawn];
  }
  return codes;
}

}  // namespace

std::vector<std::uint8_t> PosteriorData::cells(double missing) const {
  std::vector<std::uint8_t> all = codes;
  if (missing == 0.0) return all;
  Draw draw(seed + 1);
  const auto limit = static_cast<std::uint64_t>(missing * 65536.0);
  for (std::size_t i = 0; i < all.size(); i += 4) {
    std::uint64_t bits = draw.bits();
    for (std::size_t k = i; k < std::min(i + 4, all.size()); ++k, bits >>= 16)
      if ((bits & 0xFFFF) < limit) all[k] = missing_code;
  }
  return all;
}

PosteriorData posterior_data(const BenchRequest& request) {
  Draw draw(request.seed);
  PosteriorData data;
  data.network = request.network.empty() ? shop_network(draw) : read_network(request.network);
  data.target = data.network.index_of(request.target.empty() ? "purchase" : request.target);
  for (const Variable& variable : data.network.variables)
    if (variable.size() > most_states) throw bad_input("variable \"" + variable.name + "\" has more than 254 states", "give another network");
  data.rows = request.sizes.cases;
  data.codes = sampled_rows(data.network, data.rows, draw);
  data.seed = request.seed;
  return data;
}

}  // namespace footfall
