#include "engine/data/near_names.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace footfall {
namespace {

/// Letters and digits in lower case: "Unit_Price" and "unit price" are the same word to a person.
std::string bare(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) || u >= 0x80) out.push_back(static_cast<char>(std::tolower(u)));
  }
  return out.empty() ? std::string(name) : out;
}

/// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::vector<std::string> near_names(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr std::size_t longest = 200;  // nobody mistypes a longer name, and the distance costs the product of the lengths
  const std::string wanted = bare(name.substr(0, longest));
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > longest) continue;
    const std::string other = bare(candidate);
    std::size_t d = distance(wanted, other);
    const bool contained =
        std::min(wanted.size(), other.size()) >= 4 && (other.find(wanted) != std::string::npos || wanted.find(other) != std::string::npos);
    if (d > std::max<std::size_t>(1, std::max(wanted.size(), other.size()) / 3)) {
      if (!contained) continue;
      d += longest;  // behind every name that is a misspelling
    }
    if (d >= std::max(wanted.size(), other.size()) && d > 0 && !contained) continue;
    found.emplace_back(d, candidate);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (std::size_t i = 0; i < found.size() && i < 3; ++i) out.push_back(std::move(found[i].second));
  return out;
}

std::string suggest_names(std::string_view name, const std::vector<std::string>& candidates, std::string_view plural) {
  const std::vector<std::string> near = near_names(name, candidates);
  if (!near.empty()) {
    std::string out = fmt::format("did you mean \"{}\"", near[0]);
    for (std::size_t i = 1; i < near.size(); ++i) out += fmt::format("{} \"{}\"", i + 1 == near.size() ? " or" : ",", near[i]);
    return out + "?";
  }
  if (candidates.empty()) return fmt::format("there are no {}", plural);
  constexpr std::size_t shown = 12;
  std::string out = fmt::format("the {} are: ", plural);
  for (std::size_t i = 0; i < candidates.size() && i < shown; ++i) out += (i == 0 ? "" : ", ") + candidates[i];
  if (candidates.size() > shown) out += fmt::format(", … {} more", candidates.size() - shown);
  return out;
}

}  // namespace footfall
