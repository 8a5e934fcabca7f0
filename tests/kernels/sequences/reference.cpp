#include "tests/kernels/sequences/reference.hpp"

#include <algorithm>
#include <cmath>

#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

using Values = std::vector<double>;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// One layer and one sequence.
class OneLayer {
 public:
  OneLayer(Cell cell, std::int64_t input, std::int64_t hidden, const double* weights) : cell_(cell), in_(input), h_(hidden), w_(weights) {
    const std::int64_t g = gates(cell) * hidden;
    w_hh_ = g * in_;
    b_ih_ = w_hh_ + g * h_;
    b_hh_ = b_ih_ + g;
  }

  struct Step {
    Values x, h, c;     // what it started from
    Values gate, of_h;  // after the activations; the recurrent part of n (GRU)
    Values h_out, c_out;
  };

  Step forward(const Values& x, const Values& h, const Values& c) const {
    Step s{x, h, c, Values(at(gates(cell_) * h_)), Values(at(h_)), Values(at(h_)), Values(at(h_))};
    for (std::int64_t u = 0; u < h_; ++u) {
      const auto part_x = [&](std::int64_t g) { return product(g * h_ + u, 0, in_, x) + w_[b_ih_ + g * h_ + u]; };
      const auto part_h = [&](std::int64_t g) { return product(g * h_ + u, w_hh_, h_, h) + w_[b_hh_ + g * h_ + u]; };
      const auto gate = [&](std::int64_t g) -> double& { return s.gate[at(g * h_ + u)]; };
      if (cell_ == Cell::lstm) {
        gate(0) = sigmoid(part_x(0) + part_h(0));
        gate(1) = sigmoid(part_x(1) + part_h(1));
        gate(2) = std::tanh(part_x(2) + part_h(2));
        gate(3) = sigmoid(part_x(3) + part_h(3));
        s.c_out[at(u)] = gate(1) * c[at(u)] + gate(0) * gate(2);
        s.h_out[at(u)] = gate(3) * std::tanh(s.c_out[at(u)]);
      } else {
        gate(0) = sigmoid(part_x(0) + part_h(0));
        gate(1) = sigmoid(part_x(1) + part_h(1));
        s.of_h[at(u)] = part_h(2);
        gate(2) = std::tanh(part_x(2) + gate(0) * s.of_h[at(u)]);
        s.h_out[at(u)] = (1.0 - gate(1)) * gate(2) + gate(1) * h[at(u)];
      }
    }
    return s;
  }

  /// dh, dc: gradients of the step's results, which become those of what it started from. dx is overwritten, dw added to.
  void backward(const Step& s, Values& dh, Values& dc, Values& dx, double* dw) const {
    Values of_x(s.gate.size()), of_h(s.gate.size()), dh_before(at(h_)), dc_before(at(h_));
    for (std::int64_t u = 0; u < h_; ++u) {
      const auto gate = [&](std::int64_t g) { return s.gate[at(g * h_ + u)]; };
      const auto set = [&](std::int64_t g, double x_part, double h_part) {
        of_x[at(g * h_ + u)] = x_part;
        of_h[at(g * h_ + u)] = h_part;
      };
      const double d = dh[at(u)];
      if (cell_ == Cell::lstm) {
        const double i = gate(0), f = gate(1), g = gate(2), o = gate(3), t = std::tanh(s.c_out[at(u)]);
        const double dcell = dc[at(u)] + d * o * (1 - t * t);
        const double all[4] = {dcell * g * i * (1 - i), dcell * s.c[at(u)] * f * (1 - f), dcell * i * (1 - g * g), d * t * o * (1 - o)};
        for (std::int64_t k = 0; k < 4; ++k) set(k, all[k], all[k]);
        dc_before[at(u)] = dcell * f;
      } else {
        const double r = gate(0), z = gate(1), n = gate(2);
        const double dn = d * (1 - z) * (1 - n * n);
        const double dr = dn * s.of_h[at(u)] * r * (1 - r);
        const double dz = d * (s.h[at(u)] - n) * z * (1 - z);
        set(0, dr, dr);
        set(1, dz, dz);
        set(2, dn, dn * r);
        dh_before[at(u)] = d * z;
      }
    }
    std::fill(dx.begin(), dx.end(), 0.0);
    for (std::int64_t row = 0; row < gates(cell_) * h_; ++row) {
      for (std::int64_t k = 0; k < in_; ++k) {
        dx[at(k)] += of_x[at(row)] * w_[row * in_ + k];
        dw[row * in_ + k] += of_x[at(row)] * s.x[at(k)];
      }
      for (std::int64_t k = 0; k < h_; ++k) {
        dh_before[at(k)] += of_h[at(row)] * w_[w_hh_ + row * h_ + k];
        dw[w_hh_ + row * h_ + k] += of_h[at(row)] * s.h[at(k)];
      }
      dw[b_ih_ + row] += of_x[at(row)];
      dw[b_hh_ + row] += of_h[at(row)];
    }
    dh = dh_before;
    dc = dc_before;
  }

 private:
  double product(std::int64_t row, std::int64_t from, std::int64_t columns, const Values& v) const {
    double sum = 0;
    for (std::int64_t k = 0; k < columns; ++k) sum += w_[from + row * columns + k] * v[at(k)];
    return sum;
  }

  Cell cell_;
  std::int64_t in_, h_, w_hh_, b_ih_, b_hh_;
  const double* w_;
};

Values cut(const Values& from, std::int64_t first, std::int64_t count) {
  if (from.empty()) return Values(at(count));
  return Values(from.begin() + first, from.begin() + first + count);
}

void put(const Values& what, Values& to, std::int64_t first) { std::copy(what.begin(), what.end(), to.begin() + first); }

}  // namespace

RnnAnswer solve(const RnnProblem& p) {
  const std::int64_t batch = p.batch();
  const std::int64_t layers = static_cast<std::int64_t>(p.spec.hidden.size());
  const std::int64_t out = p.spec.hidden.back();
  RnnAnswer a;
  a.y.resize(at(p.time * batch * out));
  a.hn.resize(at(batch * state_width(p.spec)));
  a.dx.resize(p.x.size());
  a.dweights.resize(p.weights.size());
  a.cn.resize(a.hn.size());
  a.dh0.resize(a.hn.size());
  a.dc0.resize(a.hn.size());

  for (std::int64_t b = 0; b < batch; ++b) {
    const std::int64_t length = p.lengths[at(b)];
    std::vector<Values> rows;  // inputs of the layer, step after step
    for (std::int64_t t = 0; t < length; ++t) rows.push_back(cut(p.x, (t * batch + b) * p.spec.input, p.spec.input));
    std::vector<std::vector<OneLayer::Step>> steps(at(layers));
    std::vector<OneLayer> stack;
    std::vector<std::int64_t> weights_at, state_at;
    std::int64_t input = p.spec.input, w = 0, s = 0;
    for (std::int64_t l = 0; l < layers; ++l) {
      const std::int64_t hidden = p.spec.hidden[at(l)];
      stack.emplace_back(p.spec.cell, input, hidden, p.weights.data() + w);
      weights_at.push_back(w);
      state_at.push_back(s * batch + b * hidden);
      Values h = cut(p.h0, state_at.back(), hidden);
      Values c = cut(p.c0, state_at.back(), hidden);
      for (Values& row : rows) {
        steps[at(l)].push_back(stack.back().forward(row, h, c));
        h = steps[at(l)].back().h_out;
        c = steps[at(l)].back().c_out;
        row = h;
      }
      put(h, a.hn, state_at.back());
      put(c, a.cn, state_at.back());
      w += layer_weights(p.spec.cell, input, hidden);
      s += hidden;
      input = hidden;
    }
    for (std::int64_t t = 0; t < length; ++t) put(rows[at(t)], a.y, (t * batch + b) * out);

    std::vector<Values> from_above;
    for (std::int64_t t = 0; t < length; ++t) from_above.push_back(cut(p.dy, (t * batch + b) * out, out));
    for (std::int64_t l = layers; l-- > 0;) {
      const std::int64_t hidden = p.spec.hidden[at(l)];
      Values dh = cut(p.dhn, state_at[at(l)], hidden);
      Values dc = cut(p.dcn, state_at[at(l)], hidden);
      for (std::int64_t t = length; t-- > 0;) {
        for (std::int64_t u = 0; u < hidden; ++u) dh[at(u)] += from_above[at(t)][at(u)];
        Values dx(steps[at(l)][at(t)].x.size());
        stack[at(l)].backward(steps[at(l)][at(t)], dh, dc, dx, a.dweights.data() + weights_at[at(l)]);
        from_above[at(t)] = dx;
      }
      put(dh, a.dh0, state_at[at(l)]);
      put(dc, a.dc0, state_at[at(l)]);
    }
    for (std::int64_t t = 0; t < length; ++t) put(from_above[at(t)], a.dx, (t * batch + b) * p.spec.input);
  }
  return a;
}

double loss(const RnnProblem& p) {
  const RnnAnswer a = solve(p);
  const auto dot = [](const Values& u, const Values& v) {
    double sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i) sum += u[i] * v[i];
    return sum;
  };
  return dot(a.y, p.dy) + dot(a.hn, p.dhn) + (p.spec.cell == Cell::lstm ? dot(a.cn, p.dcn) : 0.0);
}

RnnProblem make_problem(const ProblemShape& shape, std::uint64_t seed) {
  Numbers numbers(seed);
  // Values that a float holds exactly, so that rounding the inputs is no part of the difference.
  const auto draw = [&](std::int64_t count, double scale) {
    const std::vector<float> floats = numbers.floats(count, scale);
    return Values(floats.begin(), floats.end());
  };
  RnnProblem p;
  p.lengths = shape.lengths;
  p.time = *std::max_element(shape.lengths.begin(), shape.lengths.end());
  p.spec = RnnSpec{shape.cell, shape.input, shape.hidden, p.batch(), p.time, true, Precision::float32};
  p.x = draw(p.time * p.batch() * shape.input, 1.0);
  std::int64_t input = shape.input;
  for (const std::int64_t hidden : shape.hidden) {
    const Values layer = draw(layer_weights(shape.cell, input, hidden), 1.0 / std::sqrt(static_cast<double>(hidden)));
    p.weights.insert(p.weights.end(), layer.begin(), layer.end());
    input = hidden;
  }
  const std::int64_t states = p.batch() * state_width(p.spec);
  const bool has_cell = shape.cell == Cell::lstm;
  if (shape.initial_states) {
    p.h0 = draw(states, 1.0);
    if (has_cell) p.c0 = draw(states, 1.0);
  }
  p.dy = draw(p.time * p.batch() * shape.hidden.back(), 1.0);
  p.dhn = draw(states, 1.0);
  if (has_cell) p.dcn = draw(states, 1.0);
  return p;
}

}  // namespace footfall::test
