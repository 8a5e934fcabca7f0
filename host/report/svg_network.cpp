#include "host/report/svg_network.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "host/report/html.hpp"

namespace footfall {
namespace {

constexpr double letter_width = 6.8, padding = 20.0, gap = 14.0, row_height = 84.0, margin = 12.0;
constexpr std::size_t most_letters = 28;
constexpr int sweeps = 6;

/// The first letters of a name that is too long for a box; never inside a letter of several bytes.
std::string shortened(const std::string& name) {
  std::size_t letters = 0, end = 0;
  while (end < name.size() && letters < most_letters) {
    ++end;
    while (end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) ++end;
    ++letters;
  }
  return end == name.size() ? name : name.substr(0, end) + "\u2026";
}

std::size_t letters_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

using Layers = std::vector<std::vector<std::int32_t>>;

Layers layers_of(const Network& network) {
  std::vector<std::size_t> depth(network.variables.size());
  Layers layers;
  for (const std::int32_t v : topological_order(network)) {
    std::size_t& mine = depth[static_cast<std::size_t>(v)];
    for (const std::int32_t p : network.families[static_cast<std::size_t>(v)].parents) mine = std::max(mine, depth[static_cast<std::size_t>(p)] + 1);
    if (mine >= layers.size()) layers.resize(mine + 1);
    layers[mine].push_back(v);
  }
  return layers;
}

/// Orders each layer by the mean place, from 0 to 1, of its nodes' neighbours.
void untangle(const Network& network, Layers& layers) {
  const std::size_t n = network.variables.size();
  std::vector<std::vector<std::int32_t>> neighbours(n);
  for (std::size_t v = 0; v < n; ++v)
    for (const std::int32_t p : network.families[v].parents) {
      neighbours[v].push_back(p);
      neighbours[static_cast<std::size_t>(p)].push_back(static_cast<std::int32_t>(v));
    }
  std::vector<double> place(n);
  const auto number = [&](const std::vector<std::int32_t>& layer) {
    for (std::size_t i = 0; i < layer.size(); ++i) place[static_cast<std::size_t>(layer[i])] = (static_cast<double>(i) + 0.5) / static_cast<double>(layer.size());
  };
  for (const auto& layer : layers) number(layer);
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (auto& layer : layers) {
      std::vector<std::pair<double, std::int32_t>> wanted;
      for (const std::int32_t v : layer) {
        double sum = place[static_cast<std::size_t>(v)], count = 1.0;
        for (const std::int32_t other : neighbours[static_cast<std::size_t>(v)]) {
          sum += place[static_cast<std::size_t>(other)];
          count += 1.0;
        }
        wanted.emplace_back(sum / count, v);
      }
      std::stable_sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = wanted[i].second;
      number(layer);
    }
}

}  // namespace

NetworkLayout lay_out(const Network& network) {
  NetworkLayout out;
  for (const Variable& variable : network.variables) out.nodes.push_back({0.0, 0.0, padding + letter_width * static_cast<double>(letters_of(shortened(variable.name)))});
  Layers layers = layers_of(network);
  untangle(network, layers);
  Layers rows;
  for (const auto& layer : layers) {
    double width = NetworkLayout::most_width + 1.0;
    for (const std::int32_t v : layer) {
      const double more = gap + out.nodes[static_cast<std::size_t>(v)].width;
      if (width + more > NetworkLayout::most_width) {
        rows.emplace_back();
        width = 0.0;
      }
      rows.back().push_back(v);
      width += more;
    }
  }
  std::vector<double> widths;
  for (const auto& row : rows) {
    widths.push_back(-gap);
    for (const std::int32_t v : row) widths.back() += gap + out.nodes[static_cast<std::size_t>(v)].width;
    out.width = std::max(out.width, widths.back());
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    double left = margin + (out.width - widths[r]) / 2.0;
    for (const std::int32_t v : rows[r]) {
      PlacedNode& node = out.nodes[static_cast<std::size_t>(v)];
      node.x = left + node.width / 2.0;
      node.y = margin + NetworkLayout::box_height / 2.0 + row_height * static_cast<double>(r);
      left += node.width + gap;
    }
  }
  out.width += 2.0 * margin;
  out.height = 2.0 * margin + NetworkLayout::box_height + row_height * static_cast<double>(rows.size() - 1);
  return out;
}

std::string network_svg(const Network& network, std::int32_t target, const std::string& description) {
  const NetworkLayout layout = lay_out(network);
  constexpr double half = NetworkLayout::box_height / 2.0, bend = 34.0, tip = 7.0, wing = 4.0;
  std::string out = fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\"><title>{}</title>\n", layout.width, layout.height, escape(description));
  for (std::size_t v = 0; v < network.families.size(); ++v)
    for (const std::int32_t parent : network.families[v].parents) {
      const PlacedNode &from = layout.nodes[static_cast<std::size_t>(parent)], &to = layout.nodes[v];
      const double top = from.y + half, bottom = to.y - half;
      out += fmt::format("<path class=\"arc{0}\" d=\"M{1:.1f} {2:.1f} C{1:.1f} {3:.1f} {4:.1f} {5:.1f} {4:.1f} {6:.1f}\"/>", parent == target ? " of-target" : "", from.x, top, top + bend, to.x,
                         bottom - bend, bottom - tip);
      out += fmt::format("<path class=\"tip{0}\" d=\"M{1:.1f} {2:.1f} l{3:.1f} {4:.1f} h{5:.1f} z\"/>\n", parent == target ? " of-target" : "", to.x, bottom, -wing, -tip, 2.0 * wing);
    }
  for (std::size_t v = 0; v < network.variables.size(); ++v) {
    const PlacedNode& node = layout.nodes[v];
    out += fmt::format("<rect class=\"node{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\" rx=\"6\"/>", static_cast<std::int32_t>(v) == target ? " target" : "", node.x - node.width / 2.0,
                       node.y - half, node.width, NetworkLayout::box_height);
    out += fmt::format("<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", node.x, node.y + 4.0, escape(shortened(network.variables[v].name)));
  }
  return out + "</svg>\n";
}

}  // namespace footfall
