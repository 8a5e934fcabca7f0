#include "engine/bayes/elimination.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <queue>

#include "kernels/device/random.hpp"

namespace footfall {
namespace {

enum class Heuristic { fill, weighted_fill, weight };
constexpr int heuristics = 3;
/// With more neighbours than this a variable's table is beyond any memory: how much it would fill in is not counted before they are fewer.
constexpr std::size_t most_neighbours = 64;
constexpr double out_of_reach = 1e12;

/// Which variables share a table: a row of bits for each.
class Neighbours {
 public:
  Neighbours(std::size_t count, const std::vector<std::vector<std::int32_t>>& scopes) : words_((count + 63) / 64), bits_(count * words_, 0) {
    for (const auto& scope : scopes)
      for (const std::int32_t a : scope)
        for (const std::int32_t b : scope)
          if (a != b) join(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
  }

  [[nodiscard]] const std::uint64_t* row(std::size_t v) const { return &bits_[v * words_]; }
  [[nodiscard]] std::uint64_t* row(std::size_t v) { return &bits_[v * words_]; }
  [[nodiscard]] std::size_t words() const { return words_; }
  void join(std::size_t a, std::size_t b) { row(a)[b / 64] |= std::uint64_t{1} << (b % 64); }
  void part(std::size_t a, std::size_t b) { row(a)[b / 64] &= ~(std::uint64_t{1} << (b % 64)); }
  [[nodiscard]] bool joined(std::size_t a, std::size_t b) const { return (row(a)[b / 64] >> (b % 64)) & 1; }

  void list(std::size_t v, std::vector<std::int32_t>& out) const {
    out.clear();
    for (std::size_t w = 0; w < words_; ++w)
      for (std::uint64_t bits = row(v)[w]; bits != 0; bits &= bits - 1) out.push_back(static_cast<std::int32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(bits))));
  }

 private:
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

class Greedy {
 public:
  Greedy(const std::vector<std::int32_t>& sizes, Neighbours neighbours, Heuristic heuristic, std::uint64_t seed, double bound)
      : sizes_(sizes), neighbours_(std::move(neighbours)), heuristic_(heuristic), bound_(bound), score_(sizes.size()), tie_(sizes.size()) {
    for (std::size_t v = 0; v < sizes.size(); ++v) {
      // The first try takes the smallest index, the others a random one.
      tie_[v] = seed == 0 ? static_cast<std::uint32_t>(v) : philox({{static_cast<std::uint32_t>(v), 0, 0, 0}}, seed).word[0];
      logs_.push_back(std::log2(static_cast<double>(sizes[v])));
    }
  }

  [[nodiscard]] double looked_at() const { return looked_at_; }

  /// Empty order when it is no better than the bound.
  Elimination run() {
    Elimination result;
    gone_.assign(sizes_.size(), 0);
    for (std::size_t v = 0; v < sizes_.size(); ++v) {
      score_[v] = score(v);
      waiting_.push({score_[v], tie_[v], static_cast<std::int32_t>(v)});
    }
    while (!waiting_.empty()) {
      const Candidate next = waiting_.top();
      waiting_.pop();
      const std::int32_t v = next.variable;
      if (gone_[static_cast<std::size_t>(v)] != 0 || next.score != score_[static_cast<std::size_t>(v)]) continue;  // an entry that a later one has replaced
      gone_[static_cast<std::size_t>(v)] = 1;
      const double entries = eliminate(static_cast<std::size_t>(v), result);
      result.entries += entries;
      result.largest = std::max(result.largest, entries);
      if (result.entries >= bound_) return {};
    }
    return result;
  }

 private:
  struct Candidate {
    double score = 0.0;
    std::uint32_t tie = 0;
    std::int32_t variable = 0;
    bool operator<(const Candidate& other) const {  // the queue hands out the largest: the lowest score
      if (score != other.score) return score > other.score;
      return tie != other.tie ? tie > other.tie : variable > other.variable;
    }
  };

  [[nodiscard]] double score(std::size_t v) {
    neighbours_.list(v, near_);
    double weight = logs_[v];
    for (const std::int32_t u : near_) weight += logs_[static_cast<std::size_t>(u)];
    looked_at_ += static_cast<double>(neighbours_.words());
    if (heuristic_ == Heuristic::weight) return weight;
    if (near_.size() > most_neighbours) return out_of_reach + static_cast<double>(near_.size());
    looked_at_ += static_cast<double>(near_.size() * (heuristic_ == Heuristic::fill ? neighbours_.words() : near_.size()));
    const std::uint64_t* mine = neighbours_.row(v);
    double fill = 0.0;
    for (const std::int32_t u : near_) {
      const std::uint64_t* other = neighbours_.row(static_cast<std::size_t>(u));
      if (heuristic_ == Heuristic::fill) {
        int common = 0;
        for (std::size_t w = 0; w < neighbours_.words(); ++w) common += std::popcount(mine[w] & other[w]);
        fill += static_cast<double>(near_.size()) - 1.0 - common;
      } else {
        for (const std::int32_t t : near_)
          if (t > u && !neighbours_.joined(static_cast<std::size_t>(u), static_cast<std::size_t>(t)))
            fill += static_cast<double>(sizes_[static_cast<std::size_t>(u)]) * static_cast<double>(sizes_[static_cast<std::size_t>(t)]);
      }
    }
    return fill + weight * 0x1p-20;  // of those that fill in the same, the one with the smallest table
  }

  double eliminate(std::size_t v, Elimination& result) {
    std::vector<std::int32_t> near;
    neighbours_.list(v, near);
    double entries = sizes_[v];
    for (const std::int32_t u : near) entries *= sizes_[static_cast<std::size_t>(u)];
    bool filled = false;
    for (const std::int32_t a : near) {
      neighbours_.part(static_cast<std::size_t>(a), v);
      for (const std::int32_t b : near)
        if (a < b && !neighbours_.joined(static_cast<std::size_t>(a), static_cast<std::size_t>(b))) {
          neighbours_.join(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
          neighbours_.join(static_cast<std::size_t>(b), static_cast<std::size_t>(a));
          filled = true;
        }
    }
    rescore(near, filled);
    std::vector<std::int32_t> clique = near;
    clique.insert(std::upper_bound(clique.begin(), clique.end(), static_cast<std::int32_t>(v)), static_cast<std::int32_t>(v));
    result.order.push_back(static_cast<std::int32_t>(v));
    result.cliques.push_back(std::move(clique));
    return entries;
  }

  /// The neighbours' scores change, and where arcs were filled in those of their neighbours.
  void rescore(const std::vector<std::int32_t>& near, bool filled) {
    std::vector<std::uint64_t> changed(neighbours_.words(), 0);
    for (const std::int32_t u : near) {
      changed[static_cast<std::size_t>(u) / 64] |= std::uint64_t{1} << (u % 64);
      if (filled && heuristic_ != Heuristic::weight)
        for (std::size_t w = 0; w < changed.size(); ++w) changed[w] |= neighbours_.row(static_cast<std::size_t>(u))[w];
    }
    for (std::size_t w = 0; w < changed.size(); ++w)
      for (std::uint64_t bits = changed[w]; bits != 0; bits &= bits - 1) {
        const std::size_t u = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        const double now = score(u);
        if (now == score_[u]) continue;
        score_[u] = now;
        waiting_.push({now, tie_[u], static_cast<std::int32_t>(u)});
      }
  }

  const std::vector<std::int32_t>& sizes_;
  Neighbours neighbours_;
  Heuristic heuristic_;
  double bound_;
  std::vector<double> score_, logs_;
  std::vector<std::uint32_t> tie_;
  std::vector<char> gone_;
  std::priority_queue<Candidate> waiting_;
  std::vector<std::int32_t> near_;
  double looked_at_ = 0.0;
};

}  // namespace

Elimination find_elimination(const std::vector<std::int32_t>& sizes, const std::vector<std::vector<std::int32_t>>& scopes, const EliminationSearch& search, Team* team) {
  const Neighbours neighbours(sizes.size(), scopes);
  Elimination best;
  best.entries = std::numeric_limits<double>::infinity();
  // Rounds of a fixed size, so that what a try is compared with does not depend on the threads.
  constexpr int round = 6;
  double looked_at = 0.0;
  for (int first = 0; first < search.tries && best.entries > search.good_enough && looked_at < search.effort; first += round) {
    std::vector<Elimination> found(static_cast<std::size_t>(std::min(round, search.tries - first)));
    std::vector<double> efforts(found.size());
    const double bound = best.entries;
    const auto attempt = [&](std::int64_t i, int) {
      const int number = first + static_cast<int>(i);
      const std::uint64_t seed = number < heuristics ? 0 : search.seed * 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(number);
      Greedy greedy(sizes, neighbours, static_cast<Heuristic>(number % heuristics), seed, bound);
      found[static_cast<std::size_t>(i)] = greedy.run();
      efforts[static_cast<std::size_t>(i)] = greedy.looked_at();
    };
    if (team != nullptr) {
      team->run(static_cast<std::int64_t>(found.size()), attempt);
    } else {
      for (std::size_t i = 0; i < found.size(); ++i) attempt(static_cast<std::int64_t>(i), 0);
    }
    for (const double effort : efforts) looked_at += effort;
    for (Elimination& each : found)
      if (each.order.size() == sizes.size() && each.entries < best.entries) best = std::move(each);
  }
  return best;
}

}  // namespace footfall
