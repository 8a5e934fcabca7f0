#include "engine/features/examples.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/features/derived.hpp"
#include "engine/features/missing.hpp"
#include "kernels/device/team.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t microseconds_per_hour = 3'600'000'000;
constexpr std::size_t most_counted_types = 16;
constexpr std::int64_t examples_per_tile = 256;

template <class Column>
const Column* find_column(const std::vector<Column>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

template <class Column>
std::vector<const Column*> find_all(const std::vector<Column>& columns, const std::vector<std::string>& names, const char* where) {
  std::vector<const Column*> found;
  for (const std::string& name : names) {
    const Column* column = find_column(columns, name);
    if (column == nullptr) throw bad_input(std::string(where) + " lack the column \"" + name + "\", which the model was fitted with", "add it or fit a new model");
    found.push_back(column);
  }
  return found;
}

/// Code of a word, or one that no cell has.
std::int32_t code_of(const CategoryColumn& column, const std::string& word) {
  constexpr std::int32_t nowhere = -2;
  const auto found = std::find(column.dictionary.begin(), column.dictionary.end(), word);
  return found == column.dictionary.end() ? nowhere : static_cast<std::int32_t>(found - column.dictionary.begin());
}

std::int64_t floor_divided(std::int64_t a, std::int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/// The features of a step beside the job's columns: gap, position, closing, and the clock's hour and weekday as points on a circle.
std::vector<std::string> step_names(const FeatureSpec& spec) {
  std::vector<std::string> names = {"gap", "position", "closing"};
  if (has_hours(spec.clock)) names.insert(names.end(), {"hour_sine", "hour_cosine"});
  if (!spec.clock.steps) names.insert(names.end(), {"weekday_sine", "weekday_cosine"});
  return names;
}

float* write_circle(double share, float* out) {
  *out++ = static_cast<float>(std::sin(2.0 * std::numbers::pi * share));
  *out++ = static_cast<float>(std::cos(2.0 * std::numbers::pi * share));
  return out;
}

/// Writes the step's own features and returns what follows them.
float* write_step(const FeatureSpec& spec, std::int64_t time, double gap_days, std::int64_t position, bool closing, float* out) {
  *out++ = static_cast<float>(std::log1p(std::max(0.0, gap_days)));
  *out++ = static_cast<float>(std::log1p(static_cast<double>(position)));
  *out++ = closing ? 1.0F : 0.0F;
  const std::int64_t day = floor_divided(time, microseconds_per_day);
  if (has_hours(spec.clock)) out = write_circle(static_cast<double>(time - day * microseconds_per_day) / static_cast<double>(microseconds_per_day), out);
  if (!spec.clock.steps) out = write_circle(static_cast<double>(((day + 3) % 7 + 7) % 7) / 7.0, out);
  return out;
}

/// The events of a customer that come before the cutoff.
std::pair<std::int64_t, std::int64_t> events_before(const Journeys& journeys, const ExampleKey& key) {
  const auto customer = static_cast<std::size_t>(key.customer);
  const auto begin = journeys.time.begin() + journeys.first[customer];
  const auto end = journeys.time.begin() + journeys.first[customer + 1];
  return {journeys.first[customer], std::lower_bound(begin, end, key.cutoff) - journeys.time.begin()};
}

/// Reads the columns of a base by the names of a spec and writes one example at a time.
class Builder {
 public:
  Builder(const Base& base, const FeatureSpec& spec, std::span<const ExampleKey> keys, ExampleTable recycled)
      : base_(base), spec_(spec), table_(std::move(recycled)) {
    table_.keys.assign(keys.begin(), keys.end());
    name_columns();
    lay_out_events();
    const auto n = static_cast<std::size_t>(table_.size());
    table_.profile_number.resize(n * table_.profile_numbers.size());
    table_.profile_code.resize(n * table_.profile_codes.size());
  }

  void write(std::int64_t e) {
    if (spec_.events) write_events(e);
    write_profile(e);
  }

  [[nodiscard]] ExampleTable take() { return std::move(table_); }

  [[nodiscard]] std::vector<std::int32_t> lengths_of(std::span<const ExampleKey> keys) const {
    std::vector<std::int32_t> lengths;
    for (const ExampleKey& key : keys) {
      const std::int64_t usable = usable_events(*base_.journeys, spec_, key);
      require(key.known >= 0 && key.known <= usable, "more events are known of a customer than there are");
      lengths.push_back(static_cast<std::int32_t>(std::min(usable - key.known, spec_.max_length) + 1));
    }
    return lengths;
  }

 private:
  void name_columns() {
    if (spec_.events || spec_.derived) {
      if (!base_.journeys) throw bad_input("there are no events", "the model was fitted with an event log: name one by [events] files or --events");
      const Journeys& journeys = *base_.journeys;
      event_numeric_ = find_all(journeys.numeric, spec_.event_numeric, "the events");
      derived_columns_.numeric = find_all(journeys.numeric, spec_.summarized, "the events");
      if (spec_.items && journeys.item.dictionary.empty() && journeys.events() > 0) throw bad_input("the events have no item", "the model was fitted with one: set [events] item");
      if (spec_.amount && journeys.amount.empty() && journeys.events() > 0) throw bad_input("the events have no amount", "the model was fitted with one: set [events] amount");
      for (const std::string& name : spec_.event_categorical)
        event_categorical_.push_back(name == journeys.type.name ? &journeys.type : find_all(journeys.categorical, {name}, "the events").front());
      for (const std::string& type : spec_.counted_types) derived_columns_.counted_types.push_back(code_of(journeys.type, type));
      for (const std::string& type : spec_.wanted_types) derived_columns_.wanted_types.push_back(code_of(journeys.type, type));
    }
    if (spec_.events) {
      table_.event_numbers = step_names(spec_);
      if (spec_.amount) table_.event_numbers.emplace_back("amount");
      table_.event_numbers.insert(table_.event_numbers.end(), spec_.event_numeric.begin(), spec_.event_numeric.end());
      table_.event_codes = spec_.event_categorical;
    }
    if (!spec_.profile_numeric.empty() || !spec_.profile_categorical.empty()) {
      if (!base_.profiles) throw bad_input("there is no customer table", "the model was fitted with one: name it by [customers] files or --customers");
      profile_numeric_ = find_all(base_.profiles->numeric, spec_.profile_numeric, "the customers");
      profile_categorical_ = find_all(base_.profiles->categorical, spec_.profile_categorical, "the customers");
    }
    table_.profile_numbers = spec_.profile_numeric;
    table_.profile_codes = spec_.profile_categorical;
    if (spec_.derived) {
      const std::vector<std::string> names = derived_names(spec_);
      derived_ = names.size();
      table_.profile_numbers.insert(table_.profile_numbers.end(), names.begin(), names.end());
    }
  }

  std::pair<std::int64_t, std::int64_t> before(const ExampleKey& key) const { return events_before(*base_.journeys, key); }

  /// Those of them that are not dropped, oldest first.
  std::vector<std::size_t> kept_before(const ExampleKey& key) const {
    const auto [begin, end] = before(key);
    std::vector<std::size_t> events;
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      if (!is_dropped(*base_.journeys, spec_, i)) events.push_back(i);
    return events;
  }

  void lay_out_events() {
    table_.first.clear();
    table_.length.clear();
    if (!spec_.events) return;
    table_.length = lengths_of(table_.keys);
    std::int64_t rows = 0;
    for (const std::int32_t length : table_.length) {
      table_.first.push_back(rows);
      rows += length;
    }
    table_.event_number.resize(static_cast<std::size_t>(rows) * table_.event_numbers.size());
    table_.event_code.resize(static_cast<std::size_t>(rows) * table_.event_codes.size());
  }

  void write_events(std::int64_t e) {
    const Journeys& journeys = *base_.journeys;
    const ExampleKey key = table_.keys[static_cast<std::size_t>(e)];
    const std::vector<std::size_t> events = kept_before(key);
    std::vector<std::vector<float>> filled;
    if (spec_.interpolate)
      for (const NumberColumn* column : event_numeric_) filled.push_back(interpolated_cells(journeys, column->values, events));
    const double day = day_of(spec_.clock);
    const auto days_between = [&](std::int64_t from, std::int64_t to) { return static_cast<double>(to - from) / day; };
    float* number = table_.event_number.data() + table_.first[static_cast<std::size_t>(e)] * static_cast<std::int64_t>(table_.event_numbers.size());
    std::int32_t* code = table_.event_code.data() + table_.first[static_cast<std::size_t>(e)] * static_cast<std::int64_t>(table_.event_codes.size());
    const auto kept = static_cast<std::size_t>(table_.length[static_cast<std::size_t>(e)] - 1);
    for (std::size_t i = events.size() - kept; i < events.size(); ++i) {
      const std::size_t at = events[i];
      const double gap = i == 0 ? 0.0 : days_between(journeys.time[events[i - 1]], journeys.time[at]);
      number = write_step(spec_, journeys.time[at], gap, static_cast<std::int64_t>(i) + 1, false, number);
      if (spec_.amount) *number++ = static_cast<float>(journeys.amount[at]);
      for (std::size_t c = 0; c < event_numeric_.size(); ++c) *number++ = spec_.interpolate ? filled[c][i] : event_numeric_[c]->values[at];
      for (const CategoryColumn* column : event_categorical_) *code++ = column->codes[at];
    }
    const double gap = events.empty() ? 0.0 : days_between(journeys.time[events.back()], key.cutoff);
    number = write_step(spec_, key.cutoff, gap, static_cast<std::int64_t>(events.size()), true, number);
    if (spec_.amount) *number++ = missing;
    for (std::size_t c = 0; c < event_numeric_.size(); ++c) *number++ = missing;
    for (std::size_t c = 0; c < event_categorical_.size(); ++c) *code++ = -1;
  }

  void write_profile(std::int64_t e) {
    const ExampleKey key = table_.keys[static_cast<std::size_t>(e)];
    float* number = table_.profile_number.data() + e * static_cast<std::int64_t>(table_.profile_numbers.size());
    for (const NumberColumn* column : profile_numeric_) *number++ = column->values[static_cast<std::size_t>(key.customer)];
    std::int32_t* code = table_.profile_code.data() + e * static_cast<std::int64_t>(table_.profile_codes.size());
    for (const CategoryColumn* column : profile_categorical_) *code++ = column->codes[static_cast<std::size_t>(key.customer)];
    if (!spec_.derived) return;
    const auto [begin, end] = before(key);
    derive(*base_.journeys, spec_, derived_columns_, begin, end, key.cutoff, std::span<float>(number, derived_));
  }

  const Base& base_;
  const FeatureSpec& spec_;
  ExampleTable table_;
  std::vector<const NumberColumn*> event_numeric_, profile_numeric_;
  std::vector<const CategoryColumn*> event_categorical_, profile_categorical_;
  DerivedColumns derived_columns_;
  std::size_t derived_ = 0;
};

template <class Column>
std::vector<std::string> names_of(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

/// Those of a week, a month, a quarter and the horizon's fractions and multiples that suit the horizon.
std::vector<double> choose_windows(double horizon) {
  std::vector<double> windows = {7.0, 30.0, 90.0};
  if (horizon > 0.0) {
    windows.insert(windows.end(), {horizon / 4.0, horizon / 2.0, horizon, 2.0 * horizon});
    std::erase_if(windows, [&](double w) { return w < horizon / 16.0 || w > 2.0 * horizon; });
  }
  std::sort(windows.begin(), windows.end());
  windows.erase(std::unique(windows.begin(), windows.end()), windows.end());
  return windows;
}

}  // namespace

bool has_hours(const Clock& clock) { return !clock.steps && clock.resolution <= microseconds_per_hour; }

double day_of(const Clock& clock) { return clock.steps ? 1.0 : static_cast<double>(microseconds_per_day); }

FeatureSpec choose_features(const Base& base, bool derived, std::int64_t max_length, double horizon, const std::string& amount,
                            const std::vector<std::string>& wanted) {
  FeatureSpec spec;
  spec.max_length = max_length;
  if (base.journeys) {
    const Journeys& journeys = *base.journeys;
    spec.events = true;
    spec.derived = derived;
    spec.clock = journeys.clock;
    spec.horizon = horizon;
    spec.windows = choose_windows(horizon);
    spec.amount = !journeys.amount.empty();
    spec.items = !journeys.item.dictionary.empty();
    look_for_crowds(journeys, spec);
    spec.wanted_types = wanted;
    spec.event_numeric = names_of(journeys.numeric);
    spec.summarized = spec.event_numeric;
    std::erase(spec.summarized, amount);
    spec.event_categorical = names_of(journeys.categorical);
    const bool typed = !journeys.type.dictionary.empty();
    if (typed && find_column(journeys.categorical, journeys.type.name) == nullptr) spec.event_categorical.push_back(journeys.type.name);
    if (typed && journeys.type.dictionary.size() <= most_counted_types) spec.counted_types = journeys.type.dictionary;
  }
  if (base.profiles) {
    spec.profile_numeric = names_of(base.profiles->numeric);
    spec.profile_categorical = names_of(base.profiles->categorical);
  }
  return spec;
}

void look_for_crowds(const Journeys& journeys, FeatureSpec& spec) {
  const auto unit = static_cast<std::int64_t>(day_of(journeys.clock));
  for (std::size_t customer = 0; customer + 1 < journeys.first.size(); ++customer)
    for (std::int64_t i = journeys.first[customer] + 1; i < journeys.first[customer + 1]; ++i) {
      const std::int64_t before = journeys.time[static_cast<std::size_t>(i - 1)], here = journeys.time[static_cast<std::size_t>(i)];
      if (before == here) spec.many_per_moment = true;
      if (floor_divided(before, unit) == floor_divided(here, unit)) spec.many_per_day = true;
    }
}

std::vector<std::int32_t> sequence_lengths(const Base& base, const FeatureSpec& spec, std::span<const ExampleKey> keys) {
  if (!spec.events) return {};
  return Builder(base, spec, keys.subspan(0, 0), {}).lengths_of(keys);
}

ExampleTable empty_examples(const Base& base, const FeatureSpec& spec) { return Builder(base, spec, {}, {}).take(); }

std::int64_t usable_events(const Journeys& journeys, const FeatureSpec& spec, const ExampleKey& key) {
  const auto [begin, end] = events_before(journeys, key);
  if (!spec.drop_numbers && !spec.drop_words) return end - begin;
  std::int64_t count = 0;
  for (std::int64_t i = begin; i < end; ++i)
    if (!is_dropped(journeys, spec, static_cast<std::size_t>(i))) ++count;
  return count;
}

ExampleTable build_examples(const Base& base, const FeatureSpec& spec, std::span<const ExampleKey> keys, Team& team, ExampleTable recycled) {
  Builder builder(base, spec, keys, std::move(recycled));
  const auto count = static_cast<std::int64_t>(keys.size());
  team.run((count + examples_per_tile - 1) / examples_per_tile, [&](std::int64_t tile, int) {
    const std::int64_t end = std::min(count, (tile + 1) * examples_per_tile);
    for (std::int64_t e = tile * examples_per_tile; e < end; ++e) builder.write(e);
  });
  return builder.take();
}

}  // namespace footfall
