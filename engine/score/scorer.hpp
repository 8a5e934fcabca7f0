#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/train/predict.hpp"

namespace footfall {

/// Page-locked memory of a chunk on its way to the device and back. The device copies from and to it while the host goes on, so it is
/// left alone from `Scorer::send` until `outputs_of` has returned.
class StagedChunk {
 public:
  /// Waits for the device. Into `outputs`: the network's outputs [examples, outputs] in the order of the table. From any thread.
  void outputs_of(const BatchPlan& plan, std::vector<float>& outputs);

  /// With Size::carries the recurrent states [order of the plan, carried_width]: filled with those before the events when the chunk is sent, those
  /// behind them once outputs_of has returned.
  [[nodiscard]] std::span<float> carried() { return carried_.span(); }

 private:
  friend class Scorer;

  Pinned<float> event_number_, profile_number_, answers_, carried_;
  Pinned<std::int32_t> event_code_, profile_code_, length_;
  Pinned<std::int64_t> rows_, first_, closing_;
  std::unique_ptr<Event> done_;
  std::int64_t columns_ = 0;   ///< of the outputs
};

/// A fitted model on a device: parameters, profile encoder, network and the place of one chunk, all made once. Used by one host thread at a
/// time, as the stream is. Chunks are put into the stream one behind the other; while the device has one, the host prepares the next, and on a
/// device with memory of its own a second stream copies the next one there: inputs have two places, used in turn.
class Scorer {
 public:
  /// The largest chunk that is sent, and the largest batch of its plans.
  struct Size {
    std::int64_t examples = 0;
    std::int64_t event_rows = 0;
    std::int64_t batch = 0;
    std::int64_t time = 0;       ///< steps of the longest sequence, its closing step included; 0 without events
    bool carries = false;        ///< recurrent states come and go with each chunk (NeuralNetwork::predict_carried)
  };

  Scorer(const Architecture& architecture, const Transform& transform, const std::vector<float>& parameters, Size largest, Backend& backend, Stream& stream);
  ~Scorer();                                  // waits for the copies, whose place goes with it
  Scorer(const Scorer&) = delete;             // its network points into it
  Scorer& operator=(const Scorer&) = delete;  // likewise

  /// Memory for a chunk of the largest size. Slow: before the loop.
  [[nodiscard]] StagedChunk make_chunk() const;

  /// Copies a recoded table to the device, predicts by the plan, which holds each of its examples once, and copies the outputs back; returns
  /// the bytes that are copied before that is done. Neither allocates nor waits for the device.
  std::int64_t send(const ExampleTable& table, const BatchPlan& plan, StagedChunk& chunk);

 private:
  /// What a chunk brings to the device.
  struct Inputs {
    Array<float> event_number, profile_number, carried;
    Array<std::int32_t> event_code, profile_code, length;
    Array<std::int64_t> rows, first, closing;
  };

  /// What a thread needs to predict a batch by itself: a backend of one thread, its stream and a network.
  struct Lane {
    std::unique_ptr<Backend> backend;
    std::unique_ptr<Stream> stream;
    std::unique_ptr<NeuralNetwork> network;
  };

  [[nodiscard]] Inputs make_inputs(const Transform& transform) const;
  void make_lanes(const Transform& transform, std::int64_t threads);
  void predict(const BatchPlan& plan, const PlacedPlan& placed);
  void predict_carried(NeuralNetwork& network, const BatchPlan& plan, std::int64_t k, const PlacedPlan& placed, MatrixView<float> answers, Stream& stream);
  void copy_inputs(const ExampleTable& table, const BatchPlan& plan, StagedChunk& chunk);
  void encode_profiles(const ExampleTable& table);
  [[nodiscard]] PlacedPlan placed(const BatchPlan& plan, const StagedChunk& chunk) const;

  Architecture architecture_;
  ParameterLayout layout_;
  Size largest_;
  Team& team_;
  Stream& stream_;
  Array<float> parameters_, answers_;
  Inputs now_, next_;                    ///< of the chunk that is computed; where the one behind it arrives (empty without `copies_`)
  std::unique_ptr<Stream> copies_;       ///< none where the device works in the host's memory
  std::unique_ptr<Event> arrived_;       ///< inputs in `next_`
  std::unique_ptr<Event> used_[2];       ///< the chunk before the last one is done with the inputs that are now `next_`
  std::size_t turn_ = 0;
  DeviceExamples data_;                  ///< what the network reads; its counts are those of the chunk that was sent last
  std::unique_ptr<ProfileEncoder> encoder_;
  std::unique_ptr<NeuralNetwork> network_;
  std::vector<Lane> lanes_;              ///< one a thread of the team; empty on a device, and where a chunk is of few batches
  std::int64_t sent_bytes_ = 0;
};

}  // namespace footfall
