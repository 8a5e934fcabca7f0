#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/model/architecture.hpp"
#include "kernels/backend.hpp"

namespace footfall {

/// Examples on the device, as the encoders read them; what fit and score upload.
struct DeviceExamples {
  Array<float> event_number;          ///< [event rows, event_numbers]
  Array<std::int32_t> event_code;     ///< [event rows, categories]
  Array<float> profile;               ///< [examples, profile_width], encoded
  std::int64_t event_rows = 0;
  std::int64_t examples = 0;
};

/// A batch of examples. Sequences are in descending order of length.
struct Batch {
  std::int64_t size = 0;
  std::int64_t time = 0;                     ///< steps of the longest sequence; 0 without events
  View<const std::int32_t> lengths;          ///< [size] on the host; empty without events
};

/// What a step reads beside the data, at fixed places in device memory, so that recorded steps can be replayed.
struct BatchSlots {
  Array<std::int64_t> rows;                  ///< [largest batch] the row of each example in the profile matrix
  Array<std::int64_t> examples;              ///< the number of each among all examples, by which dropout draws; for training only
  Array<std::int64_t> first;                 ///< first event row of each
  Array<std::int32_t> length;
  Array<std::int64_t> closing;               ///< with Size::carries: the row of each one's closing step
  Array<float> labels;                       ///< [heads, largest batch]
  Array<StepState> state;                    ///< [1]
};

/// Forward and backward of a model, written out, for batches up to a size that is fixed when it is made. Nothing is allocated afterwards.
class NeuralNetwork {
 public:
  struct Size {
    std::int64_t batch = 0;
    std::int64_t time = 0;
    bool training = false;
    bool carries = false;    ///< for predict_carried
  };

  /// `scale`: of the event numbers; `data` must stay where it is as long as the network.
  NeuralNetwork(const Architecture& spec, const ParameterLayout& layout, const std::vector<ColumnScale>& scale, const DeviceExamples& data, Size size,
          std::uint64_t seed, Backend& backend, Stream& stream);

  [[nodiscard]] BatchSlots& slots() { return slots_; }

  /// Predictions of the batch in the slots: [size, outputs], binary and class outputs as probabilities, numbers as they were trained.
  [[nodiscard]] MatrixView<const float> predict(const Batch& batch, View<const float> parameters);

  /// The same of examples whose recurrent states are kept between calls: a row of `carried` [size, carried_width] holds the states before the events,
  /// of each layer h and then, with LSTM cells, of each c; all zero where nothing came before. `events` are the first examples of the batch, those that
  /// have any, without their closing steps; may be empty. Afterwards `carried` has the states behind the events. The closing steps, one of each example
  /// in slots().closing, follow them for the prediction alone.
  [[nodiscard]] MatrixView<const float> predict_carried(const Batch& events, MatrixView<float> carried, View<const float> parameters);

  /// Adds the batch's loss (mean over its examples and members, one entry a head) to `loss` and its gradient to `gradient`.
  void learn(const Batch& batch, View<const float> parameters, View<float> gradient, View<double> loss);

 private:
  struct Layer {
    std::int64_t in = 0, out = 0;
    Array<float> scaled, product, output;         ///< [members * batch, in], [.., out], [.., out]; the first two only with members
    Array<float> d_output, d_scaled;
  };

  /// The arrays that a recorded step is bound to.
  struct LearnPlaces {
    const void* parameters = nullptr;
    const void* gradient = nullptr;
    const void* loss = nullptr;
    bool operator==(const LearnPlaces&) const = default;
  };
  struct Recorded {
    std::int64_t runs = 0;
    LearnPlaces places;
    std::vector<std::int32_t> lengths;  ///< of a batch of one length: the recorded work reads them again on a CPU
    std::unique_ptr<Recording> step;
  };

  void run_recorded(Recorded& recorded, const LearnPlaces& places, const std::function<void()>& work);
  void encode_events(const Batch& batch, View<const float> parameters, bool training);
  void gather_profile(std::int64_t size);
  void join(std::int64_t size, View<const float> parameters, bool training);
  void losses(std::int64_t size, View<double> loss);
  void backward_heads(std::int64_t size, View<const float> parameters, View<float> gradient);
  void backward_layers(std::int64_t size, View<const float> parameters, View<float> gradient);
  void backward_events(const Batch& batch, View<const float> parameters, View<float> gradient);
  void dense_step(std::int64_t size, View<const float> parameters, View<float> gradient, View<double> loss);
  MatrixView<const float> averages(std::int64_t size);
  MatrixView<const float> layer_input(std::size_t l, std::int64_t size);
  [[nodiscard]] DropoutSpec dropout(std::size_t layer) const;
  void run_carried(const Batch& batch, const PackInput& steps, MatrixView<const float> carried, View<const float> parameters);
  void keep_carried(MatrixView<float> carried);
  [[nodiscard]] PackInput pack_input(std::int64_t size, View<const float> parameters) const;
  [[nodiscard]] RnnForward rnn_run(const Batch& batch, View<const float> parameters);
  [[nodiscard]] View<const float> read(View<const float> parameters, const std::string& name) const;
  [[nodiscard]] View<float> write(View<float> gradient, const std::string& name) const;
  [[nodiscard]] MatrixView<const float> read_matrix(View<const float> parameters, const std::string& name) const;
  [[nodiscard]] MatrixView<float> write_matrix(View<float> gradient, const std::string& name) const;

  Architecture spec_;
  const ParameterLayout& layout_;
  const DeviceExamples& data_;
  Size size_;
  std::uint64_t seed_;
  Backend& backend_;
  Stream& stream_;
  std::vector<Array<float>> class_weights_;   ///< one a head, empty: all 1
  BatchSlots slots_;

  Array<ColumnScale> scale_;
  Array<EmbeddingTable> tables_;
  std::unique_ptr<Pack> pack_;
  std::unique_ptr<Rnn> rnn_;
  Array<float> steps_, d_steps_, state_, d_state_;
  Array<float> h0_, c0_, cn_;                     ///< of carried states, layer after layer a dense block, as state_
  Array<std::int32_t> one_step_;                  ///< [batch] lengths of closing steps
  std::vector<std::int32_t> one_step_here_;
  Array<float> joined_, d_joined_;                ///< [batch, input_width]: last state, profile
  std::vector<Layer> layers_;
  Array<float> outputs_, d_outputs_, predictions_;

  /// Recorded steps by batch size and length: of a batch of one length the whole step, of a ragged one (length 0 here) what lies between
  /// the two passes through the recurrent layers, whose lengths a recording would freeze.
  std::map<std::pair<std::int64_t, std::int64_t>, Recorded> recorded_;
};

}  // namespace footfall
