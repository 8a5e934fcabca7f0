#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "engine/bayes/structure.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

enum class Change : std::uint8_t { add, remove, reverse };

struct Step {
  Change change = Change::add;
  Arc arc;
  double gain = 0.0;
};

void insert_sorted(std::vector<std::int32_t>& values, std::int32_t v) { values.insert(std::lower_bound(values.begin(), values.end(), v), v); }
void erase_value(std::vector<std::int32_t>& values, std::int32_t v) { values.erase(std::find(values.begin(), values.end(), v)); }

/// Who reaches whom along arcs, kept as a matrix of bits that is built again after each step: n^2 words of 64 bits at most.
class Reach {
 public:
  explicit Reach(std::size_t n) : n_(n), words_((n + 63) / 64), bits_(n * words_) {}

  void build(const Structure& structure) {
    std::fill(bits_.begin(), bits_.end(), 0);
    std::vector<std::uint8_t> done(n_);
    for (std::size_t v = 0; v < n_; ++v) visit(structure, v, done);
  }
  /// Whether there is a directed path from a to b, of one arc at least.
  [[nodiscard]] bool path(std::int32_t a, std::int32_t b) const {
    return (bits_[static_cast<std::size_t>(b) * words_ + static_cast<std::size_t>(a) / 64] >> (static_cast<std::size_t>(a) % 64) & 1) != 0;
  }

 private:
  /// Row v: the ancestors of v.
  void visit(const Structure& structure, std::size_t v, std::vector<std::uint8_t>& done) {
    if (done[v] != 0) return;
    done[v] = 1;
    for (const std::int32_t parent : structure[v]) {
      const auto p = static_cast<std::size_t>(parent);
      visit(structure, p, done);
      for (std::size_t w = 0; w < words_; ++w) bits_[v * words_ + w] |= bits_[p * words_ + w];
      bits_[v * words_ + p / 64] |= std::uint64_t{1} << (p % 64);
    }
  }

  std::size_t n_, words_;
  std::vector<std::uint64_t> bits_;
};

class HillClimb {
 public:
  HillClimb(const TableCounts& source, const HillClimbSpec& spec)
      : table_(source.table()), spec_(spec), counts_(source), n_(table_.size()), reach_(static_cast<std::size_t>(n_)),
        required_(spec.required.begin(), spec.required.end()), forbidden_(spec.forbidden.begin(), spec.forbidden.end()) {
    start();
  }

  HillClimbResult run() {
    HillClimbResult best = climb();
    std::int32_t steps = best.steps;
    std::vector<Arc> arcs = free_arcs(best.structure);
    std::size_t next = 0;
    for (std::int32_t tried = 0, failed = 0; tried < spec_.restarts && failed < static_cast<std::int32_t>(arcs.size()); ++tried, ++next) {
      go_to(best.structure);
      turn_afresh(arcs[next % arcs.size()]);
      const HillClimbResult again = climb();
      steps += again.steps;
      ++failed;
      if (again.score > best.score + least_gain) {
        best = again;
        arcs = free_arcs(best.structure);
        failed = 0;
      }
    }
    best.steps = steps;
    best.families = families_;
    return best;
  }

 private:
  static constexpr double least_gain = 1e-9;

  /// From where the search stands to the best structure that tabu search finds from there.
  HillClimbResult climb() {
    visited_.assign(1, structure_);
    HillClimbResult best{structure_, score_, 0, 0};
    std::int32_t since = 0, steps = 0;
    while (const std::optional<Step> step = best_step()) {
      if (!(step->gain > least_gain) && since >= spec_.patience) break;
      apply(*step);
      ++steps;
      if (score_ > best.score + least_gain) {
        best.structure = structure_;
        best.score = score_;
        best.steps = steps;
        since = 0;
      } else if (++since > spec_.patience) {
        break;
      }
    }
    return best;
  }

  void go_to(const Structure& structure) {
    std::vector<std::int32_t> changed;
    for (std::int32_t v = 0; v < n_; ++v)
      if (structure[static_cast<std::size_t>(v)] != parents(v)) changed.push_back(v);
    structure_ = structure;
    settle(changed);
  }

  void settle(const std::vector<std::int32_t>& changed) {
    reach_.build(structure_);
    score_again(changed);
    score_ = 0.0;
    for (const double s : family_) score_ += s;
  }

  [[nodiscard]] std::vector<Arc> free_arcs(const Structure& structure) const {
    std::vector<Arc> out;
    for (std::int32_t to = 0; to < n_; ++to)
      for (const std::int32_t from : structure[static_cast<std::size_t>(to)])
        if (!required_.contains({from, to})) out.emplace_back(from, to);
    return out;
  }

  /// Takes the parents of both ends away and turns the arc round where that may be: the climb that follows gives them parents anew.
  void turn_afresh(const Arc& arc) {
    const auto [from, to] = arc;
    for (const std::int32_t v : {from, to}) std::erase_if(parents(v), [&, child = v](std::int32_t p) { return !required_.contains({p, child}); });
    reach_.build(structure_);
    if (!forbidden_.contains({to, from}) && room(from) && !reach_.path(from, to)) insert_sorted(parents(from), to);
    settle({from, to});
  }

  void start() {
    structure_.assign(static_cast<std::size_t>(n_), {});
    for (const Arc& arc : required_) {
      const std::string name = table_.variables[static_cast<std::size_t>(arc.first)].name + " -> " + table_.variables[static_cast<std::size_t>(arc.second)].name;
      if (forbidden_.contains(arc)) throw bad_input("the arc " + name + " is required and forbidden", "take one of both away");
      reach_.build(structure_);
      if (arc.first == arc.second || reach_.path(arc.second, arc.first)) throw bad_input("the required arcs make a cycle through " + name, "take one of them away");
      insert_sorted(parents(arc.second), arc.first);
      if (static_cast<std::int32_t>(parents(arc.second).size()) > spec_.max_parents)
        throw bad_input(fmt::format("{} has more required parents than the {} that are allowed", table_.variables[static_cast<std::size_t>(arc.second)].name, spec_.max_parents),
                        "allow more parents, or require fewer arcs");
    }
    adding_.assign(static_cast<std::size_t>(n_) * static_cast<std::size_t>(n_), 0.0);
    removing_ = adding_;
    family_.assign(static_cast<std::size_t>(n_), 0.0);
    std::vector<std::int32_t> all;
    for (std::int32_t v = 0; v < n_; ++v) all.push_back(v);
    settle(all);
  }

  std::vector<std::int32_t>& parents(std::int32_t v) { return structure_[static_cast<std::size_t>(v)]; }
  [[nodiscard]] const std::vector<std::int32_t>& parents(std::int32_t v) const { return structure_[static_cast<std::size_t>(v)]; }
  [[nodiscard]] bool has(std::int32_t from, std::int32_t to) const { return std::binary_search(parents(to).begin(), parents(to).end(), from); }
  double& adding(std::int32_t from, std::int32_t to) { return adding_[static_cast<std::size_t>(to * n_ + from)]; }
  double& removing(std::int32_t from, std::int32_t to) { return removing_[static_cast<std::size_t>(to * n_ + from)]; }

  [[nodiscard]] bool fits(const FamilyKey& family) const {
    std::int64_t size = table_.variables[static_cast<std::size_t>(family.child)].size();
    for (const std::int32_t p : family.parents) {
      size *= table_.variables[static_cast<std::size_t>(p)].size();
      if (size > spec_.largest_table) return false;
    }
    return true;
  }

  [[nodiscard]] double score_of(const FamilyKey& family) {
    return family_score(spec_.score, counts_.of(family), table_.variables[static_cast<std::size_t>(family.child)].size(), table_.rows);
  }

  /// Gains of every arc into these variables, whose parents have changed. Families are counted together.
  void score_again(const std::vector<std::int32_t>& children) {
    std::vector<FamilyKey> families;
    const auto changed = [&](std::int32_t from, std::int32_t to) {
      FamilyKey family{to, parents(to)};
      if (has(from, to)) {
        erase_value(family.parents, from);
      } else {
        insert_sorted(family.parents, from);
      }
      return family;
    };
    for (const std::int32_t to : children) {
      families.push_back({to, parents(to)});
      for (std::int32_t from = 0; from < n_; ++from) {
        if (from == to) continue;
        FamilyKey family = changed(from, to);
        if (fits(family)) families.push_back(std::move(family));
      }
    }
    counts_.want(families);
    for (const std::int32_t to : children) {
      const double now = family_[static_cast<std::size_t>(to)] = score_of({to, parents(to)});
      for (std::int32_t from = 0; from < n_; ++from) {
        if (from == to) continue;
        const FamilyKey family = changed(from, to);
        const double gain = fits(family) ? score_of(family) - now : -std::numeric_limits<double>::infinity();
        (has(from, to) ? removing(from, to) : adding(from, to)) = gain;
      }
    }
    families_ = counts_.size();
  }

  [[nodiscard]] bool room(std::int32_t v) const { return static_cast<std::int32_t>(parents(v).size()) < spec_.max_parents; }

  /// Whether a second way leads from `from` to `to`, beside their arc: reversing it would close a circle.
  [[nodiscard]] bool other_path(std::int32_t from, std::int32_t to) const {
    return std::any_of(parents(to).begin(), parents(to).end(), [&](std::int32_t p) { return p != from && reach_.path(from, p); });
  }

  /// The step of largest gain whose structure was not visited; ties by (change, from, to).
  std::optional<Step> best_step() {
    std::vector<Step> steps;
    const auto offer = [&](Change change, std::int32_t from, std::int32_t to, double gain) {
      if (gain > -std::numeric_limits<double>::infinity()) steps.push_back({change, {from, to}, gain});
    };
    for (std::int32_t from = 0; from < n_; ++from)
      for (std::int32_t to = 0; to < n_; ++to) {
        if (from == to) continue;
        if (!has(from, to)) {
          if (!forbidden_.contains({from, to}) && room(to) && !reach_.path(to, from)) offer(Change::add, from, to, adding(from, to));
          continue;
        }
        if (required_.contains({from, to})) continue;
        offer(Change::remove, from, to, removing(from, to));
        if (!forbidden_.contains({to, from}) && room(from) && !other_path(from, to)) offer(Change::reverse, from, to, removing(from, to) + adding(to, from));
      }
    const auto worse = [](const Step& a, const Step& b) { return a.gain != b.gain ? a.gain < b.gain : std::tie(b.change, b.arc) < std::tie(a.change, a.arc); };
    while (!steps.empty()) {
      const auto best = std::max_element(steps.begin(), steps.end(), worse);
      if (!was_visited(*best)) return *best;
      steps.erase(best);
    }
    return std::nullopt;
  }

  [[nodiscard]] bool was_visited(const Step& step) {
    change(step);
    const bool found = std::find(visited_.begin(), visited_.end(), structure_) != visited_.end();
    change_back(step);
    return found;
  }

  void change(const Step& step) {
    const auto [from, to] = step.arc;
    if (step.change != Change::add) erase_value(parents(to), from);
    if (step.change == Change::add) insert_sorted(parents(to), from);
    if (step.change == Change::reverse) insert_sorted(parents(from), to);
  }
  void change_back(const Step& step) {
    const auto [from, to] = step.arc;
    if (step.change == Change::reverse) erase_value(parents(from), to);
    if (step.change == Change::add) {
      erase_value(parents(to), from);
    } else {
      insert_sorted(parents(to), from);
    }
  }

  void apply(const Step& step) {
    change(step);
    std::vector<std::int32_t> children{step.arc.second};
    if (step.change == Change::reverse) children.push_back(step.arc.first);
    settle(children);
    visited_.push_back(structure_);
    if (static_cast<std::int32_t>(visited_.size()) > spec_.tabu) visited_.pop_front();
  }

  const CodedTable& table_;
  const HillClimbSpec& spec_;
  FamilyCounts counts_;
  std::int32_t n_;
  Reach reach_;
  std::set<Arc> required_, forbidden_;
  Structure structure_;
  std::vector<double> adding_, removing_, family_;   ///< gains [to][from]; scores of the families
  double score_ = 0.0;
  std::int64_t families_ = 0;
  std::deque<Structure> visited_;
};

}  // namespace

HillClimbResult hill_climb(const TableCounts& counts, const HillClimbSpec& spec) { return HillClimb(counts, spec).run(); }

}  // namespace footfall
