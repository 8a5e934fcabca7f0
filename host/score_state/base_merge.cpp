#include "host/score_state/base_merge.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "kernels/error.hpp"

namespace footfall {
namespace {

using Run = BaseMerge::Run;

/// Rows one after the other become one run: where nothing came in between, whole partitions are copied at once.
void add_run(std::vector<Run>& runs, bool newer, std::int64_t begin, std::int64_t count) {
  if (count == 0) return;
  if (!runs.empty() && runs.back().newer == newer && runs.back().begin + runs.back().count == begin) {
    runs.back().count += count;
  } else {
    runs.push_back({newer, begin, count});
  }
}

template <class T>
void copy_runs(std::span<const Run> runs, const std::vector<T>& older, const std::vector<T>* newer, std::vector<T>& out) {
  out.clear();
  for (const Run& run : runs) {
    const auto from = (run.newer ? *newer : older).begin() + run.begin;
    out.insert(out.end(), from, from + run.count);
  }
}

void copy_codes(std::span<const Run> runs, std::span<const std::int32_t> older, std::span<const std::int32_t> older_code, std::span<const std::int32_t> newer,
                std::span<const std::int32_t> newer_code, std::vector<std::int32_t>& out) {
  out.clear();
  for (const Run& run : runs) {
    const std::span<const std::int32_t> code = run.newer ? newer_code : older_code;
    const std::span<const std::int32_t> from = (run.newer ? newer : older).subspan(static_cast<std::size_t>(run.begin), static_cast<std::size_t>(run.count));
    std::transform(from.begin(), from.end(), std::back_inserter(out), [&](std::int32_t c) { return c < 0 ? c : code[static_cast<std::size_t>(c)]; });
  }
}

void add_id(const CustomerIds& from, std::int64_t i, CustomerIds& to) {
  if (from.text) {
    to.names.push_back(from.names[static_cast<std::size_t>(i)]);
  } else {
    to.numbers.push_back(from.numbers[static_cast<std::size_t>(i)]);
  }
}

/// The events of one customer: rows [a, a_end) of the older base and [b, b_end) of the newer one by time, older ones first.
void merge_events(const Journeys& older, std::int64_t a, std::int64_t a_end, const Journeys* newer, std::int64_t b, std::int64_t b_end, std::vector<Run>& runs) {
  while (b < b_end) {
    const auto until = std::upper_bound(older.time.begin() + a, older.time.begin() + a_end, newer->time[static_cast<std::size_t>(b)]) - older.time.begin();
    add_run(runs, false, a, until - a);
    a = until;
    const std::int64_t begin = b;
    while (b < b_end && (a == a_end || newer->time[static_cast<std::size_t>(b)] < older.time[static_cast<std::size_t>(a)])) ++b;
    add_run(runs, true, begin, b - begin);
  }
  add_run(runs, false, a, a_end - a);
}

/// Lines the customers of both bases up, partition by partition, and tells which rows their events are.
class Lines {
 public:
  /// `out` is given the ids and where events begin; its partitions are the caller's to cut.
  Lines(const Base& older, const Base& newer, std::int64_t seen_before, Base& out) : older_(older), newer_(newer), seen_before_(seen_before), out_(out) {
    out.ids.numbers.clear();
    out.ids.names.clear();
    out.partition_first.assign(1, 0);
    out.journeys->first.assign(1, 0);
  }

  void add_partition(std::int32_t p) {
    auto [a, a_end] = customers_of(older_, p);
    auto [b, b_end] = customers_of(newer_, p);
    while (a < a_end || b < b_end) {
      const int order = a == a_end ? 1 : b == b_end ? -1 : compare(a, b);
      add_customer(order <= 0 ? a++ : -1, order >= 0 ? b++ : -1);
    }
  }

  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }
  [[nodiscard]] const std::vector<std::int64_t>& newer_rows() const { return newer_rows_; }   ///< of each customer; -1: none
  [[nodiscard]] MergedCustomers about() { return std::move(about_); }

 private:
  using Range = std::pair<std::int64_t, std::int64_t>;

  [[nodiscard]] static Range customers_of(const Base& base, std::int32_t p) {
    if (base.partition_first.empty()) return {0, 0};
    return {base.partition_first[static_cast<std::size_t>(p)], base.partition_first[static_cast<std::size_t>(p) + 1]};
  }
  [[nodiscard]] static Range events_of(const Base& base, std::int64_t customer) {
    if (!base.journeys || customer < 0) return {0, 0};
    return {base.journeys->first[static_cast<std::size_t>(customer)], base.journeys->first[static_cast<std::size_t>(customer) + 1]};
  }
  [[nodiscard]] int compare(std::int64_t a, std::int64_t b) const {
    const auto i = static_cast<std::size_t>(a), j = static_cast<std::size_t>(b);
    if (older_.ids.text) return older_.ids.names[i].compare(newer_.ids.names[j]);
    return older_.ids.numbers[i] < newer_.ids.numbers[j] ? -1 : older_.ids.numbers[i] > newer_.ids.numbers[j] ? 1 : 0;
  }

  void add_customer(std::int64_t a, std::int64_t b) {
    add_id(a >= 0 ? older_.ids : newer_.ids, a >= 0 ? a : b, out_.ids);
    const Range before = events_of(older_, a), after = events_of(newer_, b);
    const std::vector<std::int64_t>& time = older_.journeys->time;
    const auto seen = std::lower_bound(time.begin() + before.first, time.begin() + before.second, seen_before_) - time.begin();
    const bool is_late = after.first < after.second && seen > before.first && newer_.journeys->time[static_cast<std::size_t>(after.first)] < time[static_cast<std::size_t>(seen - 1)];
    merge_events(*older_.journeys, before.first, before.second, newer_.journeys ? &*newer_.journeys : nullptr, after.first, after.second, runs_);
    events_ += before.second - before.first + after.second - after.first;
    out_.journeys->first.push_back(events_);
    newer_rows_.push_back(b);
    about_.older.push_back(a);
    about_.late.push_back(is_late ? 1 : 0);
    about_.newer_events += after.second - after.first;
  }

  const Base& older_;
  const Base& newer_;
  std::int64_t seen_before_;
  Base& out_;
  std::vector<Run> runs_;
  std::vector<std::int64_t> newer_rows_;
  MergedCustomers about_;
  std::int64_t events_ = 0;
};

std::vector<std::string> names_of(const auto& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

void check_columns(const Journeys& older, const Journeys& newer) {
  const bool same = older.type.name == newer.type.name && older.item.name == newer.item.name && names_of(older.numeric) == names_of(newer.numeric) &&
                    names_of(older.categorical) == names_of(newer.categorical);
  if (!same) throw bad_input("the new events are read with other columns than those of the state", "score from scratch with --save-state");
  if (older.clock.steps != newer.clock.steps)
    throw bad_input(fmt::format("the new events tell time {}, and those of the state {}", newer.clock.steps ? "in steps" : "by the calendar", older.clock.steps ? "in steps" : "by the calendar"),
                    "give files of the same kind");
}

void take_profiles(const Profiles& newer, const std::vector<std::int64_t>& rows, Profiles& out) {
  constexpr float missing = std::numeric_limits<float>::quiet_NaN();
  const auto take = [&](const auto& from, auto& to, auto nothing) {
    to.clear();
    for (const std::int64_t row : rows) to.push_back(row < 0 ? nothing : from[static_cast<std::size_t>(row)]);
  };
  take(newer.present, out.present, std::uint8_t{0});
  for (std::size_t c = 0; c < newer.numeric.size(); ++c) take(newer.numeric[c].values, out.numeric[c].values, missing);
  for (std::size_t c = 0; c < newer.categorical.size(); ++c) take(newer.categorical[c].codes, out.categorical[c].codes, std::int32_t{-1});
}

}  // namespace

BaseMerge::Codes BaseMerge::join(const CategoryColumn& older, const CategoryColumn* newer, CategoryColumn& out) {
  Codes codes;
  out.name = older.name;
  if (newer == nullptr) {
    out.dictionary = older.dictionary;
  } else {
    std::set_union(older.dictionary.begin(), older.dictionary.end(), newer->dictionary.begin(), newer->dictionary.end(), std::back_inserter(out.dictionary));
  }
  const auto find_all = [&](const std::vector<std::string>& words, std::vector<std::int32_t>& to) {
    auto at = out.dictionary.begin();
    for (const std::string& word : words) {
      at = std::lower_bound(at, out.dictionary.end(), word);
      to.push_back(static_cast<std::int32_t>(at - out.dictionary.begin()));
    }
  };
  find_all(older.dictionary, codes.older);
  if (newer != nullptr) find_all(newer->dictionary, codes.newer);
  return codes;
}

BaseMerge::BaseMerge(const Base& older, const Base& newer) {
  const Journeys& before = *older.journeys;
  const Journeys* after = newer.journeys ? &*newer.journeys : nullptr;
  if (after != nullptr) check_columns(before, *after);
  names_.ids.text = older.ids.text;
  Journeys& journeys = names_.journeys.emplace();
  journeys.clock = before.clock;
  if (after != nullptr) journeys.clock.resolution = std::min(before.clock.resolution, after->clock.resolution);
  journeys.first = {0};
  type_ = join(before.type, after == nullptr ? nullptr : &after->type, journeys.type);
  item_ = join(before.item, after == nullptr ? nullptr : &after->item, journeys.item);
  for (std::size_t c = 0; c < before.categorical.size(); ++c)
    categorical_.push_back(join(before.categorical[c], after == nullptr ? nullptr : &after->categorical[c], journeys.categorical.emplace_back()));
  for (const NumberColumn& column : before.numeric) journeys.numeric.push_back({column.name, {}});
  if (!newer.profiles) return;
  Profiles& profiles = names_.profiles.emplace();
  for (const NumberColumn& column : newer.profiles->numeric) profiles.numeric.push_back({column.name, {}});
  for (const CategoryColumn& column : newer.profiles->categorical) profiles.categorical.push_back({column.name, {}, column.dictionary});
}

Base BaseMerge::merge(const Base& older, const Base& newer, std::int32_t first, std::int32_t end, std::int64_t seen_before, MergedCustomers& about, Base recycled) const {
  if (newer.customers() > 0 && older.customers() > 0 && older.ids.text != newer.ids.text)
    throw bad_input(fmt::format("the customers of the new files are {}, and those of the state {}", newer.ids.text ? "text" : "whole numbers", older.ids.text ? "text" : "whole numbers"),
                    "both must be of one kind; fix the files");
  Base out = recycled.journeys ? std::move(recycled) : names_;
  out.ids.text = older.customers() > 0 ? older.ids.text : newer.ids.text;
  Lines lines(older, newer, seen_before, out);
  for (std::int32_t p = 0; p < Base::partitions; ++p) {
    if (p >= first && p < end) lines.add_partition(p);
    out.partition_first.push_back(out.ids.size());
  }
  copy_events(lines.runs(), *older.journeys, newer.journeys ? &*newer.journeys : nullptr, *out.journeys);
  if (newer.profiles) take_profiles(*newer.profiles, lines.newer_rows(), *out.profiles);
  about = lines.about();
  return out;
}

void BaseMerge::copy_events(std::span<const Run> runs, const Journeys& older, const Journeys* newer, Journeys& out) const {
  const auto numbers = [&](const auto& from, const auto* more, auto& to) { copy_runs(runs, from, more, to); };
  const auto codes = [&](const CategoryColumn& from, const CategoryColumn* more, const Codes& code, CategoryColumn& to) {
    copy_codes(runs, from.codes, code.older, more == nullptr ? std::span<const std::int32_t>() : more->codes, code.newer, to.codes);
  };
  numbers(older.time, newer == nullptr ? nullptr : &newer->time, out.time);
  if (!older.amount.empty() || (newer != nullptr && !newer->amount.empty())) numbers(older.amount, newer == nullptr ? nullptr : &newer->amount, out.amount);
  if (!older.type.name.empty()) codes(older.type, newer == nullptr ? nullptr : &newer->type, type_, out.type);
  if (!older.item.name.empty()) codes(older.item, newer == nullptr ? nullptr : &newer->item, item_, out.item);
  for (std::size_t c = 0; c < out.numeric.size(); ++c) numbers(older.numeric[c].values, newer == nullptr ? nullptr : &newer->numeric[c].values, out.numeric[c].values);
  for (std::size_t c = 0; c < out.categorical.size(); ++c)
    codes(older.categorical[c], newer == nullptr ? nullptr : &newer->categorical[c], categorical_[c], out.categorical[c]);
}

}  // namespace footfall
