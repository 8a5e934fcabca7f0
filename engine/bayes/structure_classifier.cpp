#include "engine/bayes/structure_classifier.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "engine/bayes/calibrated_loss.hpp"
#include "engine/bayes/learn.hpp"
#include "kernels/device/team.hpp"

namespace footfall {
namespace {

constexpr std::int32_t folds = 5;
constexpr std::int32_t none = -1;
constexpr int newton_steps = 2, first_newton_steps = 8;
constexpr std::int64_t most_cells = 1'200'000;   ///< rows x variables that the search looks at
constexpr std::int64_t least_rows = 3'000;

/// Rows that the search looks at, with their class and fold.
struct Sample {
  std::vector<std::int64_t> rows;
  std::vector<std::uint8_t> label;
  std::vector<std::uint8_t> fold;
};

Sample sample_of(const CodedTable& table, std::int32_t target, std::int64_t most_rows) {
  std::vector<std::int64_t> labelled;
  const std::int32_t classes = table.variables[static_cast<std::size_t>(target)].size();
  const std::span<const std::uint8_t> label = table.column(target);
  for (std::int64_t r = 0; r < table.rows; ++r)
    if (label[static_cast<std::size_t>(r)] < classes) labelled.push_back(r);
  const auto n = static_cast<std::int64_t>(labelled.size());
  const std::int64_t wanted = std::min(n, std::min(most_rows, std::max(least_rows, most_cells / std::max(table.size(), 1))));
  Sample out;
  std::vector<std::int64_t> seen(static_cast<std::size_t>(classes));
  for (std::int64_t i = 0; i < wanted; ++i) {
    const std::int64_t row = labelled[static_cast<std::size_t>(i * n / wanted)];
    const std::uint8_t c = label[static_cast<std::size_t>(row)];
    out.rows.push_back(row);
    out.label.push_back(c);
    out.fold.push_back(static_cast<std::uint8_t>(seen[c]++ % folds));
  }
  return out;
}

class ClassifierSearch {
 public:
  ClassifierSearch(const CodedTable& table, std::int32_t target, const ClassifierSpec& spec, Team& team)
      : table_(table), target_(target), spec_(spec), team_(team), sample_(sample_of(table, target, spec.most_rows)),
        classes_(static_cast<std::size_t>(table.variables[static_cast<std::size_t>(target)].size())), parent_(static_cast<std::size_t>(table.size())) {}

  /// Of each variable: nothing when it is not taken, else its other parent or none.
  std::vector<std::optional<std::int32_t>> run() {
    begin();
    while (const std::optional<Move> move = best_move()) {
      if (!((loss_ - move->loss) * static_cast<double>(sample_.rows.size()) > spec_.least_gain)) break;
      take(*move);
    }
    return parent_;
  }
  [[nodiscard]] double loss() const { return loss_; }

 private:
  struct Move {
    std::int32_t child = 0, parent = none;
    double loss = 0.0;
    Calibration calibration;
  };

  void begin() {
    std::vector<std::int64_t> n(classes_);
    for (const std::uint8_t c : sample_.label) ++n[c];
    for (std::size_t i = 0; i < sample_.rows.size(); ++i)
      for (std::size_t c = 1; c < classes_; ++c) logits_.push_back(static_cast<float>(std::log((static_cast<double>(n[c]) + 0.5) / (static_cast<double>(n[0]) + 0.5))));
    loss_ = calibrated_loss(logits_, sample_.label, static_cast<std::int32_t>(classes_), calibration_, first_newton_steps);
  }

  [[nodiscard]] bool is_above(std::int32_t ancestor, std::int32_t v) const {
    for (; v != none; v = *parent_[static_cast<std::size_t>(v)])
      if (v == ancestor) return true;
    return false;
  }

  [[nodiscard]] std::vector<Move> moves() const {
    std::vector<Move> out;
    for (std::int32_t child = 0; child < table_.size(); ++child) {
      if (child == target_) continue;
      const std::optional<std::int32_t>& now = parent_[static_cast<std::size_t>(child)];
      if (now != none) out.push_back({child, none, 0.0, {}});
      for (std::int32_t parent = 0; parent < table_.size(); ++parent)
        if (parent != child && parent_[static_cast<std::size_t>(parent)] && now != parent && !is_above(child, parent)) out.push_back({child, parent, 0.0, {}});
    }
    return out;
  }

  std::optional<Move> best_move() {
    std::vector<Move> candidates = moves();
    std::vector<std::pair<std::int32_t, std::int32_t>> missing;
    for (const Move& move : candidates)
      if (!evidence_.contains({move.child, move.parent})) missing.emplace_back(move.child, move.parent);
    std::vector<std::vector<float>> found(missing.size());
    team_.run(static_cast<std::int64_t>(missing.size()), [&](std::int64_t k, int) {
      const auto i = static_cast<std::size_t>(k);
      found[i] = evidence_of(missing[i].first, missing[i].second);
    });
    for (std::size_t i = 0; i < missing.size(); ++i) evidence_[missing[i]] = std::move(found[i]);
    team_.run(static_cast<std::int64_t>(candidates.size()), [&](std::int64_t k, int) {
      Move& move = candidates[static_cast<std::size_t>(k)];
      move.calibration = calibration_;
      move.loss = calibrated_loss(moved(move), sample_.label, static_cast<std::int32_t>(classes_), move.calibration, newton_steps);
    });
    const auto best = std::min_element(candidates.begin(), candidates.end(), [](const Move& a, const Move& b) { return a.loss < b.loss; });
    return best == candidates.end() ? std::nullopt : std::optional<Move>(*best);
  }

  [[nodiscard]] std::vector<float> moved(const Move& move) const {
    std::vector<float> out = logits_;
    const std::vector<float>& gained = evidence_.at({move.child, move.parent});
    const std::optional<std::int32_t>& now = parent_[static_cast<std::size_t>(move.child)];
    const std::vector<float>* lost = now ? &evidence_.at({move.child, *now}) : nullptr;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += gained[i] - (lost != nullptr ? (*lost)[i] : 0.0F);
    return out;
  }

  void take(const Move& move) {
    logits_ = moved(move);
    parent_[static_cast<std::size_t>(move.child)] = move.parent;
    calibration_ = move.calibration;
    loss_ = move.loss;
  }

  /// ln P(child | class, parent) / P(child | first class, parent) of each row, [rows, classes - 1], from tables that have not seen the row's fold. 0 where
  /// the child is missing; where the parent is, the child's own table.
  [[nodiscard]] std::vector<float> evidence_of(std::int32_t child, std::int32_t parent) const {
    const std::int32_t states = size_of(child), parents = parent == none ? 1 : size_of(parent);
    const std::vector<std::int32_t> with{static_cast<std::int32_t>(classes_), parents}, without{static_cast<std::int32_t>(classes_)};
    const std::size_t block = classes_ * static_cast<std::size_t>(parents * states), own = classes_ * static_cast<std::size_t>(states);
    std::vector<double> pair(block * folds), alone(own * folds);
    for (std::size_t i = 0; i < sample_.rows.size(); ++i) {
      const std::int32_t x = code(child, i), p = parent == none ? 0 : code(parent, i);
      if (x >= states) continue;
      const std::size_t at = sample_.fold[i], c = sample_.label[i];
      alone[at * own + c * static_cast<std::size_t>(states) + static_cast<std::size_t>(x)] += 1.0;
      if (p < parents) pair[at * block + (c * static_cast<std::size_t>(parents) + static_cast<std::size_t>(p)) * static_cast<std::size_t>(states) + static_cast<std::size_t>(x)] += 1.0;
    }
    const ParameterSpec prior{Prior::back_off, spec_.back_off};
    std::vector<std::vector<double>> pair_log, alone_log;
    for (std::size_t k = 0; k < folds; ++k) {
      pair_log.push_back(logarithms(family_table(prior, std::span<const double>(others(pair, block, k)), states, with)));
      alone_log.push_back(logarithms(family_table(prior, std::span<const double>(others(alone, own, k)), states, without)));
    }
    std::vector<float> out(sample_.rows.size() * (classes_ - 1), 0.0F);
    for (std::size_t i = 0; i < sample_.rows.size(); ++i) {
      const std::int32_t x = code(child, i), p = parent == none ? 0 : code(parent, i);
      if (x >= states) continue;
      const bool known = p < parents;
      const std::vector<double>& table = known ? pair_log[sample_.fold[i]] : alone_log[sample_.fold[i]];
      const auto stride = static_cast<std::size_t>(known ? parents * states : states), at = static_cast<std::size_t>(known ? p * states + x : x);
      for (std::size_t c = 1; c < classes_; ++c) out[i * (classes_ - 1) + c - 1] = static_cast<float>(table[c * stride + at] - table[at]);
    }
    return out;
  }

  /// Counts of all folds but one.
  static std::vector<double> others(const std::vector<double>& counts, std::size_t block, std::size_t fold) {
    std::vector<double> out(block);
    for (std::size_t k = 0; k < folds; ++k)
      for (std::size_t j = 0; j < block && k != fold; ++j) out[j] += counts[k * block + j];
    return out;
  }
  static std::vector<double> logarithms(std::vector<double> table) {
    for (double& p : table) p = std::log(p);
    return table;
  }

  [[nodiscard]] std::int32_t size_of(std::int32_t v) const { return table_.variables[static_cast<std::size_t>(v)].size(); }
  [[nodiscard]] std::int32_t code(std::int32_t v, std::size_t i) const { return table_.column(v)[static_cast<std::size_t>(sample_.rows[i])]; }

  const CodedTable& table_;
  std::int32_t target_;
  const ClassifierSpec& spec_;
  Team& team_;
  Sample sample_;
  std::size_t classes_;
  std::vector<std::optional<std::int32_t>> parent_;
  std::map<std::pair<std::int32_t, std::int32_t>, std::vector<float>> evidence_;   ///< by child and parent
  std::vector<float> logits_;
  Calibration calibration_;
  double loss_ = 0.0;
};

/// The feature in `placed` whose arc to the child raises BIC most; none where no arc does.
std::int32_t best_describer(FamilyCounts& counts, std::int32_t child, const std::vector<std::int32_t>& placed) {
  const CodedTable& table = counts.table();
  const std::int32_t states = table.variables[static_cast<std::size_t>(child)].size();
  std::vector<FamilyKey> families{{child, {}}};
  for (const std::int32_t p : placed) families.push_back({child, {p}});
  counts.want(families);
  double best = family_score({}, counts.of(families.front()), states, table.rows);
  std::int32_t parent = none;
  for (std::size_t i = 1; i < families.size(); ++i) {
    const double score = family_score({}, counts.of(families[i]), states, table.rows);
    if (!(score > best)) continue;
    best = score;
    parent = placed[i - 1];
  }
  return parent;
}

}  // namespace

ClassifierStructure classifier_structure(const TableCounts& counts, std::int32_t target, const ClassifierSpec& spec, Team& team) {
  const CodedTable& table = counts.table();
  ClassifierSearch search(table, target, spec, team);
  const std::vector<std::optional<std::int32_t>> parents = search.run();
  ClassifierStructure out{Structure(parents.size()), search.loss()};
  std::vector<std::int32_t> placed;
  for (std::int32_t v = 0; v < table.size(); ++v)
    if (const std::optional<std::int32_t>& parent = parents[static_cast<std::size_t>(v)]) {
      out.structure[static_cast<std::size_t>(v)] = *parent == none ? std::vector<std::int32_t>{target} : std::vector<std::int32_t>{target, *parent};
      placed.push_back(v);
    }
  FamilyCounts families(counts);
  for (std::int32_t v = 0; v < table.size(); ++v) {
    if (v == target || parents[static_cast<std::size_t>(v)]) continue;
    const std::int32_t parent = best_describer(families, v, placed);
    if (parent != none) out.structure[static_cast<std::size_t>(v)] = {parent};
    placed.push_back(v);
  }
  return out;
}

}  // namespace footfall
