// One step of a recurrent layer on a tile of rows, forward and backward: a small product whose register tile ends in the cell itself.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sequences/rnn_tile_cpu.cpp"
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#include <hwy/foreach_target.h>  // this file again, for each instruction set
#include <hwy/highway.h>

#include "kernels/sequences/gate_math-inl.hpp"
#include "kernels/sequences/panel_product-inl.hpp"
#include "kernels/sequences/rnn_tile.hpp"
#include "kernels/sequences/rnn_weights.hpp"

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {

constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(Floats()));

HWY_INLINE Vector load(const float* from) { return hn::LoadU(Floats(), from); }
HWY_INLINE void store(Vector v, float* to) { hn::StoreU(v, Floats(), to); }

/// c' = f c + i g, h = o tanh(c').
HWY_INLINE void lstm_cell(const Vector (&z)[4], const RnnStep& s, std::int64_t row, std::int64_t unit, float* kept) {
  const Vector i = sigmoid_of(z[0]);
  const Vector f = sigmoid_of(z[1]);
  const Vector g = tanh_of(z[2]);
  const Vector o = sigmoid_of(z[3]);
  const Vector c = hn::MulAdd(f, load(s.c_before + row * s.stride + unit), hn::Mul(i, g));
  store(c, s.c + row * s.stride + unit);
  store(hn::Mul(o, tanh_of(c)), s.h + row * s.stride + unit);
  if (kept != nullptr) {
    store(i, kept);
    store(f, kept + kLanes);
    store(g, kept + 2 * kLanes);
    store(o, kept + 3 * kLanes);
  }
}

/// n = tanh(x part + r * h part), h' = (1 - z) n + z h.
HWY_INLINE void gru_cell(const Vector (&z)[4], const RnnStep& s, std::int64_t row, std::int64_t unit, float* kept) {
  const Vector r = sigmoid_of(z[1]);
  const Vector update = sigmoid_of(z[2]);
  const Vector n = tanh_of(hn::MulAdd(r, z[3], z[0]));
  const Vector before = load(s.h_before + row * s.stride + unit);
  store(hn::MulAdd(update, hn::Sub(before, n), n), s.h + row * s.stride + unit);
  if (kept != nullptr) {
    store(n, kept);
    store(r, kept + kLanes);
    store(update, kept + 2 * kLanes);
    store(z[3], kept + 3 * kLanes);
  }
}

template <Cell cell>
struct StepBody {
  const RnnStep& s;
  std::int64_t panel;

  template <int R>
  HWY_INLINE void run(std::int64_t row) const {
    constexpr int fed = cell == Cell::lstm ? 4 : 3;
    constexpr int first_of_h = cell == Cell::lstm ? 0 : 1;
    const RnnLayout& layout = *s.layout;
    Vector sum[R][4];
    const float* bias = s.bias + panel * 4 * kLanes;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < 4; ++v) sum[r][v] = load(bias + v * kLanes);
    }
    multiply<R, fed, 0, 4>(s.x + row * s.x_stride, s.x_stride, 1, layout.input, s.weights_x + panel * layout.input * fed * kLanes,
                           fed * kLanes, sum);
    multiply<R, fed, first_of_h, 4>(s.h_before + row * s.stride, s.stride, 1, layout.hidden,
                                    s.weights_h + panel * layout.hidden * fed * kLanes, fed * kLanes, sum);
    const std::int64_t unit = panel * kLanes;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      float* kept = s.gates == nullptr ? nullptr : s.gates + (panel * s.gate_rows + row + r) * 4 * kLanes;
      if constexpr (cell == Cell::lstm) {
        lstm_cell(sum[r], s, row + r, unit, kept);
      } else {
        gru_cell(sum[r], s, row + r, unit, kept);
      }
    }
  }
};

void Step(const RnnStep& s) {
  const std::int64_t panels = s.layout->panels();
  for (std::int64_t panel = 0; panel < panels; ++panel) {
    if (s.layout->cell == Cell::lstm) {
      for_row_blocks(s.rows, StepBody<Cell::lstm>{s, panel});
    } else {
      for_row_blocks(s.rows, StepBody<Cell::gru>{s, panel});
    }
  }
}

/// Gate gradients of one vector of units of one row; dh becomes what reaches the step before without the product.
HWY_INLINE void lstm_cell_backward(const RnnStepBackward& s, std::int64_t row, std::int64_t unit, float* gates) {
  const Vector one = hn::Set(Floats(), 1.0F);
  const std::int64_t at = row * s.stride + unit;
  Vector dh = load(s.dh + at);
  if (s.dy != nullptr) dh = hn::Add(dh, load(s.dy + row * s.dy_stride + unit));
  const Vector i = load(gates);
  const Vector f = load(gates + kLanes);
  const Vector g = load(gates + 2 * kLanes);
  const Vector o = load(gates + 3 * kLanes);
  const Vector t = tanh_of(load(s.c + at));
  const Vector dc = hn::MulAdd(hn::Mul(dh, o), hn::NegMulAdd(t, t, one), load(s.dc + at));
  store(hn::Mul(hn::Mul(dc, g), hn::Mul(i, hn::Sub(one, i))), gates);
  store(hn::Mul(hn::Mul(dc, load(s.c_before + at)), hn::Mul(f, hn::Sub(one, f))), gates + kLanes);
  store(hn::Mul(hn::Mul(dc, i), hn::NegMulAdd(g, g, one)), gates + 2 * kLanes);
  store(hn::Mul(hn::Mul(dh, t), hn::Mul(o, hn::Sub(one, o))), gates + 3 * kLanes);
  store(hn::Mul(dc, f), s.dc + at);
  store(hn::Zero(Floats()), s.dh + at);
}

HWY_INLINE void gru_cell_backward(const RnnStepBackward& s, std::int64_t row, std::int64_t unit, float* gates) {
  const Vector one = hn::Set(Floats(), 1.0F);
  const std::int64_t at = row * s.stride + unit;
  Vector dh = load(s.dh + at);
  if (s.dy != nullptr) dh = hn::Add(dh, load(s.dy + row * s.dy_stride + unit));
  const Vector n = load(gates);
  const Vector r = load(gates + kLanes);
  const Vector z = load(gates + 2 * kLanes);
  const Vector of_h = load(gates + 3 * kLanes);
  const Vector dn = hn::Mul(hn::Mul(dh, hn::Sub(one, z)), hn::NegMulAdd(n, n, one));
  store(dn, gates);
  store(hn::Mul(hn::Mul(dn, of_h), hn::Mul(r, hn::Sub(one, r))), gates + kLanes);
  store(hn::Mul(hn::Mul(dh, hn::Sub(load(s.h_before + at), n)), hn::Mul(z, hn::Sub(one, z))), gates + 2 * kLanes);
  store(hn::Mul(dn, r), gates + 3 * kLanes);
  store(hn::Mul(dh, z), s.dh + at);
}

/// out[row, column panel] (+)= gate gradients times one column panel of packed weights.
template <int V, int Fed>
struct GateProductBody {
  const float* gates;  // of the first fed vector
  std::int64_t gate_rows, panels;
  const float* weights;
  float* out;
  std::int64_t out_stride;
  bool add;

  template <int R>
  HWY_INLINE void run(std::int64_t row) const {
    Vector sum[R][V];
    float* to = out + row * out_stride;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[r][v] = add ? load(to + r * out_stride + v * kLanes) : hn::Zero(Floats());
    }
    for (std::int64_t panel = 0; panel < panels; ++panel) {
      multiply<R, V, 0, V>(gates + (panel * gate_rows + row) * 4 * kLanes, 4 * kLanes, 1, Fed * kLanes,
                           weights + panel * Fed * kLanes * V * kLanes, V * kLanes, sum);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) store(sum[r][v], to + r * out_stride + v * kLanes);
    }
  }
};

template <int Fed>
void gate_product(const RnnLayout& layout, const float* gates, std::int64_t gate_rows, std::int64_t rows, const float* weights,
                  std::int64_t columns, float* out, std::int64_t out_stride, bool add) {
  const ColumnPanels cut{layout.vectors(columns)};
  const std::int64_t depth = layout.panels() * Fed * kLanes;
  for (std::int64_t c = 0; c < cut.count(); ++c) {
    const std::int64_t first = cut.first(c) * kLanes;
    const float* w = weights + depth * first;
    float* to = out + first;
    switch (cut.width(c)) {
      case 1: for_row_blocks(rows, GateProductBody<1, Fed>{gates, gate_rows, layout.panels(), w, to, out_stride, add}); break;
      case 2: for_row_blocks(rows, GateProductBody<2, Fed>{gates, gate_rows, layout.panels(), w, to, out_stride, add}); break;
      case 3: for_row_blocks(rows, GateProductBody<3, Fed>{gates, gate_rows, layout.panels(), w, to, out_stride, add}); break;
      default: for_row_blocks(rows, GateProductBody<4, Fed>{gates, gate_rows, layout.panels(), w, to, out_stride, add}); break;
    }
  }
}

void StepBackward(const RnnStepBackward& s) {
  const RnnLayout& layout = *s.layout;
  for (std::int64_t panel = 0; panel < layout.panels(); ++panel) {
    for (std::int64_t row = 0; row < s.rows; ++row) {
      float* gates = s.gates + (panel * s.gate_rows + row) * 4 * kLanes;
      if (layout.cell == Cell::lstm) {
        lstm_cell_backward(s, row, panel * kLanes, gates);
      } else {
        gru_cell_backward(s, row, panel * kLanes, gates);
      }
    }
  }
  if (s.weights_h == nullptr) return;
  if (layout.cell == Cell::lstm) {
    gate_product<4>(layout, s.gates, s.gate_rows, s.rows, s.weights_h, layout.hidden, s.dh, s.stride, false);
  } else {
    gate_product<3>(layout, s.gates + kLanes, s.gate_rows, s.rows, s.weights_h, layout.hidden, s.dh, s.stride, true);
  }
}

void InputGradient(const RnnLayout& layout, const float* gates, std::int64_t gate_rows, std::int64_t rows, const float* weights_x,
                   float* dx, std::int64_t dx_stride) {
  if (layout.cell == Cell::lstm) {
    gate_product<4>(layout, gates, gate_rows, rows, weights_x, layout.input, dx, dx_stride, false);
  } else {
    gate_product<3>(layout, gates, gate_rows, rows, weights_x, layout.input, dx, dx_stride, false);
  }
}

/// gradient[k, panel] += over the rows of all steps of x[row, k] * gates[row, panel]; here k runs over the rows of the register tile.
template <int Fed>
struct WeightGradientBody {
  const RnnGradientRows* steps;
  std::int64_t count;
  bool of_h;
  std::int64_t stride;
  std::int64_t gates_at;  // of the panel and its first fed vector, in a step's gate block
  float* gradient;        // [columns, Fed * lanes] of the panel

  template <int R>
  HWY_INLINE void run(std::int64_t k) const {
    Vector sum[R][Fed];
    float* to = gradient + k * Fed * kLanes;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < Fed; ++v) sum[r][v] = load(to + (r * Fed + v) * kLanes);
    }
    for (std::int64_t step = 0; step < count; ++step) {
      const float* a = (of_h ? steps[step].h_before : steps[step].x) + k;
      multiply<R, Fed, 0, Fed>(a, 1, stride, steps[step].rows, steps[step].gates + gates_at, 4 * kLanes, sum);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < Fed; ++v) store(sum[r][v], to + (r * Fed + v) * kLanes);
    }
  }
};

template <int Fed>
void weight_gradient(const RnnLayout& layout, const RnnGradientRows* steps, std::int64_t count, std::int64_t x_stride, std::int64_t stride,
                     std::int64_t gate_rows, float* gradient) {
  float* of_x = gradient;
  float* of_h = gradient + layout.forward_x_size();
  float* bias = of_h + layout.forward_h_size();
  for (std::int64_t panel = 0; panel < layout.panels(); ++panel) {
    const std::int64_t block = panel * gate_rows * 4 * kLanes;
    for_row_blocks(layout.input, WeightGradientBody<Fed>{steps, count, false, x_stride, block, of_x + panel * layout.input * Fed * kLanes});
    for_row_blocks(layout.hidden, WeightGradientBody<Fed>{steps, count, true, stride, block + layout.first_of_h() * kLanes,
                                                          of_h + panel * layout.hidden * Fed * kLanes});
    for (std::int64_t v = 0; v < 4; ++v) {
      float* to = bias + (panel * 4 + v) * kLanes;
      Vector sum = load(to);
      for (std::int64_t step = 0; step < count; ++step) {
        const float* from = steps[step].gates + block + v * kLanes;
        for (std::int64_t row = 0; row < steps[step].rows; ++row) sum = hn::Add(sum, load(from + row * 4 * kLanes));
      }
      store(sum, to);
    }
  }
}

void WeightGradient(const RnnLayout& layout, const RnnGradientRows* steps, std::int64_t count, std::int64_t x_stride, std::int64_t stride,
                    std::int64_t gate_rows, float* gradient) {
  if (layout.cell == Cell::lstm) {
    weight_gradient<4>(layout, steps, count, x_stride, stride, gate_rows, gradient);
  } else {
    weight_gradient<3>(layout, steps, count, x_stride, stride, gate_rows, gradient);
  }
}

template <bool is_tanh>
void apply(const float* in, float* out, std::int64_t count) {
  const auto value = [](float x) HWY_ATTR {
    const Vector v = hn::Set(Floats(), x);
    return hn::GetLane(is_tanh ? tanh_of(v) : sigmoid_of(v));
  };
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(is_tanh ? tanh_of(load(in + i)) : sigmoid_of(load(in + i)), out + i);
  for (; i < count; ++i) out[i] = value(in[i]);
}
void TanhOf(const float* in, float* out, std::int64_t count) { apply<true>(in, out, count); }
void SigmoidOf(const float* in, float* out, std::int64_t count) { apply<false>(in, out, count); }

std::int64_t LanesHere() { return kLanes; }

}  // namespace HWY_NAMESPACE
}  // namespace footfall
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace footfall {

HWY_EXPORT(LanesHere);
HWY_EXPORT(Step);
HWY_EXPORT(StepBackward);
HWY_EXPORT(InputGradient);
HWY_EXPORT(WeightGradient);
HWY_EXPORT(TanhOf);
HWY_EXPORT(SigmoidOf);

std::int64_t rnn_lanes() { return HWY_DYNAMIC_DISPATCH(LanesHere)(); }
void rnn_step(const RnnStep& step) { HWY_DYNAMIC_DISPATCH(Step)(step); }
void rnn_step_backward(const RnnStepBackward& step) { HWY_DYNAMIC_DISPATCH(StepBackward)(step); }
void rnn_input_gradient(const RnnLayout& layout, const float* gates, std::int64_t gate_rows, std::int64_t rows, const float* weights_x,
                        float* dx, std::int64_t dx_stride) {
  HWY_DYNAMIC_DISPATCH(InputGradient)(layout, gates, gate_rows, rows, weights_x, dx, dx_stride);
}
void rnn_weight_gradient(const RnnLayout& layout, const RnnGradientRows* steps, std::int64_t count, std::int64_t x_stride,
                         std::int64_t stride, std::int64_t gate_rows, float* gradient) {
  HWY_DYNAMIC_DISPATCH(WeightGradient)(layout, steps, count, x_stride, stride, gate_rows, gradient);
}
void rnn_tanh(const float* in, float* out, std::int64_t count) { HWY_DYNAMIC_DISPATCH(TanhOf)(in, out, count); }
void rnn_sigmoid(const float* in, float* out, std::int64_t count) { HWY_DYNAMIC_DISPATCH(SigmoidOf)(in, out, count); }

}  // namespace footfall
#endif
