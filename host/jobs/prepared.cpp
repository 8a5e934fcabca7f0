#include "host/jobs/prepared.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "host/journeys/clock.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

std::vector<ExampleKey> keys_at(const Base& base, const std::vector<std::int64_t>& cutoffs) {
  std::vector<ExampleKey> keys;
  for (const std::int64_t cutoff : cutoffs)
    for (const std::int64_t customer : examples_at(base, cutoff)) keys.push_back({customer, cutoff});
  return keys;
}

/// Labels of every example, target by target; an example of a customer at a cutoff has the customer's label at it.
void add_labels(const ReadBase& read, const std::vector<std::int64_t>& cutoffs, const std::vector<LabelSchema>* known, Prepared& out) {
  for (std::size_t t = 0; t < read.job.targets.size(); ++t) {
    const TargetSpec& target = read.job.targets[t];
    std::vector<float> labels;
    LabelSchema schema;
    for (const std::int64_t cutoff : cutoffs) {
      const LabelSchema* given = known != nullptr ? &(*known)[t] : cutoff == cutoffs.front() ? nullptr : &schema;
      const Labels here = make_labels(read.base, read.targets, target, cutoff, given);
      schema = here.schema;
      const std::vector<std::int64_t> examples = examples_at(read.base, cutoff);
      check_labels(target, here, examples);
      for (const std::int64_t customer : examples) labels.push_back(here.values[static_cast<std::size_t>(customer)]);
    }
    out.schemas.push_back(schema);
    out.labels.push_back(std::move(labels));
  }
}

double horizon_in_days(const ReadBase& read) {
  if (!read.base.journeys) return 0.0;
  const Clock& clock = read.base.journeys->clock;
  const Horizon horizon = read.job.longest_horizon();
  return horizon.amount == 0 ? 0.0 : static_cast<double>(horizon_on(clock, horizon)) / day_of(clock);
}

/// A table has no time to interpolate in.
void refuse_interpolation(const ReadBase& read) {
  if (!read.base.profiles) return;
  for (const NumberColumn& column : read.base.profiles->numeric)
    for (std::size_t c = 0; c < column.values.size(); ++c)
      if (read.base.profiles->present[c] != 0 && std::isnan(column.values[c]))
        throw bad_input(fmt::format("[missing] numeric = \"interpolate\", but the column \"{}\" of the customer table has no value for customer {}, and a table has no time to interpolate in",
                                    column.name, read.base.ids.name(static_cast<std::int64_t>(c))),
                        "choose mean, median, mode, zero or drop");
}

/// The event types that targets ask for, each once.
std::vector<std::string> wanted_types(const Job& job) {
  std::vector<std::string> types;
  for (const TargetSpec& target : job.targets)
    if (!target.event.empty() && std::find(types.begin(), types.end(), target.event) == types.end()) types.push_back(target.event);
  return types;
}

}  // namespace

std::vector<std::int64_t> cutoffs_of(const ReadBase& read) {
  if (!read.base.journeys || !read.job.split.cutoff) return {0};
  return cutoffs_of(read.job, read.base.journeys->clock, time_range(*read.base.journeys));
}

std::vector<std::int64_t> cutoffs_of(const Job& job, const Clock& clock, const TimeRange& range) {
  if (!job.split.cutoff) return {0};
  const std::int64_t cutoff = parse_cutoff(*job.split.cutoff, clock);
  check_cutoff(clock, range, cutoff);
  const std::int64_t horizon = job.longest_horizon().amount == 0 ? 0 : horizon_on(clock, job.longest_horizon());
  const bool earlier = job.split.kind == SplitKind::out_of_time;
  if ((earlier || job.split.steps_back > 0) && horizon == 0)
    throw bad_input("[split] out_of_time and steps_back need a target with a horizon", "take them out, or add a target of kind happens, silent or sum");
  std::vector<std::int64_t> cutoffs;
  for (std::int64_t step = 0; step <= job.split.steps_back + (earlier ? 1 : 0); ++step) {
    const std::int64_t at = cutoff - step * horizon;
    if (at <= range.oldest)
      throw bad_input(fmt::format("[split]: {} is before every event, so nothing can be learned there", moment_text(at, clock)),
                      "choose a later cutoff, a shorter horizon or fewer steps_back");
    cutoffs.push_back(at);
  }
  return cutoffs;
}

std::unique_ptr<ExampleSource> Prepared::source() const {
  if (spilled) return std::make_unique<SpilledSource>(table, *spilled);
  return std::make_unique<TableSource>(table);
}

const ExampleTable& Prepared::with_profiles(ExampleTable& own) const {
  if (!spilled) return table;
  std::vector<std::int64_t> rows(static_cast<std::size_t>(table.size()));
  std::iota(rows.begin(), rows.end(), 0);
  source()->gather(rows, {false, true}, own);
  return own;
}

FeatureSpec features_of(const ReadBase& read) {
  const std::int64_t max_length = read.job.events ? read.job.events->max_length : 0;
  FeatureSpec spec = choose_features(read.base, read.job.model.derived, max_length, horizon_in_days(read), read.job.events ? read.job.events->amount : std::string(), wanted_types(read.job));
  spec.interpolate = read.job.missing.numeric == MissingNumber::interpolate;
  spec.drop_numbers = read.job.missing.numeric == MissingNumber::drop;
  spec.drop_words = read.job.missing.categorical == MissingCategory::drop;
  return spec;
}

Prepared prepare_examples(const ReadBase& read, const std::vector<std::int64_t>& cutoffs, Team& team) {
  Prepared out;
  out.cutoff = cutoffs.front();
  out.features = features_of(read);
  if (out.features.interpolate) refuse_interpolation(read);
  add_labels(read, cutoffs, nullptr, out);
  out.table = build_examples(read.base, out.features, keys_at(read.base, cutoffs), team);
  return out;
}

Prepared prepare_known(const ReadBase& read, const std::vector<std::int64_t>& cutoffs, const FeatureSpec& features, const std::vector<LabelSchema>& schemas, Team& team) {
  Prepared out;
  out.cutoff = cutoffs.front();
  out.features = features;
  add_labels(read, cutoffs, &schemas, out);
  out.table = build_examples(read.base, features, keys_at(read.base, cutoffs), team);
  return out;
}

void BaseFingerprint::add(const Base& base) {
  std::size_t at = 0;
  const auto add_values = [&]<class T>(const std::vector<T>& values) {
    if (columns_.size() == at) columns_.emplace_back();
    columns_[at++].add_values(std::span<const T>(values));
  };
  const auto add_words = [&](const CategoryColumn& column) {
    add_values(column.codes);
    if (columns_.size() == at) {
      columns_.emplace_back();
      for (const std::string& word : column.dictionary) columns_[at].add_values(std::span<const char>(word.c_str(), word.size() + 1));
    }
    ++at;   // the same names in every one of the bases
  };
  add_values(base.ids.numbers);
  if (columns_.size() == at) columns_.emplace_back();
  for (const std::string& name : base.ids.names) columns_[at].add_values(std::span<const char>(name.c_str(), name.size() + 1));
  ++at;
  if (base.journeys) {
    std::vector<std::int64_t> ends(base.journeys->first.begin() + 1, base.journeys->first.end());
    for (std::int64_t& end : ends) end += events_;
    events_ += base.journeys->events();
    add_values(ends);
    add_values(base.journeys->time);
    add_values(base.journeys->amount);
    for (const NumberColumn& column : base.journeys->numeric) add_values(column.values);
    for (const CategoryColumn* column : {&base.journeys->type, &base.journeys->item}) add_words(*column);
    for (const CategoryColumn& column : base.journeys->categorical) add_words(column);
  }
  if (base.profiles) {
    for (const NumberColumn& column : base.profiles->numeric) add_values(column.values);
    for (const CategoryColumn& column : base.profiles->categorical) add_words(column);
  }
}

std::string BaseFingerprint::text() const {
  Checksum all;
  for (const Checksum& column : columns_) {
    const std::uint64_t value = column.value();
    all.add_values(std::span(&value, 1));
  }
  return fmt::format("{:016x}", all.value());
}

std::string fingerprint_of(const Base& base) {
  BaseFingerprint out;
  out.add(base);
  return out.text();
}

}  // namespace footfall
