#include "kernels/bayes/count_cover.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t most_entries = std::int64_t{1} << 31;

[[nodiscard]] std::int64_t table_size(const std::vector<std::int32_t>& states, const std::vector<std::int32_t>& set) {
  std::int64_t size = 1;
  for (const std::int32_t column : set) {
    size *= states[static_cast<std::size_t>(column)];
    if (size > most_entries) {
      throw bad_input("a table of counts over " + std::to_string(set.size()) + " columns has more than 2^31 entries",
                      "take fewer parents, or group states");
    }
  }
  return size;
}

void check_sets(const std::vector<std::int32_t>& states, const ColumnSets& sets) {
  for (const std::int32_t count : states) require(count >= 1 && count <= most_states, "a column of codes has 1 to 254 states");
  for (const std::vector<std::int32_t>& set : sets) {
    std::vector<std::int32_t> sorted = set;
    std::sort(sorted.begin(), sorted.end());
    require(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end(), "a column is named twice in a set");
    require(sorted.empty() || (sorted.front() >= 0 && sorted.back() < static_cast<std::int32_t>(states.size())), "a set names a column that is not there");
    static_cast<void>(table_size(states, set));
  }
}

/// Grows covers over the sets that are left.
class Greedy {
 public:
  Greedy(const std::vector<std::int32_t>& states, const ColumnSets& sets)
      : states_(states), sets_(sets), taken_(states.size(), 0), gain_(states.size(), 0) {
    left_.resize(sets.size());
    std::iota(left_.begin(), left_.end(), 0);
  }

  [[nodiscard]] bool done() const { return left_.empty(); }

  [[nodiscard]] Cover next() {
    const std::vector<std::int32_t>& seed = sets_[static_cast<std::size_t>(left_.front())];
    columns_ = seed;
    for (const std::int32_t column : columns_) taken_[static_cast<std::size_t>(column)] = 1;
    Cover cover;
    cover.size = extended_size(seed);
    cover.extended = cover.size <= shared_cover_entries;
    if (cover.extended) {
      while (grow(cover.size)) {
      }
    } else {
      cover.size = table_size(states_, seed);
    }
    lay_out(cover);
    take_sets(cover);
    for (const std::int32_t column : columns_) taken_[static_cast<std::size_t>(column)] = 0;
    return cover;
  }

 private:
  [[nodiscard]] std::int64_t digits(std::int32_t column) const { return states_[static_cast<std::size_t>(column)] + 1; }

  [[nodiscard]] std::int64_t extended_size(const std::vector<std::int32_t>& set) const {
    std::int64_t size = 1;
    for (const std::int32_t column : set) size = std::min(size * digits(column), most_entries);
    return size;
  }

  /// Adds the column that completes most sets (of equal ones the smallest table); false when none does or has room.
  [[nodiscard]] bool grow(std::int64_t& size) {
    std::fill(gain_.begin(), gain_.end(), 0);
    for (const std::int32_t set : left_) {
      std::int32_t lacking = -1;
      int missing = 0;
      for (const std::int32_t column : sets_[static_cast<std::size_t>(set)]) {
        if (taken_[static_cast<std::size_t>(column)] != 0) continue;
        lacking = column;
        if (++missing > 1) break;
      }
      if (missing == 1) ++gain_[static_cast<std::size_t>(lacking)];
    }
    std::int32_t best = -1;
    for (std::int32_t column = 0; column < static_cast<std::int32_t>(gain_.size()); ++column) {
      const std::int32_t gain = gain_[static_cast<std::size_t>(column)];
      if (gain == 0 || size * digits(column) > shared_cover_entries) continue;
      const std::int32_t most = best < 0 ? 0 : gain_[static_cast<std::size_t>(best)];
      if (gain > most || (gain == most && digits(column) < digits(best))) best = column;
    }
    if (best < 0) return false;
    size *= digits(best);
    columns_.push_back(best);
    taken_[static_cast<std::size_t>(best)] = 1;
    return true;
  }

  /// The last column varies fastest.
  void lay_out(Cover& cover) const {
    std::int64_t stride = 1;
    for (auto column = columns_.rbegin(); column != columns_.rend(); ++column) {
      const std::int32_t count = states_[static_cast<std::size_t>(*column)];
      cover.columns.push_back({*column, count, static_cast<std::int32_t>(stride)});
      stride *= cover.extended ? count + 1 : count;
    }
    std::reverse(cover.columns.begin(), cover.columns.end());
  }

  /// A table that is not extended holds the rows where all of its cells are there: right for the set it began with, and for that one in any order.
  void take_sets(Cover& cover) {
    std::vector<std::int32_t> left;
    for (const std::int32_t set : left_) {
      const std::vector<std::int32_t>& columns = sets_[static_cast<std::size_t>(set)];
      const bool inside = std::all_of(columns.begin(), columns.end(), [&](std::int32_t c) { return taken_[static_cast<std::size_t>(c)] != 0; });
      if (inside && (cover.extended || columns.size() == columns_.size()))
        cover.sets.push_back(set);
      else
        left.push_back(set);
    }
    left_ = std::move(left);
  }

  const std::vector<std::int32_t>& states_;
  const ColumnSets& sets_;
  std::vector<std::int32_t> left_;     // sets that no cover has yet
  std::vector<std::int32_t> columns_;  // of the cover that grows
  std::vector<std::uint8_t> taken_;    // whether a column is one of them
  std::vector<std::int32_t> gain_;
};

/// Sums a cover's table over what a set does not name.
[[nodiscard]] std::vector<std::int64_t> summed(const CoverPlan& plan, const Cover& cover, const std::vector<std::int32_t>& set, const std::int64_t* totals) {
  const std::size_t width = cover.columns.size();
  std::vector<std::int64_t> stride(width, 0);  // of the set's table, for each column of the cover
  std::int64_t size = 1;
  for (auto column = set.rbegin(); column != set.rend(); ++column) {
    const auto at = std::find_if(cover.columns.begin(), cover.columns.end(), [&](const CoverColumn& c) { return c.column == *column; });
    stride[static_cast<std::size_t>(at - cover.columns.begin())] = size;
    size *= plan.states[static_cast<std::size_t>(*column)];
  }
  std::vector<std::int64_t> table(static_cast<std::size_t>(size), 0);
  // Runs of the last column; an odometer over the others keeps the place in the set's table, and how many of its cells are missing.
  const CoverColumn* const last = width == 0 ? nullptr : &cover.columns.back();
  const std::int64_t run = last == nullptr ? 1 : last->states + (cover.extended ? 1 : 0);
  const std::int64_t step = last == nullptr ? 0 : stride.back();
  const std::int64_t taken = last != nullptr && step != 0 ? last->states : run;   // cells of a run that belong to the set
  std::vector<std::int32_t> digit(width, 0);
  std::int64_t to = 0;
  int missing = 0;
  for (std::int64_t first = 0; first < cover.size; first += run) {
    if (missing == 0)
      for (std::int64_t i = 0; i < taken; ++i) table[static_cast<std::size_t>(to + i * step)] += totals[first + i];
    for (std::size_t c = width < 2 ? 0 : width - 1; c-- > 0;) {
      const CoverColumn& column = cover.columns[c];
      const std::int32_t digits = column.states + (cover.extended ? 1 : 0);
      to += stride[c];
      if (++digit[c] == column.states && cover.extended && stride[c] != 0) ++missing;
      if (digit[c] < digits) break;
      if (cover.extended && stride[c] != 0) --missing;
      to -= stride[c] * digits;
      digit[c] = 0;
    }
  }
  return table;
}

}  // namespace

CoverPlan plan_covers(const std::vector<std::int32_t>& states, const ColumnSets& sets) {
  check_sets(states, sets);
  CoverPlan plan;
  plan.states = states;
  plan.sets = sets;
  for (Greedy greedy(states, plan.sets); !greedy.done();) {
    Cover cover = greedy.next();
    cover.offset = plan.entries;
    plan.entries += cover.size + 1;
    plan.covers.push_back(std::move(cover));
  }
  return plan;
}

std::vector<std::vector<std::int64_t>> tables_of_sets(const CoverPlan& plan, const std::vector<std::int64_t>& totals) {
  std::vector<std::vector<std::int64_t>> tables(plan.sets.size());
  for (const Cover& cover : plan.covers)
    for (const std::int32_t set : cover.sets)
      tables[static_cast<std::size_t>(set)] = summed(plan, cover, plan.sets[static_cast<std::size_t>(set)], totals.data() + cover.offset);
  return tables;
}

}  // namespace footfall
