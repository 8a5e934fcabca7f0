#include "host/report/words.hpp"

#include <cmath>

#include <fmt/format.h>

#include "host/report/html.hpp"
#include "host/report/number_text.hpp"

namespace footfall {
namespace {

using nlohmann::ordered_json;

double number_in(const ordered_json& all, std::initializer_list<std::string> path) {
  const ordered_json* here = &all;
  for (const std::string& key : path) {
    if (!here->is_object() || !here->contains(key)) return std::nan("");
    here = &here->at(key);
  }
  return here->is_number() ? here->get<double>() : std::nan("");
}

std::string window_of(const FitRecord& record, const TargetSpec& target) {
  return fmt::format("in the {} from {} on", horizon_text(target.horizon), escape(record.model.job.split.cutoff.value_or("the cutoff")));
}

std::string event_of(const TargetSpec& target) { return target.event.empty() ? "event" : in_quotes(target.event) + " event"; }
std::string an_event_of(const TargetSpec& target) { return (target.event.empty() ? "an " : "a ") + event_of(target); }

std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 8;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < most; ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + in_quotes(names[i]);
  return names.size() > most ? out + fmt::format(" or one of {} others", names.size() - most) : out;
}

std::string tested_customers(const FitRecord& record, std::size_t target, const TargetWords& words) {
  const std::string& name = record.model.architecture.heads[target].name;
  const double n = metric(record, "test", name, "n"), positives = metric(record, "test", name, "positives");
  std::string out = "<b>" + counted(std::llround(n), "customer was", "customers were") + " tested</b>";
  if (!std::isnan(positives) && n > 0.0)
    out += fmt::format("; among them were {} {} ({})", count_text(std::llround(positives)), words.positives, percent_text(positives / n));
  return out + ". ";
}

std::string protocol_text(const FitRecord& record) {
  const SplitSpec& split = record.model.job.split;
  switch (split.kind) {
    case SplitKind::folds:
      return fmt::format(
          "The customers were dealt into {0} groups (folds); each group was predicted by a model that had learned from the others, so "
          "every customer was tested once, by a model that "
          "had never seen them. Figures are means over the folds, \u00b1 their standard deviation; curves take all folds together. This "
          "tells how well customers are told apart within one period, not how well the past foretells "
          "another one.",
          split.folds);
    case SplitKind::test:
      return fmt::format(
          "These {} of the customers were drawn at random and held out: the tested model never saw them. This tells how well customers are "
          "told apart within one period, not how well the past "
          "foretells another one.",
          percent_text(split.test));
    case SplitKind::out_of_time:
      return fmt::format(
          "The test is out of time: the tested model knew only what had happened one horizon ({}) before {}, and was then asked about the "
          "period from {} on, which it had never seen. "
          "This is what a campaign would have met.",
          horizon_text(record.model.job.longest_horizon()), escape(split.cutoff.value_or("the cutoff")),
          escape(split.cutoff.value_or("the cutoff")));
    case SplitKind::test_files:
      return "The customers of the test files were predicted by the saved model, which had not learned from those files.";
  }
  return {};
}

}  // namespace

std::string horizon_text(const Horizon& horizon) {
  std::size_t digits = 0;
  while (digits < horizon.text.size() && std::isdigit(static_cast<unsigned char>(horizon.text[digits])) != 0) ++digits;
  const std::string number = horizon.text.substr(0, digits), unit = horizon.text.substr(digits);
  const bool one = number == "1";
  const char* name = unit == "d"                     ? (one ? "day" : "days")
                     : unit == "w"                   ? (one ? "week" : "weeks")
                     : unit == "h"                   ? (one ? "hour" : "hours")
                     : unit == "min"                 ? (one ? "minute" : "minutes")
                     : unit == "s"                   ? (one ? "second" : "seconds")
                     : unit.empty() && horizon.steps ? (one ? "step" : "steps")
                                                     : nullptr;
  return name == nullptr ? escape(horizon.text) : number + "\u00a0" + name;
}

TargetWords words_of(const FitRecord& record, std::size_t target) {
  const TargetSpec& spec = record.model.job.targets[target];
  const std::vector<std::string>& classes = record.model.targets[target].schema.classes;
  TargetWords words;
  switch (spec.kind) {
    case TargetKind::happens:
      words.question = fmt::format("Which customers have {} {}?", spec.event.empty() ? "an event (of any kind)" : an_event_of(spec),
                                   window_of(record, spec));
      words.positives = "customers with " + an_event_of(spec);
      break;
    case TargetKind::silent:
      words.question = fmt::format("Which customers fall silent: no {} {}?", event_of(spec), window_of(record, spec));
      words.positives = "customers without " + an_event_of(spec);
      break;
    case TargetKind::sum: {
      const std::string amount = record.model.job.events ? record.model.job.events->amount : std::string();
      words.question = fmt::format("How much does each customer bring {}: the sum of {}{}?", window_of(record, spec), in_quotes(amount),
                                   spec.event.empty() ? "" : " over " + event_of(spec) + "s");
      words.unit = "sum of " + amount;
      break;
    }
    case TargetKind::column: {
      const LabelKind kind = record.model.targets[target].schema.kind;
      if (kind == LabelKind::binary) {
        const std::string positive = classes.size() > 1 ? classes[1] : spec.positive.value_or("1");
        words.question = fmt::format("For which customers is {} {}?", in_quotes(spec.column), in_quotes(positive));
        words.positives = fmt::format("customers whose {} is {}", in_quotes(spec.column), in_quotes(positive));
      } else if (kind == LabelKind::category) {
        words.question = fmt::format("Which {} does each customer have: {}?", in_quotes(spec.column), list_of(classes));
      } else {
        words.question = fmt::format("What is the {} of each customer?", in_quotes(spec.column));
        words.unit = spec.column;
      }
    }
  }
  return words;
}

std::string how_tested(const FitRecord& record, std::size_t target) {
  const TargetWords words = words_of(record, target);
  if (!record.metrics.contains("test"))
    return "<p class=\"verdict\"><b>This model was not tested.</b> The figures below are of the customers it learned from; they flatter "
           "it.</p>\n";
  return "<p>" + tested_customers(record, target, words) + protocol_text(record) + "</p>\n";
}

std::string baseline_title(const std::string& name, HeadKind kind) {
  if (name == "logistic") return kind == HeadKind::number ? "Linear regression" : "Logistic regression";
  if (name == "recency") return "Recency alone";
  return name == "constant" ? "Constant" : name;
}

std::string baselines_explained(const FitRecord& record, std::size_t target) {
  const HeadSpec& head = record.model.architecture.heads[target];
  std::string out;
  for (const std::string& name : baselines_of(record, head.name)) {
    out +=
        out.empty() ? "Beside the model stand simple predictions, fitted on the same customers, so that you see what it is worth: " : "; ";
    out += "<b>" + escape(baseline_title(name, head.kind)) + "</b>";
    if (name == "logistic")
      out += record.model.job.events ? " uses the same customer columns and derived features, without the sequence of events"
                                     : " gives each column a weight of its own";
    if (name == "recency") out += " knows only how long ago a customer was last seen";
    if (name == "constant") out += " says the same of everybody";
  }
  return out.empty() ? out : "<p class=\"soft\">" + out + ".</p>\n";
}

std::vector<std::string> baselines_of(const FitRecord& record, const std::string& target) {
  std::vector<std::string> names;
  if (!record.metrics.contains("baselines") || !record.metrics.at("baselines").contains(target)) return names;
  const ordered_json& there = record.metrics.at("baselines").at(target);
  for (const char* name : {"logistic", "recency", "constant"})
    if (there.contains(name)) names.emplace_back(name);
  return names;
}

double metric(const FitRecord& record, const std::string& part, const std::string& target, const std::string& figure) {
  return number_in(record.metrics, {part, target, figure});
}

double baseline_metric(const FitRecord& record, const std::string& target, const std::string& baseline, const std::string& figure) {
  return number_in(record.metrics, {"baselines", target, baseline, figure});
}

double deviation(const FitRecord& record, const std::string& part, const std::string& target, const std::string& figure) {
  return number_in(record.metrics, {part, target, "standard_deviation", figure});
}

}  // namespace footfall
