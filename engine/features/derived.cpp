#include "engine/features/derived.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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

/// A journey before the cutoff, looked at in days.
struct Past {
  const Journeys& journeys;
  const FeatureSpec& spec;
  std::int64_t begin, end, cutoff;
  double unit;                      ///< a day in the clock's numbers
  std::vector<double> day_ages{};   ///< of the different days with an event, the oldest first

  [[nodiscard]] double count() const { return static_cast<double>(end - begin); }
  [[nodiscard]] double age(std::int64_t i) const { return static_cast<double>(cutoff - journeys.time[static_cast<std::size_t>(i)]) / unit; }
  [[nodiscard]] double recency() const { return begin == end ? missing : age(end - 1); }
  [[nodiscard]] double tenure() const { return begin == end ? missing : age(begin); }
};

void find_days(Past& past) {
  for (std::int64_t i = past.begin; i < past.end; ++i) {
    const double day = std::floor(static_cast<double>(past.journeys.time[static_cast<std::size_t>(i)]) / past.unit);
    const double age = static_cast<double>(past.cutoff) / past.unit - day;
    if (past.day_ages.empty() || past.day_ages.back() != age) past.day_ages.push_back(age);
  }
}

double moments_of(const Past& past) {
  double count = past.begin == past.end ? 0.0 : 1.0;
  for (std::int64_t i = past.begin + 1; i < past.end; ++i)
    if (past.journeys.time[static_cast<std::size_t>(i)] != past.journeys.time[static_cast<std::size_t>(i - 1)]) count += 1.0;
  return count;
}

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
    for (std::int64_t i = past.begin; i < past.end; ++i) events += past.age(i) <= window ? 1.0 : 0.0;
    write(days);
    write(decayed);
    if (past.spec.many_per_day) write(events);
  }
}

void write_times(const Past& past, double moments, Writer& write) {
  const auto days = static_cast<double>(past.day_ages.size());
  write(past.recency());
  write(past.tenure());
  write(past.tenure() - past.recency());
  write(past.count());
  if (past.spec.many_per_moment) {
    write(moments);
    write(past.count() / moments);
  }
  if (past.spec.many_per_day) write(days);
  write_gaps(past, write);
  write(past.recency() / past.tenure());
  write(days / (past.tenure() + past.spec.horizon / 4.0));
  write_ages(past, write);
  write_windows(past, write);
}

void write_money(const Past& past, double moments, Writer& write) {
  const std::size_t windows = past.spec.windows.size();
  double sum = 0.0, largest = missing, last = 0.0, returns = 0.0, returned = 0.0;
  std::vector<double> recent(windows), decayed(windows);
  for (std::int64_t i = past.begin; i < past.end; ++i) {
    const double amount = past.journeys.amount[static_cast<std::size_t>(i)];
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
  write(sum / moments);
  write(largest);
  write(past.begin == past.end ? missing : last);
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
  for (std::int64_t i = past.begin; i < past.end; ++i) {
    const double value = column.values[static_cast<std::size_t>(i)];
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
    for (std::int64_t i = past.begin; i < past.end && type >= 0; ++i) {
      if (past.journeys.type.codes[static_cast<std::size_t>(i)] != type) continue;
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
  std::vector<std::int32_t> items(past.journeys.item.codes.begin() + past.begin, past.journeys.item.codes.begin() + past.end);
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
  for (std::int64_t i = past.begin; i < past.end; ++i) {
    const double day = static_cast<double>(past.journeys.time[static_cast<std::size_t>(i)]) / past.unit;
    hours += 24.0 * (day - std::floor(day));
  }
  write(hours / past.count());
}

}  // namespace

std::vector<std::string> derived_names(const FeatureSpec& spec) {
  std::vector<std::string> names = {"recency", "tenure", "active", "events"};
  const auto add = [&](std::initializer_list<const char*> more) { names.insert(names.end(), more.begin(), more.end()); };
  if (spec.many_per_moment) add({"moments", "events_a_moment"});
  if (spec.many_per_day) add({"days"});
  add({"gap_mean", "gap_deviation", "gap_last", "gap_max", "passed", "passed_max", "recency_share", "rate", "age_mean", "age_variation", "days_between"});
  for (const double window : spec.windows) {
    names.push_back("days_" + in_words(window));
    names.push_back("decayed_" + in_words(window));
    if (spec.many_per_day) names.push_back("events_" + in_words(window));
  }
  if (spec.amount) {
    add({"amount_sum", "amount_mean", "amount_max", "amount_last", "returns", "returned"});
    for (const double window : spec.windows) {
      names.push_back("amount_" + in_words(window));
      names.push_back("amount_decayed_" + in_words(window));
    }
  }
  for (const std::string& column : spec.summarized)
    for (const char* what : {"_mean", "_sum", "_last", "_decayed"}) names.push_back(column + what);
  for (const std::string& type : spec.counted_types) {
    for (const char* what : {"type_", "type_share_", "type_recency_"}) names.push_back(what + type);
    for (const double window : spec.windows) names.push_back("type_decayed_" + type + "_" + in_words(window));
  }
  if (spec.items) add({"items", "events_an_item"});
  if (!spec.clock.steps) add({"weekend"});
  if (has_hours(spec.clock)) add({"hour"});
  return names;
}

void derive(const Journeys& journeys, const FeatureSpec& spec, std::span<const std::int32_t> type_codes, std::span<const NumberColumn* const> numeric,
            std::int64_t begin, std::int64_t end, std::int64_t cutoff, std::span<float> out) {
  Past past{journeys, spec, begin, end, cutoff, day_of(journeys.clock)};
  find_days(past);
  const double moments = moments_of(past);
  Writer write(out);
  write_times(past, moments, write);
  if (spec.amount) write_money(past, moments, write);
  for (const NumberColumn* column : numeric) write_number(past, *column, write);
  write_types(past, type_codes, write);
  if (spec.items) write_items(past, write);
  write_calendar(past, write);
  require(write.full(), "derived features and their names differ in number");
}

}  // namespace footfall
