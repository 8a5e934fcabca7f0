// A drawn network: boxes that do not overlap, arcs that point down, names that are escaped and cut.
#include "host/report/svg_network.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace footfall {
namespace {

Network network_of(const std::vector<std::vector<std::int32_t>>& parents) {
  Network out;
  for (std::size_t v = 0; v < parents.size(); ++v) {
    out.variables.push_back({"column " + std::to_string(v), {"a", "b"}});
    std::size_t rows = 1;
    for (std::size_t i = 0; i < parents[v].size(); ++i) rows *= 2;
    out.families.push_back({parents[v], std::vector<double>(2 * rows, 0.5)});
  }
  return out;
}

TEST(NetworkDrawing, BoxesAreApartAndArcsPointDown) {
  std::vector<std::vector<std::int32_t>> parents(40);
  for (std::int32_t v = 1; v < 40; ++v) parents[static_cast<std::size_t>(v)] = v % 3 == 0 && v > 3 ? std::vector<std::int32_t>{0, v - 2} : std::vector<std::int32_t>{0};
  const Network network = network_of(parents);
  const NetworkLayout layout = lay_out(network);
  for (std::size_t v = 0; v < 40; ++v) {
    const PlacedNode& node = layout.nodes[v];
    EXPECT_GE(node.x - node.width / 2.0, 0.0);
    EXPECT_LE(node.x + node.width / 2.0, layout.width);
    EXPECT_LE(node.y + NetworkLayout::box_height / 2.0, layout.height);
    for (const std::int32_t p : parents[v]) EXPECT_LT(layout.nodes[static_cast<std::size_t>(p)].y, node.y);
    for (std::size_t w = 0; w < v; ++w) {
      const PlacedNode& other = layout.nodes[w];
      EXPECT_TRUE(std::fabs(node.y - other.y) >= NetworkLayout::box_height || std::fabs(node.x - other.x) >= (node.width + other.width) / 2.0) << v << " and " << w;
    }
  }
  EXPECT_LE(layout.width, NetworkLayout::most_width + 24.0);
}

TEST(NetworkDrawing, HoldsEveryNameAndArc) {
  Network network = network_of({{}, {0}, {0, 1}});
  network.variables[1].name = "a < b & \"c\"";
  network.variables[2].name = std::string(60, 'x');
  const std::string svg = network_svg(network, 0, "drawing");
  std::size_t arcs = 0;
  for (std::size_t at = svg.find("class=\"arc"); at != std::string::npos; at = svg.find("class=\"arc", at + 1)) ++arcs;
  EXPECT_EQ(arcs, 3U);
  EXPECT_NE(svg.find("a &lt; b &amp;"), std::string::npos);
  EXPECT_EQ(svg.find(std::string(60, 'x')), std::string::npos);
  EXPECT_NE(svg.find("node target"), std::string::npos);
}

}  // namespace
}  // namespace footfall
