#include "host/jobs/part.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/baseline/baseline.hpp"
#include "engine/train/predict.hpp"
#include "engine/train/split.hpp"
#include "engine/transform/gate.hpp"
#include "host/jobs/choices.hpp"
#include "host/jobs/fit_checkpoint.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::size_t small_training_set = 2'000;      ///< examples below which inputs are gated
constexpr std::int64_t least_for_calibration = 200;   ///< labelled examples below which a temperature is noise

struct Parts {
  std::vector<std::int64_t> training, validation;
};

/// Whether a row of the customer table is no training example because a cell of it is missing ([missing] drop). It is tested and scored all the same.
bool is_left_out(const Job& job, const ExampleTable& table, std::int64_t row) {
  const auto numbers = static_cast<std::int64_t>(job.missing.numeric == MissingNumber::drop && job.customers ? job.customers->numeric.names.size() : 0);
  const auto words = static_cast<std::int64_t>(job.missing.categorical == MissingCategory::drop ? table.profile_codes.size() : 0);
  const auto width = static_cast<std::int64_t>(table.profile_numbers.size());
  for (std::int64_t c = 0; c < numbers; ++c)
    if (std::isnan(table.profile_number[static_cast<std::size_t>(row * width + c)])) return true;
  for (std::int64_t c = 0; c < words; ++c)
    if (table.profile_code[static_cast<std::size_t>(row * words + c)] < 0) return true;
  return false;
}

Parts split_validation(const Job& job, const Prepared& prepared, const std::vector<std::int64_t>& rows, std::uint64_t seed) {
  const std::vector<std::uint8_t> held = stratified_share(strata_of(prepared, rows), *job.train.validation, seed ^ 0x5DEECE66DULL);
  Parts parts;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!is_left_out(job, prepared.table, rows[i])) (held[i] != 0 ? parts.validation : parts.training).push_back(rows[i]);
  if (parts.training.empty()) throw bad_input("[missing] drop leaves no customer to train on", "choose another policy, or fewer columns");
  return parts;
}

/// Columns of labels of the first binary target; null where there is none.
const std::vector<float>* first_binary(const Prepared& prepared) {
  for (std::size_t t = 0; t < prepared.schemas.size(); ++t)
    if (prepared.schemas[t].kind == LabelKind::binary) return &prepared.labels[t];
  return nullptr;
}

/// Uploads the table; for a small training set once more behind a gate that is fitted to the encoded profiles.
DeviceExamples upload_gated(const ExampleTable& table, const Prepared& prepared, const std::vector<std::int64_t>& training, Transform& transform, bool profile, Workshop& shop) {
  DeviceExamples device = upload_examples(table, transform, profile, *shop.backend, *shop.stream);
  const std::vector<float>* labels = first_binary(prepared);
  if (!profile || labels == nullptr || training.size() >= small_training_set) return device;
  const std::vector<float> encoded = download(device.profile.view(), *shop.stream);
  transform.gate = fit_gate(encoded, transform.profile_width(), *labels, training);
  return upload_examples(table, transform, profile, *shop.backend, *shop.stream);
}

std::vector<float> labels_of(const Prepared& prepared, std::size_t target, const std::vector<std::int64_t>& rows) {
  std::vector<float> labels;
  for (const std::int64_t row : rows) labels.push_back(prepared.labels[target][static_cast<std::size_t>(row)]);
  return labels;
}

void calibrate(Architecture& architecture, const PartPredictions& validation, const Prepared& prepared) {
  if (static_cast<std::int64_t>(validation.rows.size()) < least_for_calibration) return;
  for (std::size_t h = 0; h < architecture.heads.size(); ++h)
    if (architecture.heads[h].kind != HeadKind::number)
      architecture.heads[h].inverse_temperature = fit_inverse_temperature(validation.outcomes[h], labels_of(prepared, h, validation.rows));
}

void smear(Architecture& architecture, const PartPredictions& training, const Prepared& prepared) {
  for (std::size_t h = 0; h < architecture.heads.size(); ++h)
    if (architecture.heads[h].kind == HeadKind::number) architecture.heads[h].smear = fit_smear(training.outcomes[h], labels_of(prepared, h, training.rows));
}

std::string describe_epoch(const std::string& name, const EpochRecord& record, std::int64_t epochs) {
  const auto sum = [](const std::vector<double>& values) {
    double all = 0.0;
    for (const double v : values) all += v;
    return all;
  };
  std::string text = fmt::format("{}: epoch {}/{}, loss {:.4f}", name, record.epoch, epochs, sum(record.training));
  if (!record.validation.empty()) text += fmt::format(", validation {:.4f}", sum(record.validation));
  return text + fmt::format(", {:.1f} s", record.seconds);
}

/// The baselines' predictions for rows of the table.
std::vector<std::pair<std::string, std::vector<Outcome>>> baselines_for(const Prepared& prepared, const PartResult& part, const TrainingData& data,
                                                                        const PartRequest& request, FitCheckpoint& checkpoint, Workshop& shop) {
  const Architecture& model = part.fitted.architecture;
  const std::vector<std::int64_t>& rows = part.asked.rows;
  std::vector<std::pair<std::string, std::vector<Outcome>>> out;
  std::vector<Outcome> constant, recent;
  for (std::size_t h = 0; h < model.heads.size(); ++h)
    constant.push_back(constant_baseline(model.heads[h], prepared.labels[h], data.training, static_cast<std::int64_t>(rows.size())));
  out.emplace_back("constant", std::move(constant));
  const std::vector<std::string>& names = prepared.table.profile_numbers;
  const auto column = static_cast<std::size_t>(std::find(names.begin(), names.end(), "recency") - names.begin());
  if (prepared.features.derived && column < names.size()) {
    std::vector<float> recency;
    for (std::size_t e = 0; e < prepared.table.keys.size(); ++e) recency.push_back(prepared.table.profile_number[e * names.size() + column]);
    for (std::size_t h = 0; h < model.heads.size(); ++h) recent.push_back(recency_baseline(model.heads[h], prepared.labels[h], recency, data.training, rows));
    out.emplace_back("recency", std::move(recent));
  }
  if (model.profile_width == 0) return out;
  const Architecture linear = linear_architecture(model, model.profile_width);
  const ParameterLayout layout(linear);
  TrainingSpec spec;
  spec.epochs = 20;
  spec.batch = 256;
  spec.learning_rate = 0.01F;
  spec.warm_up = 0.05;
  spec.cosine = true;
  spec.seed = request.seed;
  ExampleTable table;
  table.keys = data.table.keys;
  const TrainingData profiles{table, data.device, data.transform, data.labels, data.training, data.validation};
  const TrainingResult fitted = checkpoint.train(request.name + " logistic", {}, [&](const TrainingHooks& hooks) {
    return train(linear, layout, spec, profiles, initial_parameters(linear, layout, request.seed), *shop.backend, *shop.stream, hooks);
  });
  out.emplace_back("logistic", predict_rows(linear, data.transform, fitted.parameters, table, data.device, {rows}, shop).outcomes);
  return out;
}

}  // namespace

std::vector<std::int32_t> strata_of(const Prepared& prepared, const std::vector<std::int64_t>& rows) {
  const auto binary = std::find_if(prepared.schemas.begin(), prepared.schemas.end(), [](const LabelSchema& s) { return s.kind == LabelKind::binary; });
  std::vector<std::int32_t> strata;
  for (const std::int64_t row : rows) {
    if (binary == prepared.schemas.end()) {
      strata.push_back(0);
      continue;
    }
    const float label = prepared.labels[static_cast<std::size_t>(binary - prepared.schemas.begin())][static_cast<std::size_t>(row)];
    strata.push_back(std::isnan(label) ? 2 : static_cast<std::int32_t>(label));
  }
  return strata;
}

PartPredictions predict_rows(const Architecture& architecture, const Transform& transform, const std::vector<float>& parameters, const ExampleTable& table,
                             const DeviceExamples& device, const std::vector<std::vector<std::int64_t>>& groups, Workshop& shop) {
  PartPredictions out;
  const BatchPlan plan = plan_groups(architecture.has_events() ? std::span<const std::int32_t>(table.length) : std::span<const std::int32_t>(), groups, prediction_batch);
  const ParameterLayout layout(architecture);
  std::int64_t largest = 1;
  for (std::int64_t k = 0; k < plan.batches(); ++k) largest = std::max(largest, plan.start[static_cast<std::size_t>(k) + 1] - plan.start[static_cast<std::size_t>(k)]);
  NeuralNetwork network(architecture, layout, transform.events.scale, device, {largest, longest(table, plan), false}, 0, *shop.backend, *shop.stream);
  const Array<float> there = upload(parameters, *shop.stream);
  const std::vector<float> outputs = predict(network, architecture, table, plan, there.view(), *shop.stream);
  out.rows = plan.order;
  std::int64_t first = 0;
  for (const HeadSpec& head : architecture.heads) {
    out.outcomes.push_back(outcome_of(head, outputs, architecture.outputs(), first));
    first += head.outputs();
  }
  return out;
}

std::vector<Outcome> in_order(const PartPredictions& predictions) {
  std::vector<Outcome> out;
  const std::size_t n = predictions.rows.size();
  for (const Outcome& from : predictions.outcomes) {
    Outcome to;
    to.prediction.resize(n);
    to.likeliest.resize(from.likeliest.size());
    to.probabilities.resize(from.probabilities.size());
    const std::size_t classes = n > 0 ? from.probabilities.size() / n : 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto row = static_cast<std::size_t>(predictions.rows[i]);
      to.prediction[row] = from.prediction[i];
      if (!from.likeliest.empty()) to.likeliest[row] = from.likeliest[i];
      std::copy_n(from.probabilities.begin() + static_cast<std::ptrdiff_t>(i * classes), classes, to.probabilities.begin() + static_cast<std::ptrdiff_t>(row * classes));
    }
    out.push_back(std::move(to));
  }
  return out;
}

PartResult fit_part(const Job& job, const Prepared& prepared, const Dictionaries& dictionaries, const PartRequest& request, FitCheckpoint& checkpoint,
                    Workshop& shop, const Observer& observer) {
  PartResult out;
  FittedPart& fitted = out.fitted;
  const Parts parts = split_validation(job, prepared, request.training, request.seed);
  fitted.transform = fit_transform(prepared.table, dictionaries, parts.training, transform_of(job), *shop.backend, *shop.stream);
  fitted.architecture = architecture_of(job, fitted.transform, prepared.schemas, static_cast<std::int64_t>(parts.training.size()));
  ExampleTable table = prepared.table;
  recode(table, dictionaries, fitted.transform, shop.backend->team());
  if (!fitted.architecture.has_events()) table.length.clear();
  std::vector<std::vector<float>> labels;
  for (std::size_t h = 0; h < fitted.architecture.heads.size(); ++h) {
    fit_head(fitted.architecture.heads[h], prepared.labels[h], parts.training);
    labels.push_back(loss_labels(fitted.architecture.heads[h], prepared.labels[h]));
  }
  const DeviceExamples device = upload_gated(table, prepared, parts.training, fitted.transform, fitted.architecture.profile_width > 0, shop);
  const ParameterLayout layout(fitted.architecture);
  const TrainingSpec spec = training_of(job, request.seed);
  const TrainingData data{table, device, fitted.transform, labels, parts.training, parts.validation};
  const auto progress = [&](const EpochRecord& record) {
    observer.progress(request.name, record.epoch, spec.epochs, "epochs");
    observer.note(describe_epoch(request.name, record, spec.epochs));
  };
  fitted.training = checkpoint.train(request.name, progress, [&](const TrainingHooks& hooks) {
    return train(fitted.architecture, layout, spec, data, initial_parameters(fitted.architecture, layout, request.seed), *shop.backend, *shop.stream, hooks);
  });
  take_weights_out(fitted.architecture, layout, fitted.training.parameters);
  const auto predictions = [&](const std::vector<std::int64_t>& rows) {
    return predict_rows(fitted.architecture, fitted.transform, fitted.training.parameters, table, device, {rows}, shop);
  };
  smear(fitted.architecture, predictions(parts.training), prepared);
  if (!parts.validation.empty()) calibrate(fitted.architecture, predictions(parts.validation), prepared);
  if (!request.asked.empty()) out.asked = predictions(request.asked);
  if (!request.asked.empty() && request.baselines) out.baselines = baselines_for(prepared, out, data, request, checkpoint, shop);
  out.training = predictions(request.training);
  out.learned = parts.training;
  out.validation = parts.validation;
  return out;
}

}  // namespace footfall
