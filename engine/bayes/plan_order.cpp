#include "engine/bayes/plan_order.hpp"

#include <algorithm>
#include <set>

namespace footfall {
namespace {

/// Variables that share a factor, as elimination leaves them.
class Neighbours {
 public:
  Neighbours(const std::vector<std::vector<std::int32_t>>& scopes, const Radix& radix) : radix_(radix) {
    for (const std::vector<std::int32_t>& scope : scopes)
      for (const std::int32_t a : scope) {
        if (a >= static_cast<std::int32_t>(of_.size())) of_.resize(static_cast<std::size_t>(a) + 1);
        for (const std::int32_t b : scope)
          if (a != b) at(a).insert(b);
      }
  }

  [[nodiscard]] double product(std::int32_t variable) const {
    double size = static_cast<double>(radix_.states(variable));
    for (const std::int32_t other : of_[static_cast<std::size_t>(variable)]) size *= static_cast<double>(radix_.states(other));
    return size;
  }
  /// Pairs of neighbours that elimination would join.
  [[nodiscard]] double fill(std::int32_t variable) const {
    const std::set<std::int32_t>& near = of_[static_cast<std::size_t>(variable)];
    std::int64_t joined = 0;
    for (auto a = near.begin(); a != near.end(); ++a)
      for (auto b = std::next(a); b != near.end(); ++b) joined += of_[static_cast<std::size_t>(*a)].count(*b) == 0 ? 1 : 0;
    return static_cast<double>(joined);
  }
  /// Joins the neighbours and takes the variable out; returns them.
  [[nodiscard]] std::vector<std::int32_t> eliminate(std::int32_t variable) {
    std::vector<std::int32_t> near(at(variable).begin(), at(variable).end());
    for (const std::int32_t a : near) {
      at(a).erase(variable);
      for (const std::int32_t b : near)
        if (a != b) at(a).insert(b);
    }
    at(variable).clear();
    return near;
  }

 private:
  [[nodiscard]] std::set<std::int32_t>& at(std::int32_t variable) { return of_[static_cast<std::size_t>(variable)]; }

  const Radix& radix_;
  std::vector<std::set<std::int32_t>> of_;
};

[[nodiscard]] Elimination greedy(const std::vector<std::vector<std::int32_t>>& scopes, std::int32_t target, const Radix& radix, bool by_fill) {
  Neighbours near(scopes, radix);
  std::vector<std::int32_t> left;
  for (const std::vector<std::int32_t>& scope : scopes) left = united(left, scope);
  left = without(left, target);
  struct Cost {
    double first, second;
    bool operator<(const Cost& other) const { return first != other.first ? first < other.first : second < other.second; }
  };
  std::vector<Cost> costs(left.empty() ? 0 : static_cast<std::size_t>(left.back()) + 1);
  const auto rate = [&](std::int32_t variable) {
    const double size = near.product(variable);
    costs[static_cast<std::size_t>(variable)] = by_fill ? Cost{near.fill(variable), size} : Cost{size, 0.0};
  };
  for (const std::int32_t variable : left) rate(variable);
  Elimination result;
  while (!left.empty()) {
    const auto best =
        std::min_element(left.begin(), left.end(), [&](std::int32_t a, std::int32_t b) { return costs[static_cast<std::size_t>(a)] < costs[static_cast<std::size_t>(b)]; });
    const std::int32_t variable = *best;
    left.erase(best);
    const double size = near.product(variable);
    result.order.push_back(variable);
    result.largest = std::max(result.largest, size);
    result.entries += size;
    const std::vector<std::int32_t> joined = near.eliminate(variable);
    for (const std::int32_t other : joined)
      if (other != target) rate(other);
  }
  return result;
}

}  // namespace

Elimination elimination_order(const std::vector<std::vector<std::int32_t>>& scopes, std::int32_t target, const Radix& radix) {
  Elimination by_size = greedy(scopes, target, radix, false);
  Elimination by_fill = greedy(scopes, target, radix, true);
  return by_fill.entries < by_size.entries ? by_fill : by_size;
}

}  // namespace footfall
