#include "host/jobs/training_record.hpp"

#include <fmt/format.h>

namespace footfall {
namespace {

void put_number(Record& record, const std::string& name, std::int64_t value) { record.put(name, std::vector<std::int64_t>{value}); }
void put_number(Record& record, const std::string& name, double value) { record.put(name, std::vector<double>{value}); }

void put_history(Record& record, const std::string& prefix, const std::vector<EpochRecord>& history) {
  put_number(record, prefix + "epochs", static_cast<std::int64_t>(history.size()));
  for (std::size_t i = 0; i < history.size(); ++i) {
    const std::string at = fmt::format("{}epoch {} ", prefix, i);
    put_number(record, at + "number", history[i].epoch);
    record.put(at + "training", history[i].training);
    record.put(at + "validation", history[i].validation);
    put_number(record, at + "rate", history[i].learning_rate);
    put_number(record, at + "seconds", history[i].seconds);
  }
}

std::vector<EpochRecord> history_of(const Record& record, const std::string& prefix) {
  std::vector<EpochRecord> history;
  const auto epochs = record.value<std::int64_t>(prefix + "epochs");
  for (std::int64_t i = 0; i < epochs; ++i) {
    const std::string at = fmt::format("{}epoch {} ", prefix, i);
    history.push_back({record.value<std::int64_t>(at + "number"), record.list<double>(at + "training"), record.list<double>(at + "validation"),
                       record.value<double>(at + "rate"), record.value<double>(at + "seconds")});
  }
  return history;
}

void put_outcomes(Record& record, const std::string& prefix, const std::vector<Outcome>& outcomes) {
  put_number(record, prefix + "outcomes", static_cast<std::int64_t>(outcomes.size()));
  for (std::size_t t = 0; t < outcomes.size(); ++t) {
    const std::string at = fmt::format("{}outcome {} ", prefix, t);
    record.put(at + "prediction", outcomes[t].prediction);
    record.put(at + "probabilities", outcomes[t].probabilities);
    record.put(at + "likeliest", outcomes[t].likeliest);
  }
}

std::vector<Outcome> outcomes_of(const Record& record, const std::string& prefix) {
  std::vector<Outcome> outcomes;
  const auto targets = record.value<std::int64_t>(prefix + "outcomes");
  for (std::int64_t t = 0; t < targets; ++t) {
    const std::string at = fmt::format("{}outcome {} ", prefix, t);
    outcomes.push_back({record.list<double>(at + "prediction"), record.list<double>(at + "probabilities"), record.list<std::int32_t>(at + "likeliest")});
  }
  return outcomes;
}

void put_predictions(Record& record, const std::string& prefix, const PartPredictions& predictions) {
  record.put(prefix + "rows", predictions.rows);
  put_outcomes(record, prefix, predictions.outcomes);
}

PartPredictions predictions_of(const Record& record, const std::string& prefix) {
  return {record.list<std::int64_t>(prefix + "rows"), outcomes_of(record, prefix)};
}

}  // namespace

void put_training(Record& record, const std::string& prefix, const TrainingResult& result) {
  record.put(prefix + "parameters", result.parameters);
  put_number(record, prefix + "best epoch", result.best_epoch);
  put_number(record, prefix + "padding", result.padding);
  put_number(record, prefix + "steps", result.steps);
  put_history(record, prefix, result.history);
}

TrainingResult training_result(const Record& record, const std::string& prefix) {
  TrainingResult result;
  result.parameters = record.list<float>(prefix + "parameters");
  result.best_epoch = record.value<std::int64_t>(prefix + "best epoch");
  result.padding = record.value<double>(prefix + "padding");
  result.steps = record.value<std::int64_t>(prefix + "steps");
  result.history = history_of(record, prefix);
  return result;
}

void put_training(Record& record, const std::string& prefix, const TrainingState& state) {
  put_number(record, prefix + "now epoch", state.epoch);
  put_number(record, prefix + "now batches", state.batches);
  record.put(prefix + "now parameters", state.parameters);
  record.put(prefix + "now first moment", state.first_moment);
  record.put(prefix + "now second moment", state.second_moment);
  record.put(prefix + "now loss", state.loss);
  put_number(record, prefix + "now seconds", state.seconds);
  put_number(record, prefix + "best loss", state.best);
  put_number(record, prefix + "waited", state.waited);
  put_number(record, prefix + "padded", state.padded);
  put_training(record, prefix, state.so_far);
}

TrainingState training_state(const Record& record, const std::string& prefix) {
  TrainingState state;
  state.epoch = record.value<std::int64_t>(prefix + "now epoch");
  state.batches = record.value<std::int64_t>(prefix + "now batches");
  state.parameters = record.list<float>(prefix + "now parameters");
  state.first_moment = record.list<float>(prefix + "now first moment");
  state.second_moment = record.list<float>(prefix + "now second moment");
  state.loss = record.list<double>(prefix + "now loss");
  state.seconds = record.value<double>(prefix + "now seconds");
  state.best = record.value<double>(prefix + "best loss");
  state.waited = record.value<std::int64_t>(prefix + "waited");
  state.padded = record.value<std::int64_t>(prefix + "padded");
  state.so_far = training_result(record, prefix);
  return state;
}

void put_part(Record& record, const PartResult& part) {
  put_training(record, "", part.fitted.training);
  put_predictions(record, "asked ", part.asked);
  put_predictions(record, "training ", part.training);
  put_number(record, "baselines", static_cast<std::int64_t>(part.baselines.size()));
  for (std::size_t b = 0; b < part.baselines.size(); ++b) {
    const std::string at = fmt::format("baseline {} ", b);
    record.put_text(at + "name", part.baselines[b].first);
    put_outcomes(record, at, part.baselines[b].second);
  }
}

PartResult part_result(const Record& record) {
  PartResult part;
  part.fitted.training = training_result(record, "");
  part.asked = predictions_of(record, "asked ");
  part.training = predictions_of(record, "training ");
  const auto baselines = record.value<std::int64_t>("baselines");
  for (std::int64_t b = 0; b < baselines; ++b) {
    const std::string at = fmt::format("baseline {} ", b);
    part.baselines.emplace_back(record.text(at + "name"), outcomes_of(record, at));
  }
  return part;
}

}  // namespace footfall
