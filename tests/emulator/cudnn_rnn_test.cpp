// What the cuDNN stand-in computes: one step by hand, ragged batches, gradients against central differences, and what it says about
// calls in a wrong order.

#include <cudnn.h>

#include <cmath>
#include <random>

#include "tests/emulator/support.hpp"

namespace footfall {
namespace {

struct Net {
  cudnnRNNMode_t cell;
  cudnnDirectionMode_t direction;
  int layers;
};

/// A network in float64, so that central differences are sharp: input 3, hidden 2, lengths 3, 1, 2.
class CudnnRnn : public EmulatedDevice {
 protected:
  static constexpr int input_ = 3, hidden_ = 2, time_ = 3, batch_ = 3;
  const std::vector<int> lengths_{3, 1, 2};

  void SetUp() override {
    EmulatedDevice::SetUp();
    cudnnCreate(&handle_), cudnnSetStream(handle_, stream_);
    cudnnCreateRNNDescriptor(&rnn_), cudnnCreateRNNDataDescriptor(&x_), cudnnCreateRNNDataDescriptor(&y_);
    cudnnCreateTensorDescriptor(&h_);
  }
  void TearDown() override {
    cudaStreamSynchronize(stream_);
    cudnnDestroyTensorDescriptor(h_), cudnnDestroyRNNDataDescriptor(y_), cudnnDestroyRNNDataDescriptor(x_), cudnnDestroyRNNDescriptor(rnn_);
    cudnnDestroy(handle_);
    EmulatedDevice::TearDown();
  }

  void make(const Net& net) {
    directions_ = net.direction == CUDNN_BIDIRECTIONAL ? 2 : 1;
    pseudo_ = net.layers * directions_;
    ASSERT_EQ(cudnnSetRNNDescriptor_v8(rnn_, CUDNN_RNN_ALGO_STANDARD, net.cell, CUDNN_RNN_DOUBLE_BIAS, net.direction, CUDNN_LINEAR_INPUT, CUDNN_DATA_DOUBLE, CUDNN_DATA_DOUBLE,
                                       CUDNN_FMA_MATH, input_, hidden_, hidden_, net.layers, nullptr, CUDNN_RNN_PADDED_IO_ENABLED),
              CUDNN_STATUS_SUCCESS);
    double fill = 0;
    ASSERT_EQ(cudnnSetRNNDataDescriptor(x_, CUDNN_DATA_DOUBLE, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, time_, batch_, input_, lengths_.data(), &fill), CUDNN_STATUS_SUCCESS);
    ASSERT_EQ(cudnnSetRNNDataDescriptor(y_, CUDNN_DATA_DOUBLE, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, time_, batch_, hidden_ * directions_, lengths_.data(), &fill),
              CUDNN_STATUS_SUCCESS);
    const int dims[] = {pseudo_, batch_, hidden_}, strides[] = {batch_ * hidden_, hidden_, 1};
    ASSERT_EQ(cudnnSetTensorNdDescriptor(h_, CUDNN_DATA_DOUBLE, 3, dims, strides), CUDNN_STATUS_SUCCESS);
    ASSERT_EQ(cudnnGetRNNWeightSpaceSize(handle_, rnn_, &weight_bytes_), CUDNN_STATUS_SUCCESS);
    ASSERT_EQ(cudnnGetRNNTempSpaceSizes(handle_, rnn_, CUDNN_FWD_MODE_TRAINING, x_, &work_bytes_, &reserve_bytes_), CUDNN_STATUS_SUCCESS);
    work_ = device<char>(work_bytes_), reserve_ = device<char>(reserve_bytes_);
    x_values_ = random(time_ * batch_ * input_), weights_ = random(static_cast<int>(weight_bytes_ / 8)), h0_ = random(pseudo_ * batch_ * hidden_),
    c0_ = random(pseudo_ * batch_ * hidden_);
    dy_ = random(time_ * batch_ * hidden_ * directions_), dh_ = random(pseudo_ * batch_ * hidden_), dc_ = random(pseudo_ * batch_ * hidden_);
    cell_ = net.cell;
  }
  std::vector<double> random(int count) {
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double& v : values) v = std::uniform_real_distribution<double>(-1, 1)(random_);
    return values;
  }

  struct Out {
    std::vector<double> y, h, c;
  };
  Out forward() {
    x_there_ = device(x_values_), w_there_ = device(weights_), h0_there_ = device(h0_), c0_there_ = device(c0_);
    y_there_ = device<double>(dy_.size());
    double *h = device<double>(h0_.size()), *c = device<double>(c0_.size());
    EXPECT_EQ(cudnnRNNForward(handle_, rnn_, CUDNN_FWD_MODE_TRAINING, nullptr, x_, x_there_, y_, y_there_, h_, h0_there_, h, h_, c0_there_, c, weight_bytes_, w_there_, work_bytes_,
                              work_, reserve_bytes_, reserve_),
              CUDNN_STATUS_SUCCESS);
    return {host(y_there_, dy_.size()), host(h, h0_.size()), cell_ == CUDNN_LSTM ? host(c, c0_.size()) : std::vector<double>(c0_.size(), 0)};
  }
  /// The scalar whose gradient the passes back compute.
  double loss() {
    const Out out = forward();
    double sum = 0;
    for (int t = 0; t < time_; ++t)
      for (int b = 0; b < batch_; ++b)
        for (int u = 0; u < hidden_ * directions_ && t < lengths_[static_cast<std::size_t>(b)]; ++u) {
          const auto i = static_cast<std::size_t>((t * batch_ + b) * hidden_ * directions_ + u);
          sum += out.y[i] * dy_[i];
        }
    for (std::size_t i = 0; i < dh_.size(); ++i) sum += out.h[i] * dh_[i] + out.c[i] * dc_[i];
    return sum;
  }
  double* backward_data(double* dh0, double* dc0) {
    double* dx = device<double>(x_values_.size());
    EXPECT_EQ(cudnnRNNBackwardData_v8(handle_, rnn_, nullptr, y_, y_there_, device(dy_), x_, dx, h_, h0_there_, device(dh_), dh0, h_, c0_there_, device(dc_), dc0, weight_bytes_,
                                      w_there_, work_bytes_, work_, reserve_bytes_, reserve_),
              CUDNN_STATUS_SUCCESS);
    return dx;
  }
  void backward_weights(double* dw) {
    EXPECT_EQ(cudnnRNNBackwardWeights_v8(handle_, rnn_, CUDNN_WGRAD_MODE_ADD, nullptr, x_, x_there_, h_, h0_there_, y_, y_there_, weight_bytes_, dw, work_bytes_, work_,
                                         reserve_bytes_, reserve_),
              CUDNN_STATUS_SUCCESS);
  }
  void check_gradient(std::vector<double>& values, const std::vector<double>& gradient, const char* name) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double before = values[i], step = 1e-5;
      values[i] = before + step;
      const double above = loss();
      values[i] = before - step;
      const double below = loss();
      values[i] = before;
      // Error of the central difference: step^2 times third derivatives of order 10, and rounding 1e-16 / step.
      EXPECT_NEAR(gradient[i], (above - below) / (2 * step), 1e-8) << name << " " << i;
    }
  }

  std::mt19937 random_{3};
  cudnnRNNMode_t cell_ = CUDNN_LSTM;
  int directions_ = 1, pseudo_ = 1;
  cudnnHandle_t handle_ = nullptr;
  cudnnRNNDescriptor_t rnn_ = nullptr;
  cudnnRNNDataDescriptor_t x_ = nullptr, y_ = nullptr;
  cudnnTensorDescriptor_t h_ = nullptr;
  std::size_t weight_bytes_ = 0, work_bytes_ = 0, reserve_bytes_ = 0;
  void *work_ = nullptr, *reserve_ = nullptr;
  std::vector<double> x_values_, weights_, h0_, c0_, dy_, dh_, dc_;
  double *x_there_ = nullptr, *w_there_ = nullptr, *h0_there_ = nullptr, *c0_there_ = nullptr, *y_there_ = nullptr;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST_F(CudnnRnn, OneStepOfAnLstmByHand) {
  make({CUDNN_LSTM, CUDNN_UNIDIRECTIONAL, 1});
  const Out out = forward();
  // Sequence 1 has one step: its y is its h. Gates i, f, g, o; all matrices before all biases.
  for (int u = 0; u < hidden_; ++u) {
    double gate[4];
    for (int g = 0; g < 4; ++g) {
      const int row = g * hidden_ + u;
      double sum = weights_[static_cast<std::size_t>(40 + row)] + weights_[static_cast<std::size_t>(48 + row)];
      for (int k = 0; k < input_; ++k) sum += weights_[static_cast<std::size_t>(row * input_ + k)] * x_values_[static_cast<std::size_t>(1 * input_ + k)];
      for (int k = 0; k < hidden_; ++k) sum += weights_[static_cast<std::size_t>(24 + row * hidden_ + k)] * h0_[static_cast<std::size_t>(1 * hidden_ + k)];
      gate[g] = g == 2 ? std::tanh(sum) : sigmoid(sum);
    }
    const auto at = static_cast<std::size_t>(hidden_ + u);
    const double c = gate[1] * c0_[at] + gate[0] * gate[2];
    EXPECT_NEAR(out.c[at], c, 1e-15);
    EXPECT_NEAR(out.h[at], gate[3] * std::tanh(c), 1e-15);
    EXPECT_EQ(out.y[at], out.h[at]);
  }
}

TEST_F(CudnnRnn, OneStepOfAGruByHand) {
  make({CUDNN_GRU, CUDNN_UNIDIRECTIONAL, 1});
  const Out out = forward();
  for (int u = 0; u < hidden_; ++u) {
    double from_x[3], from_h[3];
    for (int g = 0; g < 3; ++g) {
      const int row = g * hidden_ + u;
      from_x[g] = weights_[static_cast<std::size_t>(30 + row)];
      from_h[g] = weights_[static_cast<std::size_t>(36 + row)];
      for (int k = 0; k < input_; ++k) from_x[g] += weights_[static_cast<std::size_t>(row * input_ + k)] * x_values_[static_cast<std::size_t>(1 * input_ + k)];
      for (int k = 0; k < hidden_; ++k) from_h[g] += weights_[static_cast<std::size_t>(18 + row * hidden_ + k)] * h0_[static_cast<std::size_t>(1 * hidden_ + k)];
    }
    const double r = sigmoid(from_x[0] + from_h[0]), z = sigmoid(from_x[1] + from_h[1]), n = std::tanh(from_x[2] + r * from_h[2]);
    EXPECT_NEAR(out.h[static_cast<std::size_t>(hidden_ + u)], (1 - z) * n + z * h0_[static_cast<std::size_t>(hidden_ + u)], 1e-15);
  }
}

TEST_F(CudnnRnn, PaddingIsFilledAndStatesAreOfTheOwnLastStep) {
  make({CUDNN_LSTM, CUDNN_UNIDIRECTIONAL, 2});
  const Out out = forward();
  for (int b = 0; b < batch_; ++b)
    for (int u = 0; u < hidden_; ++u) {
      const int last = lengths_[static_cast<std::size_t>(b)] - 1;
      EXPECT_EQ(out.h[static_cast<std::size_t>((batch_ + b) * hidden_ + u)], out.y[static_cast<std::size_t>((last * batch_ + b) * hidden_ + u)]);
      for (int t = last + 1; t < time_; ++t) EXPECT_EQ(out.y[static_cast<std::size_t>((t * batch_ + b) * hidden_ + u)], 0);
    }
}

class CudnnRnnGradient : public CudnnRnn, public testing::WithParamInterface<Net> {};

TEST_P(CudnnRnnGradient, AgreesWithCentralDifferences) {
  make(GetParam());
  forward();
  double *dh0 = device<double>(h0_.size()), *dc0 = device<double>(c0_.size());
  const std::vector<double> dx = host(backward_data(dh0, dc0), x_values_.size());
  // Gradients are added to what is there.
  double* dw = device(std::vector<double>(weights_.size(), 1000.0));
  backward_weights(dw);
  std::vector<double> weights = host(dw, weights_.size());
  for (double& v : weights) v -= 1000.0;
  const std::vector<double> dh0_here = host(dh0, h0_.size());
  const std::vector<double> dc0_here = cell_ == CUDNN_LSTM ? host(dc0, c0_.size()) : std::vector<double>();
  check_gradient(h0_, dh0_here, "h0");
  if (cell_ == CUDNN_LSTM) check_gradient(c0_, dc0_here, "c0");
  check_gradient(weights_, weights, "weight");
  for (std::size_t i = 0; i < x_values_.size(); ++i) {
    const std::size_t row = i / input_;
    const bool valid = static_cast<int>(row / batch_) < lengths_[row % batch_];
    EXPECT_EQ(std::isnan(dx[i]), !valid);  // past the length it is not defined: poison here
  }
  std::vector<double> clean = dx;
  for (double& v : clean)
    if (std::isnan(v)) v = 0;
  check_gradient(x_values_, clean, "x");
}

INSTANTIATE_TEST_SUITE_P(Networks, CudnnRnnGradient,
                         testing::Values(Net{CUDNN_LSTM, CUDNN_UNIDIRECTIONAL, 1}, Net{CUDNN_LSTM, CUDNN_BIDIRECTIONAL, 2}, Net{CUDNN_GRU, CUDNN_UNIDIRECTIONAL, 2},
                                         Net{CUDNN_GRU, CUDNN_BIDIRECTIONAL, 1}, Net{CUDNN_RNN_TANH, CUDNN_UNIDIRECTIONAL, 1}));

class CudnnRnnDeathTest : public CudnnRnn {};

TEST_F(CudnnRnnDeathTest, WeightGradientsBeforeDataGradients) {
  make({CUDNN_LSTM, CUDNN_UNIDIRECTIONAL, 1});
  forward();
  double* dw = device<double>(weights_.size());
  EXPECT_DEATH((backward_weights(dw), cudaStreamSynchronize(stream_)), "before cudnnRNNBackwardData_v8");
}
TEST_F(CudnnRnnDeathTest, ReserveSpaceUsedForSomethingElse) {
  make({CUDNN_LSTM, CUDNN_UNIDIRECTIONAL, 1});
  forward();
  cudaMemsetAsync(static_cast<char*>(reserve_) + 64, 0, 4, stream_);
  EXPECT_DEATH((backward_data(nullptr, nullptr), cudaStreamSynchronize(stream_)), "reserve space was changed");
}
TEST_F(CudnnRnnDeathTest, LengthsOfAnotherBatch) {
  make({CUDNN_LSTM, CUDNN_UNIDIRECTIONAL, 1});
  forward();
  const int other[] = {2, 1, 3};
  cudnnSetRNNDataDescriptor(x_, CUDNN_DATA_DOUBLE, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, time_, batch_, input_, other, nullptr);
  cudnnSetRNNDataDescriptor(y_, CUDNN_DATA_DOUBLE, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, time_, batch_, hidden_, other, nullptr);
  EXPECT_DEATH((backward_data(nullptr, nullptr), cudaStreamSynchronize(stream_)), "belongs to another batch");
}
TEST_F(CudnnRnnDeathTest, WeightsChangedBetweenThePasses) {
  make({CUDNN_LSTM, CUDNN_UNIDIRECTIONAL, 1});
  forward();
  cudaMemsetAsync(w_there_, 0, 8, stream_);
  EXPECT_DEATH((backward_data(nullptr, nullptr), cudaStreamSynchronize(stream_)), "weights are not those");
}

}  // namespace
}  // namespace footfall
