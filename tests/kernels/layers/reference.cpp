#include "tests/kernels/layers/reference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace footfall::test {
namespace {

double activated(Activation activation, double z) {
  switch (activation) {
    case Activation::relu: return z > 0.0 ? z : 0.0;
    case Activation::tanh: return std::tanh(z);
    case Activation::sigmoid: return 1.0 / (1.0 + std::exp(-z));
    case Activation::none: break;
  }
  return z;
}

/// The derivative at z, from z itself: the kernels take it from the output.
double slope(Activation activation, double z) {
  switch (activation) {
    case Activation::relu: return z > 0.0 ? 1.0 : 0.0;
    case Activation::tanh: return 1.0 / (std::cosh(z) * std::cosh(z));
    case Activation::sigmoid: return std::exp(-z) / ((1.0 + std::exp(-z)) * (1.0 + std::exp(-z)));
    case Activation::none: break;
  }
  return 1.0;
}

std::vector<Matrix> zeros_like(const std::vector<Matrix>& inputs) {
  std::vector<Matrix> zeros;
  for (const Matrix& input : inputs) zeros.emplace_back(input.rows, input.columns);
  return zeros;
}

double before_linear(const std::vector<Matrix>& in, std::int64_t r, std::int64_t o) {
  double z = in[2].at(0, o);
  for (std::int64_t i = 0; i < in[0].columns; ++i) z += in[0].at(r, i) * in[1].at(o, i);
  return z;
}

}  // namespace

Reference linear_reference(Activation activation) {
  Reference layer;
  layer.forward = [activation](const std::vector<Matrix>& in) {
    Matrix y(in[0].rows, in[1].rows);
    for (std::int64_t r = 0; r < y.rows; ++r) {
      for (std::int64_t o = 0; o < y.columns; ++o) y.at(r, o) = activated(activation, before_linear(in, r, o));
    }
    return y;
  };
  layer.backward = [activation](const std::vector<Matrix>& in, const Matrix& gradient) {
    std::vector<Matrix> d = zeros_like(in);
    for (std::int64_t r = 0; r < gradient.rows; ++r) {
      for (std::int64_t o = 0; o < gradient.columns; ++o) {
        const double dz = gradient.at(r, o) * slope(activation, before_linear(in, r, o));
        d[2].at(0, o) += dz;
        for (std::int64_t i = 0; i < in[0].columns; ++i) {
          d[0].at(r, i) += dz * in[1].at(o, i);
          d[1].at(o, i) += dz * in[0].at(r, i);
        }
      }
    }
    return d;
  };
  return layer;
}

Reference member_scale_reference(std::int64_t batch) {
  Reference layer;
  layer.forward = [batch](const std::vector<Matrix>& in) {
    Matrix out(in[1].rows * batch, in[1].columns);
    for (std::int64_t r = 0; r < out.rows; ++r) {
      for (std::int64_t c = 0; c < out.columns; ++c) out.at(r, c) = in[0].at(r % in[0].rows, c) * in[1].at(r / batch, c);
    }
    return out;
  };
  layer.backward = [batch](const std::vector<Matrix>& in, const Matrix& gradient) {
    std::vector<Matrix> d = zeros_like(in);
    for (std::int64_t r = 0; r < gradient.rows; ++r) {
      for (std::int64_t c = 0; c < gradient.columns; ++c) {
        d[0].at(r % in[0].rows, c) += gradient.at(r, c) * in[1].at(r / batch, c);
        d[1].at(r / batch, c) += gradient.at(r, c) * in[0].at(r % in[0].rows, c);
      }
    }
    return d;
  };
  return layer;
}

Reference member_affine_reference(Activation activation) {
  Reference layer;
  layer.forward = [activation](const std::vector<Matrix>& in) {
    Matrix out(in[0].rows, in[0].columns);
    const std::int64_t batch = in[0].rows / in[1].rows;
    for (std::int64_t r = 0; r < out.rows; ++r) {
      for (std::int64_t c = 0; c < out.columns; ++c) {
        out.at(r, c) = activated(activation, in[0].at(r, c) * in[1].at(r / batch, c) + in[2].at(r / batch, c));
      }
    }
    return out;
  };
  layer.backward = [activation](const std::vector<Matrix>& in, const Matrix& gradient) {
    std::vector<Matrix> d = zeros_like(in);
    const std::int64_t batch = in[0].rows / in[1].rows;
    for (std::int64_t r = 0; r < gradient.rows; ++r) {
      for (std::int64_t c = 0; c < gradient.columns; ++c) {
        const double s = in[1].at(r / batch, c);
        const double dz = gradient.at(r, c) * slope(activation, in[0].at(r, c) * s + in[2].at(r / batch, c));
        d[0].at(r, c) = dz * s;
        d[1].at(r / batch, c) += dz * in[0].at(r, c);
        d[2].at(r / batch, c) += dz;
      }
    }
    return d;
  };
  return layer;
}

Reference member_heads_reference(std::int64_t members) {
  Reference layer;
  layer.forward = [members](const std::vector<Matrix>& in) {
    const std::int64_t outputs = in[1].rows / members;
    const std::int64_t batch = in[0].rows / members;
    Matrix z(in[0].rows, outputs);
    for (std::int64_t r = 0; r < z.rows; ++r) {
      for (std::int64_t o = 0; o < outputs; ++o) {
        const std::int64_t m = r / batch;
        z.at(r, o) = in[2].at(m, o);
        for (std::int64_t i = 0; i < in[0].columns; ++i) z.at(r, o) += in[0].at(r, i) * in[1].at(m * outputs + o, i);
      }
    }
    return z;
  };
  layer.backward = [members](const std::vector<Matrix>& in, const Matrix& gradient) {
    std::vector<Matrix> d = zeros_like(in);
    const std::int64_t outputs = in[1].rows / members;
    const std::int64_t batch = in[0].rows / members;
    for (std::int64_t r = 0; r < gradient.rows; ++r) {
      for (std::int64_t o = 0; o < outputs; ++o) {
        const std::int64_t m = r / batch;
        d[2].at(m, o) += gradient.at(r, o);
        for (std::int64_t i = 0; i < in[0].columns; ++i) {
          d[0].at(r, i) += gradient.at(r, o) * in[1].at(m * outputs + o, i);
          d[1].at(m * outputs + o, i) += gradient.at(r, o) * in[0].at(r, i);
        }
      }
    }
    return d;
  };
  return layer;
}

Reference loss_reference(Loss loss, std::vector<float> labels, double scale, std::vector<float> weights) {
  const auto weight_of = [weights = std::move(weights)](double y) { return weights.empty() ? 1.0 : static_cast<double>(weights[static_cast<std::size_t>(y)]); };
  const auto label_of = [labels = std::move(labels)](std::int64_t row) {
    return static_cast<double>(labels[static_cast<std::size_t>(row) % labels.size()]);
  };
  const auto shares = [](const Matrix& z, std::int64_t r) {
    std::vector<double> p(static_cast<std::size_t>(z.columns));
    double largest = z.at(r, 0);
    for (std::int64_t c = 1; c < z.columns; ++c) largest = std::max(largest, z.at(r, c));
    double sum = 0.0;
    for (std::int64_t c = 0; c < z.columns; ++c) sum += p[static_cast<std::size_t>(c)] = std::exp(z.at(r, c) - largest);
    for (double& value : p) value /= sum;
    return p;
  };
  Reference layer;
  layer.forward = [=](const std::vector<Matrix>& in) {
    const Matrix& z = in[0];
    Matrix total(1, 1);
    for (std::int64_t r = 0; r < z.rows; ++r) {
      const double y = label_of(r);
      if (std::isnan(y)) continue;
      double part = 0.0;
      if (loss == Loss::sigmoid) part = y * std::log1p(std::exp(-z.at(r, 0))) + (1.0 - y) * std::log1p(std::exp(z.at(r, 0)));
      if (loss == Loss::softmax) part = -std::log(shares(z, r)[static_cast<std::size_t>(y)]);
      if (loss == Loss::squared) part = (z.at(r, 0) - y) * (z.at(r, 0) - y) / 2.0;
      total.at(0, 0) += scale * weight_of(y) * part;
    }
    return total;
  };
  layer.backward = [=](const std::vector<Matrix>& in, const Matrix& gradient) {
    const Matrix& z = in[0];
    std::vector<Matrix> d = zeros_like(in);
    for (std::int64_t r = 0; r < z.rows; ++r) {
      const double y = label_of(r);
      if (std::isnan(y)) continue;
      const std::vector<double> p = shares(z, r);
      for (std::int64_t c = 0; c < z.columns; ++c) {
        double part = z.at(r, c) - y;
        if (loss == Loss::sigmoid) part = 1.0 / (1.0 + std::exp(-z.at(r, c))) - y;
        if (loss == Loss::softmax) part = p[static_cast<std::size_t>(c)] - (static_cast<double>(c) == y ? 1.0 : 0.0);
        d[0].at(r, c) = gradient.at(0, 0) * scale * weight_of(y) * part;
      }
    }
    return d;
  };
  return layer;
}

void expect_gradient(const Reference& layer, std::vector<Matrix> inputs, const Matrix& gradient) {
  const auto objective = [&] {
    const Matrix out = layer.forward(inputs);
    double sum = 0.0;
    for (std::size_t i = 0; i < out.values.size(); ++i) sum += gradient.values[i] * out.values[i];
    return sum;
  };
  const std::vector<Matrix> stated = layer.backward(inputs, gradient);
  constexpr double h = 1e-4;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    for (std::size_t i = 0; i < inputs[k].values.size(); ++i) {
      double& value = inputs[k].values[i];
      const double before = value;
      value = before + h;
      const double above = objective();
      value = before - h;
      const double below = objective();
      value = before;
      EXPECT_NEAR(stated[k].values[i], (above - below) / (2.0 * h), 1e-6) << "input " << k << ", value " << i;
    }
  }
}

}  // namespace footfall::test
