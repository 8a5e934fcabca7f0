#include "engine/features/derived.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/features/missing.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::string in_words(double window) {
  std::string text = std::to_string(window);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

/// Takes the values one after the other in the order of derived_names.
class Writer {
 public:
  explicit Writer(std::span<float> out) : out_(out) {}
  void operator()(double value) { out_[at_++] = static_cast<float>(std::isinf(value) ? missing : value); }
  [[nodiscard]] bool full() const { return at_ == out_.size(); }

 private:
  std::span<float> out_;
  std::size_t at_ = 0;
};

/// Events of a customer before the cutoff, all or those of one type, looked at in days.
class Past {
 public:
  const Journeys& journeys;
  const FeatureSpec& spec;
  std::int64_t cutoff;
  std::vector<std::size_t> events;  ///< rows of the journeys, the oldest first
  double unit = 1.0;                ///< a day in the clock's numbers
  double moments = 0.0;             ///< different times
  std::vector<double> day_ages;     ///< of the different days with an event, the oldest first

  /// With `typed` only the events of that type.
  Past(const Journeys& all, const FeatureSpec& features, std::int64_t begin, std::int64_t end, std::int64_t until, std::int32_t type, bool typed)
      : journeys(all), spec(features), cutoff(until), unit(day_of(all.clock)) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      if ((typed && journeys.type.codes[i] != type) || is_dropped(journeys, features, i)) continue;
      if (events.empty() || journeys.time[events.back()] != journeys.time[i]) moments += 1.0;
      events.push_back(i);
      const double day_age = static_cast<double>(cutoff) / unit - std::floor(static_cast<double>(journeys.time[i]) / unit);
      if (day_ages.empty() || day_ages.back() != day_age) day_ages.push_back(day_age);
    }
  }

  [[nodiscard]] double count() const { return static_cast<double>(events.size()); }
  [[nodiscard]] double age(std::size_t i) const { return static_cast<double>(cutoff - journeys.time[i]) / unit; }
  [[nodiscard]] double recency() const { return events.empty() ? missing : age(events.back()); }
  [[nodiscard]] double tenure() const { return events.empty() ? missing : age(events.front()); }
};

void write_gaps(const Past& past, Writer& write) {
  double sum = 0.0, squares = 0.0, last = missing, largest = missing;
  for (std::size_t d = 1; d < past.day_ages.size(); ++d) {
    last = past.day_ages[d - 1] - past.day_ages[d];
    sum += last;
    squares += last * last;
    if (!(largest >= last)) largest = last;
  }
  const double n = static_cast<double>(past.day_ages.size()) - 1.0;
  const double mean = n >= 1.0 ? sum / n : missing;
  write(mean);
  write(n >= 2.0 ? std::sqrt(std::max(0.0, (squares - n * mean * mean) / (n - 1.0))) : missing);
  write(last);
  write(largest);
  write(past.recency() / mean);
  write(past.recency() / largest);
}

void write_ages(const Past& past, Writer& write) {
  double sum = 0.0, squares = 0.0;
  for (const double age : past.day_ages) {
    sum += age;
    squares += age * age;
  }
  const auto days = static_cast<double>(past.day_ages.size());
  const double mean = sum / days;
  write(mean);
  write(std::sqrt(std::max(0.0, squares / days - mean * mean)) / mean);
  write((past.tenure() + 1.0) / days);
}

void write_windows(const Past& past, Writer& write) {
  for (const double window : past.spec.windows) {
    double days = 0.0, decayed = 0.0, events = 0.0;
    for (const double age : past.day_ages) {
      days += age <= window ? 1.0 : 0.0;
      decayed += std::exp2(-age / window);
    }
    for (const std::size_t i : past.events) events += past.age(i) <= window ? 1.0 : 0.0;
    write(days);
    write(decayed);
    if (past.spec.many_per_day) write(events);
  }
}

void write_times(const Past& past, Writer& write) {
  const auto days = static_cast<double>(past.day_ages.size());
  write(past.recency());
  write(past.tenure());
  write(past.tenure() - past.recency());
  write(past.count());
  if (past.spec.many_per_moment) {
    write(past.moments);
    write(past.count() / past.moments);
  }
  if (past.spec.many_per_day) write(days);
  write_gaps(past, write);
  write(past.recency() / past.tenure());
  write(days / (past.tenure() + past.spec.horizon / 4.0));
  write_ages(past, write);
  write_windows(past, write);
}

void write_money(const Past& past, Writer& write) {
  const std::size_t windows = past.spec.windows.size();
  double sum = 0.0, largest = missing, last = 0.0, returns = 0.0, returned = 0.0;
  std::vector<double> recent(windows), decayed(windows);
  for (const std::size_t i : past.events) {
    const double amount = past.journeys.amount[i];
    if (std::isnan(amount)) continue;
    const double age = past.age(i);
    sum += amount;
    if (age == past.recency()) last += amount;
    if (!(largest >= amount)) largest = amount;
    if (amount < 0.0) {
      returns += 1.0;
      returned += amount;
    }
    for (std::size_t w = 0; w < windows; ++w) {
      if (age <= past.spec.windows[w]) recent[w] += amount;
      decayed[w] += amount * std::exp2(-age / past.spec.windows[w]);
    }
  }
  write(sum);
  write(sum / past.moments);
  write(largest);
  write(past.events.empty() ? missing : last);
  write(returns);
  write(returned);
  for (std::size_t w = 0; w < windows; ++w) {
    write(recent[w]);
    write(decayed[w]);
  }
}

void write_number(const Past& past, const NumberColumn& column, Writer& write) {
  const double half_life = past.spec.horizon > 0.0 ? past.spec.horizon : 30.0;
  double sum = 0.0, count = 0.0, last = missing, weighted = 0.0, weights = 0.0;
  for (const std::size_t i : past.events) {
    const double value = column.values[i];
    if (std::isnan(value)) continue;
    const double weight = std::exp2(-past.age(i) / half_life);
    sum += value;
    count += 1.0;
    last = value;
    weighted += weight * value;
    weights += weight;
  }
  write(sum / count);
  write(sum);
  write(last);
  write(weights > 0.0 ? weighted / weights : missing);
}

void write_types(const Past& past, std::span<const std::int32_t> types, Writer& write) {
  for (const std::int32_t type : types) {
    double count = 0.0, recency = missing;
    std::vector<double> decayed(past.spec.windows.size());
    for (const std::size_t i : past.events) {
      if (past.journeys.type.codes[i] != type) continue;
      count += 1.0;
      recency = past.age(i);
      for (std::size_t w = 0; w < decayed.size(); ++w) decayed[w] += std::exp2(-recency / past.spec.windows[w]);
    }
    write(count);
    write(count / past.count());
    write(recency);
    for (const double sum : decayed) write(sum);
  }
}

void write_items(const Past& past, Writer& write) {
  std::vector<std::int32_t> items;
  for (const std::size_t i : past.events)
    if (past.journeys.item.codes[i] >= 0) items.push_back(past.journeys.item.codes[i]);
  std::sort(items.begin(), items.end());
  const auto different = static_cast<double>(std::unique(items.begin(), items.end()) - items.begin());
  write(different);
  write(past.count() / different);
}

/// 1970-01-01 was a Thursday.
bool on_weekend(double day) { return std::fmod(std::fmod(day + 3.0, 7.0) + 7.0, 7.0) >= 5.0; }

void write_calendar(const Past& past, Writer& write) {
  if (past.spec.clock.steps) return;
  double weekend = 0.0;
  for (const double age : past.day_ages) weekend += on_weekend(std::round(static_cast<double>(past.cutoff) / past.unit - age)) ? 1.0 : 0.0;
  write(weekend / static_cast<double>(past.day_ages.size()));
  if (!has_hours(past.spec.clock)) return;
  double hours = 0.0;
  for (const std::size_t i : past.events) {
    const double day = static_cast<double>(past.journeys.time[i]) / past.unit;
    hours += 24.0 * (day - std::floor(day));
  }
  write(hours / past.count());
}

/// What is told of all events, and again of those of a type that a target asks for.
void write_block(const Past& past, std::span<const NumberColumn* const> numeric, Writer& write) {
  write_times(past, write);
  if (past.spec.amount) write_money(past, write);
  for (const NumberColumn* column : numeric) write_number(past, *column, write);
}

void name_block(const FeatureSpec& spec, const std::string& prefix, std::vector<std::string>& names) {
  const auto add = [&](std::initializer_list<const char*> more) {
    for (const char* name : more) names.push_back(prefix + name);
  };
  add({"recency", "tenure", "active", "events"});
  if (spec.many_per_moment) add({"moments", "events_a_moment"});
  if (spec.many_per_day) add({"days"});
  add({"gap_mean", "gap_deviation", "gap_last", "gap_max", "passed", "passed_max", "recency_share", "rate", "age_mean", "age_variation", "days_between"});
  for (const double window : spec.windows) {
    names.push_back(prefix + "days_" + in_words(window));
    names.push_back(prefix + "decayed_" + in_words(window));
    if (spec.many_per_day) names.push_back(prefix + "events_" + in_words(window));
  }
  if (spec.amount) {
    add({"amount_sum", "amount_mean", "amount_max", "amount_last", "returns", "returned"});
    for (const double window : spec.windows) {
      names.push_back(prefix + "amount_" + in_words(window));
      names.push_back(prefix + "amount_decayed_" + in_words(window));
    }
  }
  for (const std::string& column : spec.summarized)
    for (const char* what : {"_mean", "_sum", "_last", "_decayed"}) names.push_back(prefix + column + what);
}

}  // namespace

std::vector<std::string> derived_names(const FeatureSpec& spec) {
  std::vector<std::string> names;
  name_block(spec, "", names);
  for (const std::string& type : spec.wanted_types) name_block(spec, type + ".", names);
  for (const std::string& type : spec.counted_types) {
    for (const char* what : {"type_", "type_share_", "type_recency_"}) names.push_back(what + type);
    for (const double window : spec.windows) names.push_back("type_decayed_" + type + "_" + in_words(window));
  }
  if (spec.items) names.insert(names.end(), {"items", "events_an_item"});
  if (!spec.clock.steps) names.emplace_back("weekend");
  if (has_hours(spec.clock)) names.emplace_back("hour");
  return names;
}

void derive(const Journeys& journeys, const FeatureSpec& spec, const DerivedColumns& columns, std::int64_t begin, std::int64_t end, std::int64_t cutoff,
            std::span<float> out) {
  Writer write(out);
  const Past past(journeys, spec, begin, end, cutoff, -1, false);
  write_block(past, columns.numeric, write);
  for (const std::int32_t type : columns.wanted_types) write_block(Past(journeys, spec, begin, end, cutoff, type, true), columns.numeric, write);
  write_types(past, columns.counted_types, write);
  if (spec.items) write_items(past, write);
  write_calendar(past, write);
  require(write.full(), "derived features and their names differ in number");
}

}  // namespace footfall
