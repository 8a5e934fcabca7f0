#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/features/example_source.hpp"
#include "engine/model/network.hpp"
#include "engine/train/batches.hpp"
#include "engine/transform/transform.hpp"

namespace footfall {

/// Where the examples of a plan lie on the device when their batch is visited, by the plan's order.
struct Placement {
  std::vector<std::int64_t> profile;     ///< row of the encoded profile
  std::vector<std::int64_t> first;       ///< first event row; empty without events
};

/// What a network reads of the batches of a plan: all examples lie on the device, or those of a few batches at a time. Batches and their bits
/// are the same either way.
class ExampleFeed {
 public:
  virtual ~ExampleFeed() = default;
  /// Stays where it is as long as the feed.
  [[nodiscard]] virtual const DeviceExamples& device() const = 0;
  /// Of every example; empty without events.
  [[nodiscard]] virtual std::span<const std::int32_t> lengths() const = 0;
  /// Turns to another plan, which must stay until the next one.
  [[nodiscard]] virtual Placement lay_out(const BatchPlan& plan) = 0;
  /// To be called before batch k of the plan is put into the stream.
  virtual void bring(std::int64_t k) = 0;
};

/// Everything lies on the device: a recoded table and its upload, which must outlive this.
class ResidentFeed final : public ExampleFeed {
 public:
  ResidentFeed(const ExampleTable& table, const DeviceExamples& device) : table_(table), device_(device) {}
  [[nodiscard]] const DeviceExamples& device() const override { return device_; }
  [[nodiscard]] std::span<const std::int32_t> lengths() const override { return table_.length; }
  [[nodiscard]] Placement lay_out(const BatchPlan& plan) override;
  void bring(std::int64_t) override {}

 private:
  const ExampleTable& table_;
  const DeviceExamples& device_;
};

/// What a block has room for; a batch of the largest plan must fit.
struct BlockSize {
  std::int64_t examples = 0;
  std::int64_t event_rows = 0;
};

/// Blocks of consecutive batches are read from a source, recoded, brought to the device and encoded when they are asked for.
class BlockFeed final : public ExampleFeed {
 public:
  /// `source`, `dictionaries` and `transform` must outlive this.
  BlockFeed(const ExampleSource& source, const Dictionaries& dictionaries, const Transform& transform, Wanted wanted, BlockSize size, Backend& backend, Stream& stream);
  [[nodiscard]] const DeviceExamples& device() const override { return device_; }
  [[nodiscard]] std::span<const std::int32_t> lengths() const override;
  [[nodiscard]] Placement lay_out(const BatchPlan& plan) override;
  void bring(std::int64_t k) override;

 private:
  const ExampleSource& source_;
  Recoder recoder_;
  Wanted wanted_;
  BlockSize size_;
  Backend& backend_;
  Stream& stream_;
  DeviceExamples device_;
  std::unique_ptr<ProfileEncoder> encoder_;
  Array<float> number_;
  Array<std::int32_t> code_;
  ExampleTable block_;
  const BatchPlan* plan_ = nullptr;
  std::vector<std::int64_t> starts_;     ///< first batch of each block, and the end
  std::int64_t begin_ = 0, end_ = 0;     ///< batches that are on the device
};

}  // namespace footfall
