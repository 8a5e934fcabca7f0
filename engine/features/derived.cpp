#include "engine/features/derived.hpp"

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
  void operator()(double value) { out_[at_++] = static_cast<float>(value); }
  [[nodiscard]] bool full() const { return at_ == out_.size(); }

 private:
  std::span<float> out_;
  std::size_t at_ = 0;
};

struct Gaps {
  std::int64_t moments = 0;  ///< different times
  double mean = missing, deviation = missing, last = missing;
};

Gaps gaps_of(const Journeys& journeys, std::int64_t begin, std::int64_t end, double day) {
  Gaps gaps;
  if (begin == end) return gaps;
  double sum = 0.0, squares = 0.0;
  gaps.moments = 1;
  for (std::int64_t i = begin + 1; i < end; ++i) {
    const auto here = static_cast<std::size_t>(i);
    const double gap = static_cast<double>(journeys.time[here] - journeys.time[here - 1]) / day;
    if (gap <= 0.0) continue;
    ++gaps.moments;
    sum += gap;
    squares += gap * gap;
    gaps.last = gap;
  }
  const auto n = static_cast<double>(gaps.moments - 1);
  if (n >= 1.0) gaps.mean = sum / n;
  if (n >= 2.0) gaps.deviation = std::sqrt(std::max(0.0, squares / n - gaps.mean * gaps.mean));
  return gaps;
}

void write_times(const Journeys& journeys, const FeatureSpec& spec, std::int64_t begin, std::int64_t end, std::int64_t cutoff, Writer& write) {
  const double day = day_of(journeys.clock);
  const auto n = static_cast<double>(end - begin);
  const auto age = [&](std::int64_t i) { return static_cast<double>(cutoff - journeys.time[static_cast<std::size_t>(i)]) / day; };
  const double recency = begin == end ? missing : age(end - 1);
  const double tenure = begin == end ? missing : age(begin);
  const Gaps gaps = gaps_of(journeys, begin, end, day);
  write(recency);
  write(tenure);
  write(tenure - recency);
  write(n);
  write(static_cast<double>(gaps.moments));
  write(gaps.mean);
  write(gaps.deviation);
  write(gaps.last);
  write(recency / gaps.mean);
  double sum = 0.0, squares = 0.0;
  for (std::int64_t i = begin; i < end; ++i) {
    sum += age(i);
    squares += age(i) * age(i);
  }
  const double mean = n > 0.0 ? sum / n : missing;
  write(mean);
  write(n > 0.0 && mean > 0.0 ? std::sqrt(std::max(0.0, squares / n - mean * mean)) / mean : missing);
  for (const double window : spec.windows) {
    double count = 0.0, decayed = 0.0;
    for (std::int64_t i = begin; i < end; ++i) {
      count += age(i) <= window ? 1.0 : 0.0;
      decayed += std::exp2(-age(i) / window);
    }
    write(count);
    write(decayed);
  }
}

void write_money(const Journeys& journeys, const FeatureSpec& spec, std::int64_t begin, std::int64_t end, std::int64_t cutoff, Writer& write) {
  const double day = day_of(journeys.clock);
  double sum = 0.0, count = 0.0, largest = missing, last = missing, returns = 0.0;
  std::vector<double> recent(spec.windows.size()), decayed(spec.windows.size());
  for (std::int64_t i = begin; i < end; ++i) {
    const double amount = journeys.amount[static_cast<std::size_t>(i)];
    if (std::isnan(amount)) continue;
    const double age = static_cast<double>(cutoff - journeys.time[static_cast<std::size_t>(i)]) / day;
    sum += amount;
    count += 1.0;
    last = amount;
    if (!(largest >= amount)) largest = amount;
    if (amount < 0.0) returns += 1.0;
    for (std::size_t w = 0; w < spec.windows.size(); ++w) {
      if (age <= spec.windows[w]) recent[w] += amount;
      decayed[w] += amount * std::exp2(-age / spec.windows[w]);
    }
  }
  write(sum);
  write(count > 0.0 ? sum / count : missing);
  write(largest);
  write(last);
  write(returns);
  for (std::size_t w = 0; w < spec.windows.size(); ++w) {
    write(recent[w]);
    write(decayed[w]);
  }
}

void write_number(const NumberColumn& column, std::int64_t begin, std::int64_t end, Writer& write) {
  double sum = 0.0, count = 0.0, largest = missing, last = missing;
  for (std::int64_t i = begin; i < end; ++i) {
    const double value = column.values[static_cast<std::size_t>(i)];
    if (std::isnan(value)) continue;
    sum += value;
    count += 1.0;
    last = value;
    if (!(largest >= value)) largest = value;
  }
  write(count > 0.0 ? sum / count : missing);
  write(last);
  write(largest);
}

void write_types(const Journeys& journeys, std::span<const std::int32_t> types, std::int64_t begin, std::int64_t end, std::int64_t cutoff, Writer& write) {
  const double day = day_of(journeys.clock);
  for (const std::int32_t type : types) {
    double count = 0.0, recency = missing;
    for (std::int64_t i = begin; i < end && type >= 0; ++i) {
      if (journeys.type.codes[static_cast<std::size_t>(i)] != type) continue;
      count += 1.0;
      recency = static_cast<double>(cutoff - journeys.time[static_cast<std::size_t>(i)]) / day;
    }
    write(count);
    write(recency);
  }
}

}  // namespace

std::vector<std::string> derived_names(const FeatureSpec& spec) {
  std::vector<std::string> names = {"recency", "tenure",   "span",       "frequency", "moments",      "gap_mean",
                                    "gap_deviation", "gap_last", "gap_passed", "age_mean",  "age_variation"};
  for (const double window : spec.windows) {
    names.push_back("count_" + in_words(window));
    names.push_back("decayed_" + in_words(window));
  }
  if (spec.amount) {
    for (const char* name : {"amount_sum", "amount_mean", "amount_max", "amount_last", "returns"}) names.emplace_back(name);
    for (const double window : spec.windows) {
      names.push_back("amount_" + in_words(window));
      names.push_back("amount_decayed_" + in_words(window));
    }
  }
  for (const std::string& column : spec.event_numeric) {
    names.push_back(column + "_mean");
    names.push_back(column + "_last");
    names.push_back(column + "_max");
  }
  for (const std::string& type : spec.counted_types) {
    names.push_back("type_" + type);
    names.push_back("type_recency_" + type);
  }
  return names;
}

void derive(const Journeys& journeys, const FeatureSpec& spec, std::span<const std::int32_t> type_codes,
            std::span<const NumberColumn* const> numeric, std::int64_t begin, std::int64_t end, std::int64_t cutoff, std::span<float> out) {
  Writer write(out);
  write_times(journeys, spec, begin, end, cutoff, write);
  if (spec.amount) write_money(journeys, spec, begin, end, cutoff, write);
  for (const NumberColumn* column : numeric) write_number(*column, begin, end, write);
  write_types(journeys, type_codes, begin, end, cutoff, write);
  require(write.full(), "derived features and their names differ in number");
}

}  // namespace footfall
