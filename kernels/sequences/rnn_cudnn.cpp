// The recurrent plan of CUDA: what is given in float32 goes through a stack of cuDNN's. Weights are used where they are when every layer
// starts at an aligned address, and go through an aligned copy otherwise; with bf16 everything goes through copies of that type, float32
// stays the master of weights and gradients.

#include <cudnn.h>

#include <utility>

#include "kernels/device/cuda_check.hpp"
#include "kernels/sequences/cuda_sequences.hpp"
#include "kernels/sequences/cudnn_stack.hpp"
#include "kernels/sequences/rnn_kernels.hpp"
#include "kernels/sequences/sequences_check.hpp"

namespace footfall {
namespace {

const std::byte* bytes(View<const float> values) { return reinterpret_cast<const std::byte*>(values.data); }
std::byte* bytes(View<float> values) { return reinterpret_cast<std::byte*>(values.data); }
template <class T>
View<T> run_of(MatrixView<T> matrix) {
  return View<T>(matrix.data, matrix.rows * matrix.columns, matrix.place);
}

/// float32 and tf32: cuDNN works on the caller's memory.
class Float32Rnn final : public Rnn {
 public:
  Float32Rnn(const RnnSpec& spec, CudaStream& stream) : spec_(spec), stack_(spec, stream), weights_(stream, stack_.staged_size()) {
    if (spec.training) gradients_ = Array<float>(stream, stack_.staged_size());
  }

  const RnnSpec& spec() const override { return spec_; }

  void forward(const RnnForward& run, bool training, Stream& stream) override {
    check_rnn_forward(spec_, run);
    require(!training || spec_.training, "a training pass of a plan that was not made for training");
    if (!stack_.aligned(run.weights.data))
      for (std::int64_t l = 0; l < stack_.layers(); ++l)
        copy<float>(run.weights.sub(stack_.weights_at(l), stack_.weights(l)), weights_.view().sub(stack_.staged_at(l), stack_.weights(l)), stream);
    stack_.forward(run_through(run), training, stream);
  }

  void backward(const RnnBackward& run, Stream& stream) override {
    check_rnn_backward(spec_, run);
    const bool staged = !stack_.aligned(run.dweights.data);
    if (staged) clear(gradients_.view(), stream);
    CudnnGradients g{bytes(run_of(run.dy)), bytes(run.dhn), bytes(run.dcn), bytes(run_of(run.dx)), bytes(run.dh0), bytes(run.dc0),
                     staged ? bytes(gradients_.view()) : bytes(run.dweights), staged};
    stack_.backward(run_through(run.forward), g, stream);
    if (!staged) return;
    for (std::int64_t l = 0; l < stack_.layers(); ++l)
      launch_add(std::as_const(gradients_).view().sub(stack_.staged_at(l), stack_.weights(l)), run.dweights.sub(stack_.weights_at(l), stack_.weights(l)),
                 cuda_stream(stream));
  }

 private:
  [[nodiscard]] CudnnRun run_through(const RnnForward& run) const {
    const bool staged = !stack_.aligned(run.weights.data);
    return {steps_of(run), run.lengths, bytes(run_of(run.x)), staged ? bytes(weights_.view()) : bytes(run.weights), staged,
            bytes(run.h0), bytes(run.c0), bytes(run_of(run.y)), bytes(run.hn), bytes(run.cn)};
  }

  RnnSpec spec_;
  CudnnStack stack_;
  Array<float> weights_, gradients_;  // aligned copies
};

/// A run of values in bfloat16 beside the caller's in float32.
class Bf16Copy {
 public:
  Bf16Copy() = default;
  Bf16Copy(CudaStream& stream, std::int64_t size) : values_(stream, size) {}

  /// The address to read from, or null when the caller gives nothing.
  const std::byte* take(View<const float> from, Stream& stream) {
    if (from.empty()) return nullptr;
    launch_convert(from, values_.view().sub(0, from.size), cuda_stream(stream));
    return address();
  }
  /// The address to write to, or null when the caller wants nothing.
  [[nodiscard]] std::byte* room(View<const float> wanted) { return wanted.empty() ? nullptr : address(); }
  void give(View<float> to, Stream& stream) const {
    launch_convert(values_.view().sub(0, to.size), to, cuda_stream(stream));
  }
  [[nodiscard]] View<Bf16> view() { return values_.view(); }
  [[nodiscard]] std::byte* address() { return reinterpret_cast<std::byte*>(values_.view().data); }

 private:
  Array<Bf16> values_;
};

/// bf16: values are converted on their way in and out. Gradients have float32's exponents, so no loss needs scaling.
class Bf16Rnn final : public Rnn {
 public:
  Bf16Rnn(const RnnSpec& spec, CudaStream& stream) : spec_(spec), stack_(spec, stream), weights_(stream, stack_.staged_size()) {
    const std::int64_t rows = spec.max_time * spec.max_batch, states = spec.max_batch * state_width(spec);
    x_ = Bf16Copy(stream, rows * spec.input);
    y_ = Bf16Copy(stream, rows * spec.hidden.back());
    for (Bf16Copy* each : {&h0_, &c0_, &hn_, &cn_}) *each = Bf16Copy(stream, states);
    if (!spec.training) return;
    gradients_ = Bf16Copy(stream, stack_.staged_size());
    dx_ = Bf16Copy(stream, rows * spec.input);
    dy_ = Bf16Copy(stream, rows * spec.hidden.back());
    for (Bf16Copy* each : {&dh0_, &dc0_, &dhn_, &dcn_}) *each = Bf16Copy(stream, states);
  }

  const RnnSpec& spec() const override { return spec_; }

  void forward(const RnnForward& run, bool training, Stream& stream) override {
    check_rnn_forward(spec_, run);
    require(!training || spec_.training, "a training pass of a plan that was not made for training");
    for (std::int64_t l = 0; l < stack_.layers(); ++l)
      launch_convert(run.weights.sub(stack_.weights_at(l), stack_.weights(l)), weights_.view().sub(stack_.staged_at(l), stack_.weights(l)), cuda_stream(stream));
    x_.take(run_of(run.x), stream);
    h0_.take(run.h0, stream);
    c0_.take(run.c0, stream);
    stack_.forward(run_through(run), training, stream);
    y_.give(run_of(run.y), stream);
    hn_.give(run.hn, stream);
    cn_.give(run.cn, stream);
  }

  void backward(const RnnBackward& run, Stream& stream) override {
    check_rnn_backward(spec_, run);
    clear(gradients_.view(), stream);
    const CudnnGradients g{dy_.take(run_of(run.dy), stream), dhn_.take(run.dhn, stream), dcn_.take(run.dcn, stream), dx_.room(run_of(run.dx)),
                           dh0_.room(run.dh0), dc0_.room(run.dc0), gradients_.address(), true};
    stack_.backward(run_through(run.forward), g, stream);
    dx_.give(run_of(run.dx), stream);
    dh0_.give(run.dh0, stream);
    dc0_.give(run.dc0, stream);
    for (std::int64_t l = 0; l < stack_.layers(); ++l)
      launch_add(View<const Bf16>(gradients_.view().sub(stack_.staged_at(l), stack_.weights(l))), run.dweights.sub(stack_.weights_at(l), stack_.weights(l)),
                 cuda_stream(stream));
  }

 private:
  /// Outputs are kept here even if the caller wants none: the backward pass reads them.
  [[nodiscard]] CudnnRun run_through(const RnnForward& run) {
    return {steps_of(run), run.lengths, x_.address(), reinterpret_cast<const std::byte*>(weights_.view().data), true,
            h0_.room(run.h0), c0_.room(run.c0), y_.address(), hn_.room(run.hn), cn_.room(run.cn)};
  }

  RnnSpec spec_;
  CudnnStack stack_;
  Array<Bf16> weights_;
  Bf16Copy gradients_, x_, y_, dx_, dy_, h0_, c0_, hn_, cn_, dh0_, dc0_, dhn_, dcn_;
};

}  // namespace

std::unique_ptr<Rnn> make_cudnn_rnn(const RnnSpec& spec, CudaStream& stream) {
  check_rnn_spec(spec);
  if (!cudnn_supports(spec, stream)) {
    if (!spec.algorithm.empty())
      throw bad_input("this device cannot run the recurrent layers by the algorithm that --tune chose when the model was fitted",
                      "use the kind of device that it was fitted on, --device cpu, or fit again");
    throw bad_input("this device cannot compute recurrent layers in bf16", "set [train] precision to \"tf32\" or \"float32\"");
  }
  if (spec.precision == Precision::bf16) return std::make_unique<Bf16Rnn>(spec, stream);
  return std::make_unique<Float32Rnn>(spec, stream);
}

}  // namespace footfall
