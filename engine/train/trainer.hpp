#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "engine/model/network.hpp"
#include "engine/train/feed.hpp"
#include "engine/transform/transform.hpp"

namespace footfall {

/// How a model is trained.
struct TrainingSpec {
  std::int64_t epochs = 10;
  std::int64_t batch = 32;
  float learning_rate = 1e-3F;
  float weight_decay = 0.0F;
  std::int64_t patience = 3;        ///< epochs without a better validation loss before it stops; 0: no early stopping
  double warm_up = 0.0;             ///< share of all steps in which the learning rate rises linearly
  bool cosine = false;              ///< the learning rate falls to 0 at the last step along half a cosine
  float largest_norm = 0.0F;        ///< of the gradient; 0: no clipping
  std::uint64_t seed = 42;
  std::int64_t window = std::int64_t{1} << 17;   ///< examples that are shuffled together (batches.hpp); decides the order, never the memory
};

struct EpochRecord {
  std::int64_t epoch = 0;                ///< from 1
  std::vector<double> training;          ///< mean loss a head
  std::vector<double> validation;        ///< empty without a validation part
  double learning_rate = 0.0;            ///< at its last step
  double seconds = 0.0;
};

struct TrainingResult {
  std::vector<float> parameters;         ///< of the best epoch (the last without early stopping)
  std::int64_t best_epoch = 0;
  std::vector<EpochRecord> history;
  double padding = 0.0;                  ///< share of the steps that were padding
  std::int64_t steps = 0;                ///< events seen, closing steps included
};

/// What is trained on: the examples, the labels of each head ([heads][examples], NaN: none), and the rows of both parts.
struct TrainingData {
  ExampleFeed& feed;
  const Transform& transform;
  const std::vector<std::vector<float>>& labels;
  std::span<const std::int64_t> training;
  std::span<const std::int64_t> validation;
};

/// The labels of a head as its loss wants them: binary and class as they are, a number as its standardized sign(y) log1p|y|.
[[nodiscard]] std::vector<float> loss_labels(const HeadSpec& head, std::span<const float> labels);

/// Fits center and spread of a number head, or the rate of a binary one, and the weights of the classes of a balanced one, to the labels of the
/// training examples.
void fit_head(HeadSpec& head, std::span<const float> labels, std::span<const std::int64_t> training);

/// A model that was trained with weights w of its classes answers for a population in which they are as frequent as w makes them. This moves its
/// logits back by log w, which is exact for a model that fits (Saerens, Latinne and Decaestecker 2002, equation 4), and forgets the weights.
void take_weights_out(Architecture& spec, const ParameterLayout& layout, std::vector<float>& parameters);

/// Mean loss of each head of predictions [rows, outputs] against the labels at `rows` of the table.
[[nodiscard]] std::vector<double> prediction_losses(const Architecture& spec, std::span<const float> predictions, std::span<const std::int64_t> rows,
                                                    const std::vector<std::vector<float>>& labels);

/// A training between two steps. With the same data and TrainingSpec it goes on from here to the same bits: orders, dropout and learning rates
/// are functions of seed, epoch and step, so no generator has a state of its own.
struct TrainingState {
  std::int64_t epoch = 1;                ///< the one under way
  std::int64_t batches = 0;              ///< of it, done
  std::vector<float> parameters, first_moment, second_moment;   ///< [layout size]
  std::vector<double> loss;              ///< [heads] sums over the epoch's batches so far
  double seconds = 0.0;                  ///< that the epoch has taken
  TrainingResult so_far;                 ///< of the epochs before: history, steps, the best epoch and (with early stopping) its parameters
  double best = std::numeric_limits<double>::infinity();        ///< loss of that epoch
  std::int64_t waited = 0;               ///< epochs since
  std::int64_t padded = 0;               ///< steps of the epochs before, padding included
};

/// What a caller hears of a training and keeps of it. Each function may be empty.
struct TrainingHooks {
  std::function<void(const EpochRecord&)> progress;         ///< after each epoch
  std::function<bool()> due;                                ///< asked after each step: shall the state be kept?
  std::function<void(const TrainingState&)> keep;
  const TrainingState* from = nullptr;                      ///< a state that was kept: go on there
};

/// Trains from `initial`, or from where `hooks` say. Keeping a state waits for the device and changes no bit of what follows.
/// Throws Error{failed} when the loss is no longer finite.
[[nodiscard]] TrainingResult train(const Architecture& spec, const ParameterLayout& layout, const TrainingSpec& training, const TrainingData& data,
                                   const std::vector<float>& initial, Backend& backend, Stream& stream, const TrainingHooks& hooks);

}  // namespace footfall
