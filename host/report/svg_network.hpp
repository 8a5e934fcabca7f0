#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/bayes/network.hpp"

namespace footfall {

/// A node of a drawn network: the middle of its box.
struct PlacedNode {
  double x = 0.0, y = 0.0, width = 0.0;
};

/// The plane of a network in layers: every arc points down.
struct NetworkLayout {
  static constexpr double box_height = 30.0, most_width = 1000.0;

  double width = 0.0, height = 0.0;
  std::vector<PlacedNode> nodes;   ///< [variables]
};

/// A node's layer is the longest way to it from a node without parents (Sugiyama, Tagawa and Toda 1981); inside a layer nodes stand by the mean place of their
/// neighbours above and below, in a few sweeps. A layer that is wider than most_width is broken into rows.
[[nodiscard]] NetworkLayout lay_out(const Network& network);

/// The network as an svg element; the target's box stands out. `description` is text.
[[nodiscard]] std::string network_svg(const Network& network, std::int32_t target, const std::string& description);

}  // namespace footfall
