#include "host/job/checks.hpp"

#include <algorithm>
#include <cctype>

namespace footfall {
namespace {

Error wrong(const Job& job, const std::string& cause, const std::string& remedy) { return bad_input(job.source + ": " + cause, remedy); }

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_once(const Job& job, const char* table, const std::vector<std::string>& numeric, const std::vector<std::string>& categorical) {
  for (const std::string& name : numeric)
    if (holds(categorical, name))
      throw wrong(job, std::string("[") + table + "] column \"" + name + "\" is named by numeric and by categorical",
                  "keep it in one of them");
}

void check_events(const Job& job) {
  const EventsSpec& events = *job.events;
  check_once(job, "events", events.numeric, events.categorical);
  for (const auto* names : {&events.numeric, &events.categorical})
    if (holds(*names, events.customer))
      throw wrong(job, "[events] \"" + events.customer + "\" is the customer and cannot be a feature as well", "remove it from the list");
}

void check_customers(const Job& job) {
  const CustomersSpec& customers = *job.customers;
  check_once(job, "customers", customers.numeric.names, customers.categorical.names);
  if (customers.customer.empty()) {
    if (job.events) throw wrong(job, "[customers] lacks the key \"customer\", which ties the table to the events", "add customer = \"…\"");
    return;
  }
  for (const auto* names : {&customers.numeric.names, &customers.categorical.names})
    if (holds(*names, customers.customer))
      throw wrong(job, "[customers] \"" + customers.customer + "\" is the customer and cannot be a feature as well",
                  "remove it from the list");
}

void check_window_target(const Job& job, const TargetSpec& target) {
  const std::string place = "target \"" + target.name + "\" ";
  if (!job.events)
    throw wrong(job, place + "looks at a window of events, and the job has no [events]", "add [events], or use kind = \"column\"");
  if (!job.split.cutoff)
    throw wrong(job, place + "looks at a window from the cutoff on, and [split] names no cutoff",
                "add [split] cutoff = \"2011-09-10\" (the time at which the window begins)");
  if (target.kind == TargetKind::sum && job.events->amount.empty())
    throw wrong(job, place + "sums amounts, and [events] names no amount", "add [events] amount = \"…\"");
  if (!target.event.empty() && job.events->type.empty())
    throw wrong(job, place + "asks for events of type \"" + target.event + "\", and [events] names no type", "add [events] type = \"…\"");
  const TargetSpec& first = *std::find_if(job.targets.begin(), job.targets.end(), [](const TargetSpec& other) { return other.windowed(); });
  if (first.horizon.steps != target.horizon.steps)
    throw wrong(job, place + "has the horizon " + target.horizon.text + " and target \"" + first.name + "\" has " + first.horizon.text,
                "write both as steps, or both with a unit");
}

void check_split(const Job& job) {
  const bool windows = std::any_of(job.targets.begin(), job.targets.end(), [](const TargetSpec& target) { return target.windowed(); });
  if (job.split.cutoff && !job.events)
    throw wrong(job, "[split] cutoff cuts events, and the job has no [events]", "remove cutoff, or add [events]");
  if (job.split.kind == SplitKind::out_of_time && !windows)
    throw wrong(job, "[split] out_of_time moves the cutoff back by the longest horizon, and no target has one", "use test or folds");
  if (job.split.steps_back > 0 && !windows)
    throw wrong(job, "[split] steps_back goes back by horizons, and no target has one", "remove steps_back");
}

void check_missing(const Job& job) {
  if (job.missing.numeric != MissingNumber::interpolate) return;
  if (!job.events)
    throw wrong(job,
                "[missing] numeric = \"interpolate\" draws a line in time between a customer's events, and the job has no [events]; rows "
                "of a customer table have no order",
                "use mean, median, mode, zero or drop");
  if (job.customers && (job.customers->numeric.automatic || !job.customers->numeric.names.empty()))
    throw wrong(job,
                "[missing] numeric = \"interpolate\" draws a line in time between a customer's events, and the numeric columns of "
                "[customers] have no time",
                "use mean, median, mode, zero or drop, or take the numeric columns out of [customers]");
}

}  // namespace

void check_target(const Job& job, const Section& in) {
  const std::string& name = job.targets.back().name;
  const auto fits = [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '_' || letter == '-' || letter >= 0x80; };
  if (!std::all_of(name.begin(), name.end(), fits))
    throw in.error("name", "\"" + name + "\" cannot name a column of the scores", "use letters, digits, _ and -");
  if (name == "customer" || name == "log_evidence")
    throw in.error("name", "\"" + name + "\" is another column of the scores", "choose another name");
  for (std::size_t i = 0; i + 1 < job.targets.size(); ++i) {
    const std::string& other = job.targets[i].name;
    if (name == other) throw in.error("name", "\"" + name + "\" is the name of two targets", "choose another name for one of them");
    for (const char* ending : {"_decile", "_network", "_blend"})
      if (name == other + ending || other == name + ending)
        throw in.error("name", "\"" + name + "\" and target \"" + other + "\" would share a column of the scores",
                       "choose another name for one of them");
  }
}

void check_job(const Job& job) {
  if (!job.events && !job.customers) throw wrong(job, "the job has neither [events] nor [customers]", "name the files to learn from");
  if (job.targets.empty())
    throw wrong(job, "the job has no [[target]]", "say what to predict, for example kind = \"happens\" with a horizon");
  if (job.events) check_events(job);
  if (job.customers) check_customers(job);
  for (const TargetSpec& target : job.targets) {
    if (target.windowed()) check_window_target(job, target);
    if (!target.windowed() && !job.customers)
      throw wrong(job, "target \"" + target.name + "\" is a column of the customer table, and the job has no [customers]",
                  "add [customers]");
    if (!target.windowed() && target.column == job.customers->customer)
      throw wrong(job, "target \"" + target.name + "\" is the column of the customer", "name another column");
  }
  check_split(job);
  check_missing(job);
  if (!job.train.algorithms.empty() && job.train.algorithms.size() != job.model.lstm.size())
    throw bad_input(job.source + ": [train] algorithms has " + std::to_string(job.train.algorithms.size()) + " entries for " + std::to_string(job.model.lstm.size()) +
                        " recurrent layers", "write one for each of [model] lstm, or \"auto\"");
}

}  // namespace footfall
