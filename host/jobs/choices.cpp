#include "host/jobs/choices.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace footfall {
namespace {

constexpr std::int32_t members_by_default = 16;
constexpr double most_examples_seen = 1.6e6;   ///< epochs x examples, where epochs are chosen
constexpr float most_state_dropout = 0.9F;

/// The fewer examples there are, the more of the event encoder's state is dropped: how many times the dropout of the layers.
float state_dropout_for(std::int64_t examples) { return examples < 2'000 ? 9.0F : examples < 10'000 ? 5.0F : 2.0F; }

/// Epochs that reached the best figures on the reference sets, fewer where there are many examples.
std::int32_t epochs_for(std::int64_t examples, bool events) {
  const double usual = examples > 12'000 ? 8.0 : events && examples >= 2'000 ? 12.0 : 20.0;
  const double affordable = most_examples_seen / static_cast<double>(std::max<std::int64_t>(examples, 1));
  return static_cast<std::int32_t>(std::max(2.0, std::round(std::min(usual, affordable))));
}

bool plain(const Job& job) { return job.model.members.value_or(1) <= 1; }

std::int64_t embedding_width(std::int64_t words) { return std::min<std::int64_t>(16, (words + 1) / 2); }

Scale scale_of(ScaleKind kind) { return kind == ScaleKind::standard ? Scale::standard : kind == ScaleKind::minmax ? Scale::minmax : Scale::none; }

}  // namespace

void make_choices(Job& job, std::int64_t examples, bool events) {
  if (!job.model.profile) job.model.profile = events ? std::vector<std::int32_t>{128, 128} : std::vector<std::int32_t>{128, 128, 128};
  if (job.model.profile->empty()) job.model.members = 1;
  if (!job.model.members) job.model.members = members_by_default;
  const bool seed_like = plain(job);
  if (!job.model.dropout) job.model.dropout = 0.1;
  if (!job.train.epochs) job.train.epochs = seed_like ? 10 : epochs_for(examples, events);
  if (!job.train.batch) job.train.batch = seed_like ? 32 : 256;
  if (!job.train.learning_rate) job.train.learning_rate = seed_like ? 1e-3 : 2e-3;
  if (!job.train.weight_decay) job.train.weight_decay = 0.0;
  if (!job.train.validation) job.train.validation = seed_like || job.train.patience.value_or(0) > 0 ? 0.1 : 0.0;
  if (!job.train.patience) job.train.patience = seed_like ? 3 : 0;
  if (!job.train.precision) job.train.precision = Precision::float32;
  if (job.train.algorithms.empty()) job.train.algorithms.assign(job.model.lstm.size(), RnnAlgorithm::standard);
}

std::vector<std::string> describe_choices(const Job& asked, const Job& chosen) {
  std::vector<std::string> lines;
  const auto tell = [&](bool automatic, const char* key, const auto& value) {
    if (automatic) lines.push_back(fmt::format("{} = {}", key, value));
  };
  tell(!asked.model.profile, "profile", fmt::format("[{}]", fmt::join(*chosen.model.profile, ", ")));
  tell(!asked.model.members, "members", *chosen.model.members);
  tell(!asked.model.dropout, "dropout", *chosen.model.dropout);
  tell(!asked.train.epochs, "epochs", *chosen.train.epochs);
  tell(!asked.train.batch, "batch", *chosen.train.batch);
  tell(!asked.train.learning_rate, "learning_rate", *chosen.train.learning_rate);
  tell(!asked.train.weight_decay, "weight_decay", *chosen.train.weight_decay);
  tell(!asked.train.validation, "validation", *chosen.train.validation);
  tell(!asked.train.patience, "patience", *chosen.train.patience);
  return lines;
}

TrainingSpec training_of(const Job& job, std::uint64_t seed) {
  TrainingSpec spec;
  spec.epochs = *job.train.epochs;
  spec.batch = *job.train.batch;
  spec.learning_rate = static_cast<float>(*job.train.learning_rate);
  spec.weight_decay = static_cast<float>(*job.train.weight_decay);
  spec.patience = *job.train.patience;
  spec.seed = seed;
  if (plain(job)) return spec;
  spec.warm_up = 0.05;
  spec.cosine = true;
  spec.largest_norm = 1.0F;
  return spec;
}

TransformSpec transform_of(const Job& job) {
  TransformSpec spec;
  spec.scale = scale_of(job.model.scale);
  spec.numeric = static_cast<NumericMissing>(job.missing.numeric);
  spec.categorical = static_cast<CategoricalMissing>(job.missing.categorical);
  return spec;
}

std::vector<HeadSpec> heads_of(const Job& job, const std::vector<LabelSchema>& schemas) {
  std::vector<HeadSpec> heads;
  for (std::size_t t = 0; t < schemas.size(); ++t) {
    HeadSpec head;
    head.name = job.targets[t].name;
    head.kind = schemas[t].kind == LabelKind::binary ? HeadKind::binary : schemas[t].kind == LabelKind::number ? HeadKind::number : HeadKind::classes;
    head.balanced = job.train.balanced;
    if (head.kind == HeadKind::classes) head.classes = schemas[t].classes;
    heads.push_back(std::move(head));
  }
  return heads;
}

Architecture architecture_of(const Job& job, const Transform& transform, const std::vector<LabelSchema>& schemas, std::int64_t examples) {
  Architecture a;
  if (job.events && !job.model.lstm.empty()) {
    a.event_numbers = static_cast<std::int64_t>(transform.events.names.size());
    a.event_indicators = transform.events.indicators();
    for (const Vocabulary& words : transform.event_words) {
      a.event_words.push_back(words.size());
      a.embedding.push_back(embedding_width(words.size()));
    }
    a.hidden.assign(job.model.lstm.begin(), job.model.lstm.end());
    a.cell = job.model.cell == CellKind::lstm ? Cell::lstm : Cell::gru;
  }
  a.layers.assign(job.model.profile->begin(), job.model.profile->end());
  a.profile_width = a.layers.empty() && a.has_events() ? 0 : transform.profile_width();
  a.members = *job.model.members;
  a.dropout = static_cast<float>(*job.model.dropout);
  a.state_dropout = std::min(most_state_dropout, state_dropout_for(examples) * a.dropout);
  a.precision = *job.train.precision;
  if (a.has_events()) a.algorithm = job.train.algorithms;
  a.heads = heads_of(job, schemas);
  return a;
}

}  // namespace footfall
