#include "host/journeys/labels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "engine/data/near_names.hpp"
#include "host/journeys/clock.hpp"
#include "host/journeys/column_labels.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// The events that a target asks about, as a step of its own so that other filters and aggregates have their place.
struct WindowQuestion {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int32_t type = any_type;  ///< code in the dictionary of types

  static constexpr std::int32_t any_type = -1;
  static constexpr std::int32_t no_such_type = -2;
};

WindowQuestion question_of(const Journeys& journeys, const TargetSpec& target, std::int64_t cutoff, bool known) {
  WindowQuestion question{.begin = cutoff, .end = cutoff + horizon_on(journeys.clock, target.horizon)};
  if (target.event.empty()) return question;
  const auto& types = journeys.type.dictionary;
  const auto found = std::lower_bound(types.begin(), types.end(), target.event);
  if (found != types.end() && *found == target.event) {
    question.type = static_cast<std::int32_t>(found - types.begin());
    return question;
  }
  if (!known)
    throw bad_input("target \"" + target.name + "\" asks for events of type \"" + target.event + "\", and no event is of it",
                    suggest_names(target.event, types, "types"));
  question.type = WindowQuestion::no_such_type;
  return question;
}

/// What the events of one customer in the window come to.
struct WindowAnswer {
  std::int64_t count = 0;
  double sum = 0;
};

WindowAnswer answer(const Journeys& journeys, std::int64_t customer, const WindowQuestion& question) {
  const auto begin = journeys.time.begin() + journeys.first[static_cast<std::size_t>(customer)];
  const auto end = journeys.time.begin() + journeys.first[static_cast<std::size_t>(customer) + 1];
  WindowAnswer out;
  for (auto time = std::lower_bound(begin, end, question.begin); time != end && *time < question.end; ++time) {
    const auto row = static_cast<std::size_t>(time - journeys.time.begin());
    if (question.type != WindowQuestion::any_type && journeys.type.codes[row] != question.type) continue;
    ++out.count;
    if (!journeys.amount.empty() && !std::isnan(journeys.amount[row])) out.sum += journeys.amount[row];
  }
  return out;
}

Labels window_labels(const Base& base, const TargetSpec& target, std::int64_t cutoff, bool known) {
  require(base.journeys.has_value(), "a window target over a base without events");
  const Journeys& journeys = *base.journeys;
  const WindowQuestion question = question_of(journeys, target, cutoff, known);
  Labels out;
  if (target.kind == TargetKind::sum)
    out.schema = {.kind = LabelKind::number, .classes = {}};
  else
    out.schema = {.kind = LabelKind::binary, .classes = {"0", "1"}};
  out.values.resize(static_cast<std::size_t>(base.customers()));
  for (std::int64_t customer = 0; customer < base.customers(); ++customer) {
    const WindowAnswer found = answer(journeys, customer, question);
    float& value = out.values[static_cast<std::size_t>(customer)];
    if (target.kind == TargetKind::sum)
      value = static_cast<float>(found.sum);
    else
      value = (found.count > 0) == (target.kind == TargetKind::happens) ? 1.0F : 0.0F;
  }
  return out;
}

std::string value_in_words(const TargetSpec& target, const Labels& labels, float value) {
  if (target.kind == TargetKind::happens) return value == 0.0F ? "without an event in the window" : "with an event in the window";
  if (target.kind == TargetKind::silent) return value == 0.0F ? "with an event in the window" : "without an event in the window";
  return "\"" + labels.schema.classes.at(static_cast<std::size_t>(value)) + "\"";
}

}  // namespace

Labels make_labels(const Base& base, const TargetColumns& columns, const TargetSpec& target, std::int64_t cutoff,
                   const LabelSchema* known) {
  if (target.windowed()) return window_labels(base, target, cutoff, known != nullptr);
  const auto found = columns.find(target.column);
  require(found != columns.end(), "the column of a target was not read");
  return column_labels(base.ids, found->second, target, known);
}

void check_labels(const TargetSpec& target, const Labels& labels, const std::vector<std::int64_t>& examples) {
  std::set<float> seen;
  std::int64_t known = 0;
  for (const std::int64_t example : examples) {
    const float value = labels.values[static_cast<std::size_t>(example)];
    if (std::isnan(value)) continue;
    ++known;
    if (seen.size() < 2) seen.insert(value);
  }
  if (known == 0)
    throw bad_input("target \"" + target.name + "\": no label is known for any of " + std::to_string(examples.size()) + " customers",
                    "check the column, or the files");
  if (labels.schema.kind == LabelKind::number || seen.size() > 1) return;
  throw bad_input("target \"" + target.name + "\" has one class only: every one of " + std::to_string(known) + " customers is " +
                      value_in_words(target, labels, *seen.begin()),
                  target.windowed() ? "choose another cutoff, horizon or event" : "use data that holds both");
}

std::vector<std::int64_t> examples_at(const Base& base, std::int64_t cutoff) {
  std::vector<std::int64_t> out;
  for (std::int64_t customer = 0; customer < base.customers(); ++customer) {
    const auto i = static_cast<std::size_t>(customer);
    bool taken = base.profiles && base.profiles->present[i] != 0;
    if (!taken && base.journeys) {
      const Journeys& journeys = *base.journeys;
      taken = journeys.first[i] < journeys.first[i + 1] && journeys.time[static_cast<std::size_t>(journeys.first[i])] < cutoff;
    }
    if (taken) out.push_back(customer);
  }
  return out;
}

EventCounts count_events(const Base& base, std::int64_t cutoff, std::int64_t max_length) {
  EventCounts out;
  if (!base.journeys) return out;
  const Journeys& journeys = *base.journeys;
  for (std::size_t i = 0; i < static_cast<std::size_t>(base.customers()); ++i) {
    const auto begin = journeys.time.begin() + journeys.first[i];
    const std::int64_t before = std::lower_bound(begin, journeys.time.begin() + journeys.first[i + 1], cutoff) - begin;
    out.before_cutoff += before;
    out.kept += std::min(before, max_length);
  }
  return out;
}

std::vector<std::string> window_notices(const Base& base, const Job& job, std::int64_t cutoff) {
  if (!base.journeys || base.journeys->time.empty()) return {};
  return window_notices(base.journeys->clock, time_range(*base.journeys).newest, job, cutoff);
}

std::vector<std::string> window_notices(const Clock& clock, std::int64_t newest, const Job& job, std::int64_t cutoff) {
  std::vector<std::string> out;
  for (const TargetSpec& target : job.targets) {
    if (!target.windowed()) continue;
    const std::int64_t end = cutoff + horizon_on(clock, target.horizon);
    // A window that ends on the day of the newest event is full as far as the data can say.
    const std::int64_t slack = clock.steps ? clock.resolution : std::max(clock.resolution, microseconds_per_day);
    if (end > newest + slack)
      out.push_back("target \"" + target.name + "\": the window ends at " + moment_text(end, clock) + ", after the newest event (" +
                    moment_text(newest, clock) + "), so less than the whole horizon of " + target.horizon.text + " is seen");
  }
  return out;
}

}  // namespace footfall
