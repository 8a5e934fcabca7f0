// What only the CUDA stream promises: recordings are graphs, memory of recordings stays valid, streams and host threads may be mixed.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

class CudaStreamTest : public test::BackendTest {
 protected:
  void SetUp() override {
    if (test::on_cpu()) GTEST_SKIP() << "a property of CUDA";
    BackendTest::SetUp();
  }
};

/// A small network's training step: everything that lies outside the recurrent layers.
class Training {
 public:
  static constexpr std::int64_t batch = 37, in = 6, hidden = 8, members = 3;

  Training(Backend& backend, Stream& stream) : layers_(backend.layers()), stream_(stream) {
    test::Numbers numbers(7);
    x_ = upload(numbers.floats(batch * in), stream);
    parameters_ = upload(numbers.floats(size), stream);
    std::vector<float> labels(batch);
    for (float& label : labels) label = static_cast<float>(numbers.below(2));
    labels_ = upload(labels, stream);
    std::vector<std::int64_t> ids(batch);
    std::iota(ids.begin(), ids.end(), std::int64_t{1000});
    ids_ = upload(ids, stream);
    ranges_ = upload(std::vector<ParameterRange>{{0, hidden * in, 1.0F, 0.01F}, {hidden * in, size - hidden * in, 0.5F, 0.0F}}, stream);
    for (Array<float>* zero : {&m_, &v_}) {
      *zero = Array<float>(stream, size);
      clear(zero->view(), stream);
    }
    gradient_ = Array<float>(stream, size);
    h_ = Array<float>(stream, batch * hidden);
    dh_ = Array<float>(stream, batch * hidden);
    a_ = Array<float>(stream, members * batch * hidden);
    da_ = Array<float>(stream, members * batch * hidden);
    z_ = Array<float>(stream, members * batch);
    dz_ = Array<float>(stream, members * batch);
    loss_ = Array<double>(stream, 1);
    norm2_ = Array<double>(stream, 1);
    state_ = Array<StepState>(stream, 1);
  }

  void set_step(std::uint64_t step) {
    const std::vector<StepState> state{{step, 0.01F / static_cast<float>(step), 0.5F}};
    copy<StepState>(view_of(state), state_.view(), stream_);
  }

  void step() {
    clear(gradient_.view(), stream_);
    clear(loss_.view(), stream_);
    layers_.linear(x_.matrix(batch, in), weights(0, hidden, in), run(hidden * in, hidden), Activation::relu, h_.matrix(batch, hidden), Precision::float32,
                   stream_);
    layers_.member_scale(h_.matrix(batch, hidden), weights(r_at, members, hidden), a(), stream_);
    layers_.dropout(a(), drop_, ids_.view(), state_.view(), stream_);
    layers_.member_heads(a(), weights(head_at, members, hidden), run(bias_at, members), z_.matrix(members * batch, 1), stream_);
    const float scale = 1.0F / static_cast<float>(members * batch);
    layers_.sigmoid_cross_entropy(z_.matrix(members * batch, 1), labels_.view(), {}, scale, loss_.view(), dz_.matrix(members * batch, 1),
                                  stream_);
    layers_.member_heads_backward(a(), weights(head_at, members, hidden), dz_.matrix(members * batch, 1),
                                  da_.matrix(members * batch, hidden), gradients(head_at, members, hidden),
                                  gradient_.view().sub(bias_at, members), stream_);
    layers_.dropout(da_.matrix(members * batch, hidden), drop_, ids_.view(), state_.view(), stream_);
    layers_.member_scale_backward(h_.matrix(batch, hidden), weights(r_at, members, hidden), da_.matrix(members * batch, hidden),
                                  dh_.matrix(batch, hidden), gradients(r_at, members, hidden), stream_);
    layers_.linear_backward(x_.matrix(batch, in), weights(0, hidden, in), h_.matrix(batch, hidden), Activation::relu,
                            dh_.matrix(batch, hidden), {}, gradients(0, hidden, in), gradient_.view().sub(hidden * in, hidden), Precision::float32, stream_);
    layers_.squared_norm(gradient_.view(), norm2_.view(), stream_);
    layers_.adam(parameters_.view(), gradient_.view(), m_.view(), v_.view(), ranges_.view(), AdamSpec{}, state_.view(), norm2_.view(),
                 stream_);
  }

  [[nodiscard]] std::vector<float> parameters() { return download(parameters_.view(), stream_); }
  [[nodiscard]] double loss() { return download(loss_.view(), stream_)[0]; }

 private:
  static constexpr std::int64_t r_at = hidden * in + hidden, head_at = r_at + members * hidden, bias_at = head_at + members * hidden,
                                size = bias_at + members;

  [[nodiscard]] MatrixView<float> a() { return a_.matrix(members * batch, hidden); }
  [[nodiscard]] View<const float> run(std::int64_t first, std::int64_t count) { return parameters_.view().sub(first, count); }
  [[nodiscard]] MatrixView<const float> weights(std::int64_t first, std::int64_t rows, std::int64_t columns) {
    return {run(first, rows * columns), rows, columns};
  }
  [[nodiscard]] MatrixView<float> gradients(std::int64_t first, std::int64_t rows, std::int64_t columns) {
    return {gradient_.view().sub(first, rows * columns), rows, columns};
  }

  Layers& layers_;
  Stream& stream_;
  DropoutSpec drop_{0.25F, 99, 2};
  Array<float> x_, parameters_, labels_, gradient_, m_, v_, h_, dh_, a_, da_, z_, dz_;
  Array<std::int64_t> ids_;
  Array<ParameterRange> ranges_;
  Array<double> loss_, norm2_;
  Array<StepState> state_;
};

struct Outcome {
  std::vector<float> parameters;
  std::vector<double> losses;
};

Outcome train(bool graphs) {
  const std::unique_ptr<Backend> backend = make_backend(Device{Device::Kind::cuda, 0}, BackendOptions{1, graphs});
  const std::unique_ptr<Stream> stream = backend->make_stream();
  Training training(*backend, *stream);
  const std::unique_ptr<Recording> recording = stream->record([&] { training.step(); });
  Outcome outcome;
  for (std::uint64_t step = 1; step <= 4; ++step) {
    training.set_step(step);
    recording->replay();
    outcome.losses.push_back(training.loss());
  }
  outcome.parameters = training.parameters();
  return outcome;
}

// The graph holds the kernels that the closure launches, and all that changes lies in device memory: not a bit may differ.
TEST_F(CudaStreamTest, GraphReplaysWhatTheClosureDoes) {
  const Outcome graph = train(true);
  const Outcome closure = train(false);
  test::expect_same_bits(graph.parameters, closure.parameters, "parameters");
  EXPECT_EQ(graph.losses, closure.losses);
  EXPECT_GT(graph.losses.front(), graph.losses.back());  // it learns, so the steps did run
}

TEST_F(CudaStreamTest, RecordingDoesNotRun) {
  Array<float> values = upload(std::vector<float>{3.0F}, stream());
  const std::unique_ptr<Recording> recording = stream().record([&] { clear(values.view(), stream()); });
  EXPECT_EQ(download(values.view(), stream())[0], 3.0F);
  recording->replay();
  EXPECT_EQ(download(values.view(), stream())[0], 0.0F);
}

TEST_F(CudaStreamTest, RefusesAllocationAndSynchronisationInsideARecording) {
  EXPECT_THROW(static_cast<void>(stream().record([&] { const Array<float> inside(stream(), 8); })), Error);
  EXPECT_THROW(static_cast<void>(stream().record([&] { stream().synchronize(); })), Error);
  const std::vector<float> host(4, 1.0F);
  Array<float> device(stream(), 4);
  EXPECT_THROW(static_cast<void>(stream().record([&] { copy<float>(view_of(host), device.view(), stream()); })), Error);
  copy<float>(view_of(host), device.view(), stream());  // the stream is whole
  EXPECT_EQ(download(device.view(), stream()), host);
}

TEST_F(CudaStreamTest, ExceptionsLeaveARecording) {
  EXPECT_THROW(static_cast<void>(stream().record([] { throw std::runtime_error("from the work"); })), std::runtime_error);
  Array<float> values = upload(std::vector<float>{1.0F}, stream());
  EXPECT_EQ(download(values.view(), stream())[0], 1.0F);
}

// The partial moments of 90,000 columns need more scratch than a stream starts with.
TEST_F(CudaStreamTest, ScratchGrowsOutsideOfRecordingsOnly) {
  constexpr std::int64_t columns = 90'000;
  std::vector<float> row(columns);
  std::iota(row.begin(), row.end(), 0.0F);
  Array<float> values = upload(row, stream());
  Array<Moments> wide = upload(std::vector<Moments>(columns), stream());
  Array<Moments> narrow = upload(std::vector<Moments>(4), stream());
  const auto few = [&] { backend().columns().moments(MatrixView<const float>(values.view(), 5, 4), narrow.view(), stream()); };
  const auto many = [&] { backend().columns().moments(values.matrix(1, columns), wide.view(), stream()); };
  const std::unique_ptr<Recording> before = stream().record(few);
  EXPECT_THROW(static_cast<void>(stream().record(many)), Error);
  many();
  const std::unique_ptr<Recording> after = stream().record(many);
  after->replay();
  before->replay();  // still has the scratch that it was recorded with
  const std::vector<Moments> seen = download(wide.view(), stream());
  EXPECT_EQ(seen[columns - 1].count, 2);
  EXPECT_EQ(seen[columns - 1].mean, static_cast<double>(columns - 1));
  const std::vector<Moments> seen_narrow = download(narrow.view(), stream());
  EXPECT_EQ(seen_narrow[3].count, 5);
  EXPECT_EQ(seen_narrow[3].mean, 11.0);  // 3, 7, 11, 15, 19
}

TEST_F(CudaStreamTest, HostMemoryMayBeReusedAfterACopy) {
  Array<float> device(stream(), 1000);
  std::vector<float> host(1000, 5.0F);
  copy<float>(view_of(host), device.view(), stream());
  std::fill(host.begin(), host.end(), -1.0F);
  EXPECT_EQ(download(device.view(), stream()), std::vector<float>(1000, 5.0F));
}

TEST_F(CudaStreamTest, PinnedCopiesRunInStreamOrder) {
  Pinned<float> source(stream(), 256);
  Pinned<float> result(stream(), 256);
  Array<float> device(stream(), 256);
  for (float round = 1.0F; round < 4.0F; ++round) {
    for (float& value : source.span()) value = round;
    copy<float>(source.view(), device.view(), stream());
    copy<float>(device.view(), result.view(), stream());
    stream().synchronize();
    EXPECT_EQ(result[255], round);
  }
}

TEST_F(CudaStreamTest, EventsOrderTwoStreams) {
  const std::unique_ptr<Stream> second = backend().make_stream();
  Array<float> values = upload(std::vector<float>(64, 2.0F), stream());
  Array<float> copied(*second, 64);
  const std::unique_ptr<Event> ready = stream().make_event();
  backend().layers().add_matrix(values.matrix(8, 8), values.matrix(8, 8), stream());
  stream().mark(*ready);
  second->wait(*ready);
  backend().layers().copy_matrix(values.matrix(8, 8), copied.matrix(8, 8), *second);
  EXPECT_EQ(download(copied.view(), *second), std::vector<float>(64, 4.0F));
  ready->synchronize();
}

// cudaSetDevice belongs to the host thread: a thread that never saw the device may use its stream.
TEST_F(CudaStreamTest, AnotherHostThreadMayUseAStream) {
  std::vector<float> seen;
  std::thread worker([&] {
    const std::unique_ptr<Stream> own = backend().make_stream();
    Array<float> values = upload(std::vector<float>{1.5F, 2.5F}, *own);
    seen = download(values.view(), *own);
  });
  worker.join();
  EXPECT_EQ(seen, (std::vector<float>{1.5F, 2.5F}));
}

TEST_F(CudaStreamTest, HostMemoryIsRefusedByOperations) {
  std::vector<float> host(16, 1.0F);
  Array<float> device(stream(), 16);
  EXPECT_THROW(backend().layers().copy_matrix(MatrixView<const float>(view_of(host), 4, 4), device.matrix(4, 4), stream()), Error);
}

}  // namespace
}  // namespace footfall
