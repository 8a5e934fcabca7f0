#include "host/jobs/part.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

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

std::vector<std::uint8_t> left_out_of(const Job& job, const Prepared& prepared, const std::vector<std::int64_t>& rows) {
  std::vector<std::uint8_t> out;
  if (job.missing.numeric != MissingNumber::drop && job.missing.categorical != MissingCategory::drop) {
    out.resize(rows.size());
    return out;
  }
  visit_examples(*prepared.source(), rows, {false, true}, [&](const ExampleTable& table) {
    for (std::int64_t e = 0; e < table.size(); ++e) out.push_back(is_left_out(job, table, e) ? 1 : 0);
  });
  return out;
}

Parts split_validation(const Job& job, const Prepared& prepared, const std::vector<std::int64_t>& rows, std::uint64_t seed) {
  const std::vector<std::uint8_t> held = stratified_share(strata_of(prepared, rows), *job.train.validation, seed ^ 0x5DEECE66DULL);
  const std::vector<std::uint8_t> left_out = left_out_of(job, prepared, rows);
  Parts parts;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (left_out[i] == 0) (held[i] != 0 ? parts.validation : parts.training).push_back(rows[i]);
  if (parts.training.empty()) throw bad_input("[missing] drop leaves no customer to train on", "choose another policy, or fewer columns");
  return parts;
}

/// Columns of labels of the first binary target; null where there is none.
const std::vector<float>* first_binary(const Prepared& prepared) {
  for (std::size_t t = 0; t < prepared.schemas.size(); ++t)
    if (prepared.schemas[t].kind == LabelKind::binary) return &prepared.labels[t];
  return nullptr;
}

/// For a small training set, a gate is fitted to its encoded profiles.
void add_gate(const ExampleSource& source, const Dictionaries& dictionaries, const Prepared& prepared, const std::vector<std::int64_t>& training, Transform& transform,
              Workshop& shop) {
  const std::vector<float>* labels = first_binary(prepared);
  if (labels == nullptr || training.size() >= small_training_set) return;
  ExampleTable table;
  source.gather(training, {false, true}, table);
  recode(table, dictionaries, transform, shop.backend->team());
  const DeviceExamples device = upload_examples(table, transform, true, *shop.backend, *shop.stream);
  std::vector<float> known;
  std::vector<std::int64_t> rows;
  for (const std::int64_t row : training) {
    rows.push_back(static_cast<std::int64_t>(rows.size()));
    known.push_back((*labels)[static_cast<std::size_t>(row)]);
  }
  transform.gate = fit_gate(download(device.profile.view(), *shop.stream), transform.profile_width(), known, rows);
}

/// The examples of a part as its network and the baselines read them: on the device, where they are in memory, else by blocks.
class PartExamples {
 public:
  PartExamples(const ExampleSource& source, const Dictionaries& dictionaries, const Transform& transform, bool events, bool profile, std::int64_t batch, Workshop& shop)
      : source_(source), dictionaries_(dictionaries), transform_(transform), shop_(shop) {
    if (!source.in_memory()) {
      feed_ = std::make_unique<BlockFeed>(source, dictionaries, transform, Wanted{events, profile}, block_size(source.index(), batch), *shop.backend, *shop.stream);
      return;
    }
    table_ = source.index();
    recode(table_, dictionaries, transform, shop.backend->team());
    if (!events) table_.length.clear();
    device_ = upload_examples(table_, transform, profile, *shop.backend, *shop.stream);
    profiles_.keys = table_.keys;
    feed_ = std::make_unique<ResidentFeed>(table_, device_);
  }

  [[nodiscard]] ExampleFeed& feed() { return *feed_; }
  /// The profiles alone.
  [[nodiscard]] std::unique_ptr<ExampleFeed> profiles(std::int64_t batch) const {
    if (source_.in_memory()) return std::make_unique<ResidentFeed>(profiles_, device_);
    return std::make_unique<BlockFeed>(source_, dictionaries_, transform_, Wanted{false, true}, block_size(source_.index(), batch), *shop_.backend, *shop_.stream);
  }

 private:
  const ExampleSource& source_;
  const Dictionaries& dictionaries_;
  const Transform& transform_;
  Workshop& shop_;
  ExampleTable table_, profiles_;
  DeviceExamples device_;
  std::unique_ptr<ExampleFeed> feed_;
};

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

void append_outcome(Outcome& to, const Outcome& from) {
  to.prediction.insert(to.prediction.end(), from.prediction.begin(), from.prediction.end());
  to.likeliest.insert(to.likeliest.end(), from.likeliest.begin(), from.likeliest.end());
  to.probabilities.insert(to.probabilities.end(), from.probabilities.begin(), from.probabilities.end());
}

/// The baselines' predictions for rows of the table.
std::vector<std::pair<std::string, std::vector<Outcome>>> baselines_for(const Prepared& prepared, const PartResult& part, const TrainingData& data,
                                                                        const PartExamples& examples, const PartRequest& request, FitCheckpoint& checkpoint, Workshop& shop) {
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
    std::vector<std::int64_t> all(prepared.table.keys.size());
    std::iota(all.begin(), all.end(), 0);
    visit_examples(*prepared.source(), all, {false, true}, [&](const ExampleTable& table) {
      for (std::size_t e = 0; e < table.keys.size(); ++e) recency.push_back(table.profile_number[e * names.size() + column]);
    });
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
  const std::unique_ptr<ExampleFeed> feed = examples.profiles(spec.batch);
  const TrainingData profiles{*feed, data.transform, data.labels, data.training, data.validation};
  const TrainingResult fitted = checkpoint.train(request.name + " logistic", {}, [&](const TrainingHooks& hooks) {
    return train(linear, layout, spec, profiles, initial_parameters(linear, layout, request.seed), *shop.backend, *shop.stream, hooks);
  });
  out.emplace_back("logistic", predict_rows(linear, data.transform, fitted.parameters, *feed, rows, shop).outcomes);
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

BlockSize block_size(const ExampleTable& index, std::int64_t batch) {
  constexpr std::int64_t event_bytes = std::int64_t{8} << 20;
  BlockSize size{std::max(batch, prediction_batch), 0};
  if (index.length.empty()) return size;
  const auto longest = static_cast<std::int64_t>(*std::max_element(index.length.begin(), index.length.end()));
  const auto row_bytes = static_cast<std::int64_t>(4 * (index.event_numbers.size() + index.event_codes.size()));
  size.event_rows = std::max(size.examples * longest, event_bytes / row_bytes);
  return size;
}

PartPredictions predict_rows(const Architecture& architecture, const Transform& transform, const std::vector<float>& parameters, ExampleFeed& feed,
                             const std::vector<std::int64_t>& rows, Workshop& shop) {
  PartPredictions out;
  for (const HeadSpec& head : architecture.heads) out.outcomes.push_back(outcome_of(head, {}, architecture.outputs(), 0));
  const std::span<const std::int32_t> lengths = architecture.has_events() ? feed.lengths() : std::span<const std::int32_t>();
  const ParameterLayout layout(architecture);
  std::int64_t time = 0;
  if (!lengths.empty())
    for (const std::int64_t e : rows) time = std::max<std::int64_t>(time, lengths[static_cast<std::size_t>(e)]);
  const std::int64_t largest = std::clamp<std::int64_t>(static_cast<std::int64_t>(rows.size()), 1, prediction_batch);
  NeuralNetwork network(architecture, layout, transform.events.scale, feed.device(), {largest, time, false}, 0, *shop.backend, *shop.stream);
  const Array<float> there = upload(parameters, *shop.stream);
  for (const std::vector<std::int64_t>& window : windows_of(rows)) {
    const BatchPlan plan = plan_groups(lengths, std::vector<std::vector<std::int64_t>>{window}, prediction_batch);
    const std::vector<float> outputs = predict(network, architecture, feed, plan, there.view(), *shop.stream);
    out.rows.insert(out.rows.end(), plan.order.begin(), plan.order.end());
    std::int64_t first = 0;
    for (std::size_t h = 0; h < architecture.heads.size(); ++h) {
      append_outcome(out.outcomes[h], outcome_of(architecture.heads[h], outputs, architecture.outputs(), first));
      first += architecture.heads[h].outputs();
    }
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
  const std::unique_ptr<ExampleSource> source = prepared.source();
  fitted.transform = fit_transform(*source, dictionaries, parts.training, transform_of(job), *shop.backend, *shop.stream);
  fitted.architecture = architecture_of(job, fitted.transform, prepared.schemas, static_cast<std::int64_t>(parts.training.size()));
  std::vector<std::vector<float>> labels;
  for (std::size_t h = 0; h < fitted.architecture.heads.size(); ++h) {
    fit_head(fitted.architecture.heads[h], prepared.labels[h], parts.training);
    labels.push_back(loss_labels(fitted.architecture.heads[h], prepared.labels[h]));
  }
  const bool profile = fitted.architecture.profile_width > 0;
  if (profile) add_gate(*source, dictionaries, prepared, parts.training, fitted.transform, shop);
  const ParameterLayout layout(fitted.architecture);
  const TrainingSpec spec = training_of(job, request.seed);
  PartExamples examples(*source, dictionaries, fitted.transform, fitted.architecture.has_events(), profile, spec.batch, shop);
  const TrainingData data{examples.feed(), fitted.transform, labels, parts.training, parts.validation};
  const auto progress = [&](const EpochRecord& record) {
    observer.progress(request.name, record.epoch, spec.epochs, "epochs");
    observer.note(describe_epoch(request.name, record, spec.epochs));
  };
  fitted.training = checkpoint.train(request.name, progress, [&](const TrainingHooks& hooks) {
    return train(fitted.architecture, layout, spec, data, initial_parameters(fitted.architecture, layout, request.seed), *shop.backend, *shop.stream, hooks);
  });
  take_weights_out(fitted.architecture, layout, fitted.training.parameters);
  const auto predictions = [&](const std::vector<std::int64_t>& rows) {
    return predict_rows(fitted.architecture, fitted.transform, fitted.training.parameters, examples.feed(), rows, shop);
  };
  smear(fitted.architecture, predictions(parts.training), prepared);
  if (!parts.validation.empty()) calibrate(fitted.architecture, predictions(parts.validation), prepared);
  if (!request.asked.empty()) out.asked = predictions(request.asked);
  if (!request.asked.empty() && request.baselines) out.baselines = baselines_for(prepared, out, data, examples, request, checkpoint, shop);
  out.training = predictions(request.training);
  out.learned = parts.training;
  out.validation = parts.validation;
  return out;
}

}  // namespace footfall
