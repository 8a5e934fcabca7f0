#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layers/row_loops_cpu.cpp"
#include "hwy/foreach_target.h"  // compiles what follows once for each instruction set

#include <algorithm>
#include <cstdint>

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "kernels/layers/dropout_math.hpp"
#include "kernels/layers/row_loops.hpp"

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;

/// A vector's worth of values that are fewer than a vector.
struct Rest {
  HWY_ALIGN float value[HWY_MAX_BYTES / sizeof(float)];

  HWY_INLINE Vec load(const float* from, std::int64_t count) {
    std::fill(value, value + HWY_MAX_BYTES / sizeof(float), 0.0F);
    std::copy_n(from, count, value);
    return hn::Load(Floats(), value);
  }
  HWY_INLINE void store(Vec v, float* to, std::int64_t count) {
    hn::Store(v, Floats(), value);
    std::copy_n(value, count, to);
  }
};

/// out[i] = op(a[i], b[i], c[i], ...); the rest at the end takes the same vector path.
template <class Op, class... In>
HWY_INLINE void map(std::int64_t n, float* out, const Op& op, const In*... in) {
  const Floats d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(op(hn::LoadU(d, in + i)...), d, out + i);
  if (i < n) {
    Rest rest;
    rest.store(op(Rest().load(in + i, n - i)...), out + i, n - i);
  }
}

HWY_INLINE Vec sigmoid_of(Vec z) {
  const Floats d;
  const Vec one = hn::Set(d, 1.0F);
  const Vec e = hn::Exp(d, hn::Neg(hn::Abs(z)));
  return hn::Div(hn::IfThenElse(hn::Lt(z, hn::Zero(d)), e, one), hn::Add(one, e));
}

template <Activation A>
HWY_INLINE Vec activated(Vec z) {
  const Floats d;
  if constexpr (A == Activation::relu) return hn::IfThenZeroElse(hn::Lt(z, hn::Zero(d)), z);
  if constexpr (A == Activation::tanh) return hn::Tanh(d, z);
  if constexpr (A == Activation::sigmoid) return sigmoid_of(z);
  return z;
}

template <Activation A>
HWY_INLINE Vec before(Vec y, Vec dy) {
  const Floats d;
  const Vec one = hn::Set(d, 1.0F);
  if constexpr (A == Activation::relu) return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), dy);
  if constexpr (A == Activation::tanh) return hn::Mul(dy, hn::Sub(one, hn::Mul(y, y)));
  if constexpr (A == Activation::sigmoid) return hn::Mul(dy, hn::Mul(y, hn::Sub(one, y)));
  return dy;
}

template <Activation A>
struct BiasActivation {
  HWY_INLINE Vec operator()(Vec z, Vec bias) const { return activated<A>(hn::Add(z, bias)); }
};
template <Activation A>
struct Activate {
  HWY_INLINE Vec operator()(Vec z) const { return activated<A>(z); }
};
template <Activation A>
struct BeforeActivation {
  HWY_INLINE Vec operator()(Vec dy, Vec y) const { return before<A>(y, dy); }
};
template <Activation A>
struct Affine {
  HWY_INLINE Vec operator()(Vec y, Vec s, Vec b) const { return activated<A>(hn::Add(hn::Mul(y, s), b)); }
};
struct Product {
  HWY_INLINE Vec operator()(Vec a, Vec b) const { return hn::Mul(a, b); }
};
struct AddProduct {
  HWY_INLINE Vec operator()(Vec out, Vec a, Vec b) const { return hn::Add(out, hn::Mul(a, b)); }
};
struct Sum {
  HWY_INLINE Vec operator()(Vec out, Vec a) const { return hn::Add(out, a); }
};
struct ScaledSigmoid {
  float scale;
  HWY_INLINE Vec operator()(Vec z) const { return sigmoid_of(hn::Mul(hn::Set(Floats(), scale), z)); }
};

/// Calls work.template run<A>() for the activation that is known only at run time.
template <class Work>
HWY_INLINE void with_activation(Activation activation, const Work& work) {
  switch (activation) {
    case Activation::none: return work.template run<Activation::none>();
    case Activation::relu: return work.template run<Activation::relu>();
    case Activation::tanh: return work.template run<Activation::tanh>();
    case Activation::sigmoid: return work.template run<Activation::sigmoid>();
  }
}

struct BiasWork {
  float* z;
  const float* bias;
  std::int64_t n;
  template <Activation A>
  void run() const {
    if (bias != nullptr) {
      map(n, z, BiasActivation<A>(), z, bias);
    } else if constexpr (A != Activation::none) {
      map(n, z, Activate<A>(), z);
    }
  }
};
void AddBiasAndActivate(float* z, const float* bias, std::int64_t n, Activation activation) {
  with_activation(activation, BiasWork{z, bias, n});
}

struct UndoWork {
  float* dy;
  const float* y;
  std::int64_t n;
  template <Activation A>
  void run() const {
    if constexpr (A != Activation::none) map(n, dy, BeforeActivation<A>(), dy, y);
  }
};
void UndoActivation(float* dy, const float* y, std::int64_t n, Activation activation) { with_activation(activation, UndoWork{dy, y, n}); }

struct AffineWork {
  const float *y, *s, *b;
  float* out;
  std::int64_t n;
  template <Activation A>
  void run() const {
    map(n, out, Affine<A>(), y, s, b);
  }
};
void AffineRow(const float* y, const float* s, const float* b, float* out, std::int64_t n, Activation activation) {
  with_activation(activation, AffineWork{y, s, b, out, n});
}

void MultiplyRow(const float* a, const float* b, float* out, std::int64_t n) { map(n, out, Product(), a, b); }
void MultiplyAddRow(const float* a, const float* b, float* out, std::int64_t n) { map(n, out, AddProduct(), out, a, b); }
void AddRow(const float* a, float* out, std::int64_t n) { map(n, out, Sum(), out, a); }
void SigmoidRow(const float* z, float scale, float* out, std::int64_t n) { map(n, out, ScaledSigmoid{scale}, z); }

using Doubles = hn::ScalableTag<double>;
using HalfFloats = hn::Rebind<float, Doubles>;

/// sums += value for the columns from `first` on, by whole vectors of float64 and then one by one: each column's sum is a chain of its own.
template <class Value>
HWY_INLINE void add_columns(std::int64_t n, double* sums, const Value& value) {
  const Doubles d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::Add(hn::LoadU(d, sums + i), value.vector(i)), d, sums + i);
  for (; i < n; ++i) sums[i] += value.scalar(i);
}

struct RowValue {
  const float* a;
  HWY_INLINE auto vector(std::int64_t i) const { return hn::PromoteTo(Doubles(), hn::LoadU(HalfFloats(), a + i)); }
  HWY_INLINE double scalar(std::int64_t i) const { return static_cast<double>(a[i]); }
};
struct ProductValue {
  RowValue a, b;
  HWY_INLINE auto vector(std::int64_t i) const { return hn::Mul(a.vector(i), b.vector(i)); }
  HWY_INLINE double scalar(std::int64_t i) const { return a.scalar(i) * b.scalar(i); }
};
struct ScaledValue {
  double coefficient;
  RowValue a;
  HWY_INLINE auto vector(std::int64_t i) const { return hn::Mul(hn::Set(Doubles(), coefficient), a.vector(i)); }
  HWY_INLINE double scalar(std::int64_t i) const { return coefficient * a.scalar(i); }
};

void SumRows(MatrixView<const float> a, double* sums) {
  for (std::int64_t r = 0; r < a.rows; ++r) add_columns(a.columns, sums, RowValue{a.data + r * a.stride});
}
void SumProductRows(MatrixView<const float> a, MatrixView<const float> b, double* sums) {
  for (std::int64_t r = 0; r < a.rows; ++r) add_columns(a.columns, sums, ProductValue{{a.data + r * a.stride}, {b.data + r * b.stride}});
}
void SumScaledRows(const float* coefficient, std::int64_t coefficient_stride, MatrixView<const float> a, double* sums) {
  for (std::int64_t r = 0; r < a.rows; ++r) {
    add_columns(a.columns, sums, ScaledValue{static_cast<double>(coefficient[r * coefficient_stride]), {a.data + r * a.stride}});
  }
}

struct AffineBackwardWork {
  const AffineBackward& block;
  template <Activation A>
  void run() const {
    const std::int64_t n = block.dout.columns;
    for (std::int64_t r = 0; r < block.dout.rows; ++r) {
      float* const dout = block.dout.data + r * block.dout.stride;
      if constexpr (A != Activation::none) map(n, dout, BeforeActivation<A>(), dout, block.out.data + r * block.out.stride);
      add_columns(n, block.ds, ProductValue{{dout}, {block.y.data + r * block.y.stride}});
      add_columns(n, block.db, RowValue{dout});
      map(n, dout, Product(), dout, block.s);
    }
  }
};
void AffineBackwardBlock(const AffineBackward& block, Activation activation) { with_activation(activation, AffineBackwardWork{block}); }

HWY_INLINE float dot(const float* a, const float* b, std::int64_t n) {
  const Floats d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Vec sum = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) sum = hn::Add(sum, hn::Mul(hn::LoadU(d, a + i), hn::LoadU(d, b + i)));
  if (i < n) sum = hn::Add(sum, hn::Mul(Rest().load(a + i, n - i), Rest().load(b + i, n - i)));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

void SmallProduct(MatrixView<const float> x, MatrixView<const float> w, const float* bias, MatrixView<float> z) {
  for (std::int64_t r = 0; r < z.rows; ++r) {
    for (std::int64_t o = 0; o < z.columns; ++o) {
      const float sum = dot(x.data + r * x.stride, w.data + o * w.stride, x.columns);
      z.data[r * z.stride + o] = bias == nullptr ? sum : sum + bias[o];
    }
  }
}

struct Scaled {
  float coefficient;
  HWY_INLINE Vec operator()(Vec a) const { return hn::Mul(hn::Set(Floats(), coefficient), a); }
};
struct AddScaled {
  float coefficient;
  HWY_INLINE Vec operator()(Vec out, Vec a) const { return hn::Add(out, hn::Mul(hn::Set(Floats(), coefficient), a)); }
};
void CombineRows(const float* coefficient, MatrixView<const float> w, float* out) {
  map(w.columns, out, Scaled{coefficient[0]}, w.data);
  for (std::int64_t o = 1; o < w.rows; ++o) map(w.columns, out, AddScaled{coefficient[o]}, out, w.data + o * w.stride);
}

double SumOfSquares(const float* a, std::int64_t n) {
  const Doubles d;
  const HalfFloats f;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto value = hn::PromoteTo(d, hn::LoadU(f, a + i));
    sum = hn::Add(sum, hn::Mul(value, value));
  }
  double total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; i < n; ++i) total += static_cast<double>(a[i]) * static_cast<double>(a[i]);
  return total;
}

#if HWY_TARGET == HWY_SCALAR
void DropRow(float* x, std::int64_t n, const DropoutSpec& spec, std::uint64_t step, std::int64_t member, std::int64_t id) {
  const float kept = 1.0F / (1.0F - spec.probability);
  for (std::int64_t group = 0; 4 * group < n; ++group) {
    const PhiloxWords words = dropout_words(spec.seed, id, step, spec.layer, member, group);
    for (std::int64_t c = 4 * group; c < std::min(n, 4 * group + 4); ++c) x[c] = dropped(x[c], words.word[c % 4], spec.probability, kept);
  }
}
#else
using Words = hn::ScalableTag<std::uint32_t>;
using WordVec = hn::Vec<Words>;

/// Philox in every other lane: a word lies in the lower half of 64 bits, where a product leaves its lower half and reads no upper one, so
/// nothing is moved between rounds. What the upper halves hold is not looked at.
struct PhiloxHalf {
  WordVec c0, c1, c2, c3;

  HWY_INLINE void round(WordVec multiplier0, WordVec multiplier1, WordVec key0, WordVec key1) {
    const Words d;
    const auto product0 = hn::MulEven(multiplier0, c0), product1 = hn::MulEven(multiplier1, c2);
    c0 = hn::Xor3(hn::BitCast(d, hn::ShiftRight<32>(product1)), c1, key0);
    c1 = hn::BitCast(d, product1);
    c2 = hn::Xor3(hn::BitCast(d, hn::ShiftRight<32>(product0)), c3, key1);
    c3 = hn::BitCast(d, product0);
  }
};
/// The lanes that `odd` has in the lower halves behind those of `even`.
HWY_INLINE WordVec joined(WordVec even, WordVec odd) {
  const Words d;
  const hn::RepartitionToWide<Words> wide;
  return hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(hn::BitCast(wide, odd))), even);
}

/// What a kept unit is multiplied by and, in the places of dropped ones, 0.
HWY_INLINE Vec mask_of(WordVec word, float probability, float kept) {
  const Floats d;
  const hn::RebindToSigned<Words> whole;
  const Vec unit = hn::Mul(hn::ConvertTo(d, hn::BitCast(whole, hn::ShiftRight<8>(word))), hn::Set(d, 0x1p-24F));
  return hn::IfThenZeroElse(hn::Lt(unit, hn::Set(d, probability)), hn::Set(d, kept));
}

struct Masked {
  HWY_INLINE Vec operator()(Vec x, Vec mask) const { return hn::IfThenZeroElse(hn::Eq(mask, hn::Zero(Floats())), hn::Mul(x, mask)); }
};

void DropRow(float* x, std::int64_t n, const DropoutSpec& spec, std::uint64_t step, std::int64_t member, std::int64_t id) {
  const Words d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const float kept = 1.0F / (1.0F - spec.probability);
  const WordVec multiplier0 = hn::Set(d, 0xD2511F53U);
  const WordVec multiplier1 = hn::Set(d, 0xCD9E8D57U);
  const std::uint32_t upper = (spec.layer << 24) | (static_cast<std::uint32_t>(member) << 16);
  HWY_ALIGN float mask[4 * HWY_MAX_BYTES / sizeof(float)];
  for (std::int64_t first = 0; first < n; first += 4 * lanes) {
    PhiloxHalf even{hn::Set(d, static_cast<std::uint32_t>(static_cast<std::uint64_t>(id))),
                    hn::Set(d, static_cast<std::uint32_t>(static_cast<std::uint64_t>(id) >> 32)), hn::Set(d, static_cast<std::uint32_t>(step)),
                    hn::Or(hn::Set(d, upper), hn::Iota(d, static_cast<std::uint32_t>(first / 4)))};
    PhiloxHalf odd = even;
    odd.c3 = hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(hn::RepartitionToWide<Words>(), even.c3)));
    auto key0 = static_cast<std::uint32_t>(spec.seed);
    auto key1 = static_cast<std::uint32_t>(spec.seed >> 32);
    for (int round = 0; round < 10; ++round) {
      even.round(multiplier0, multiplier1, hn::Set(d, key0), hn::Set(d, key1));
      odd.round(multiplier0, multiplier1, hn::Set(d, key0), hn::Set(d, key1));
      key0 += 0x9E3779B9U;
      key1 += 0xBB67AE85U;
    }
    const auto mask_of_words = [&](WordVec low, WordVec high) { return mask_of(joined(low, high), spec.probability, kept); };
    hn::StoreInterleaved4(mask_of_words(even.c0, odd.c0), mask_of_words(even.c1, odd.c1), mask_of_words(even.c2, odd.c2),
                          mask_of_words(even.c3, odd.c3), Floats(), mask);
    const float* const masks = mask;
    map(std::min(4 * lanes, n - first), x + first, Masked(), x + first, masks);
  }
}

#endif  // HWY_SCALAR

struct Parameters {
  Vec w, m, v;
};
HWY_INLINE Parameters updated(const AdamStep& s, float rate, float decay, Vec g, Parameters p) {
  const Floats d;
  const Vec gradient = hn::Mul(g, hn::Set(d, s.gradient_scale));
  p.m = hn::Add(hn::Mul(hn::Set(d, s.beta1), p.m), hn::Mul(hn::Set(d, s.fresh1), gradient));
  p.v = hn::Add(hn::Mul(hn::Set(d, s.beta2), p.v), hn::Mul(hn::Set(d, s.fresh2), hn::Mul(gradient, gradient)));
  const Vec root = hn::Add(hn::Mul(hn::Sqrt(p.v), hn::Set(d, s.correct2)), hn::Set(d, s.epsilon));
  const Vec direction = hn::Div(hn::Mul(p.m, hn::Set(d, s.correct1)), root);
  p.w = hn::Sub(p.w, hn::Mul(hn::Set(d, rate * s.learning_rate), hn::Add(direction, hn::Mul(hn::Set(d, decay), p.w))));
  return p;
}

void AdamRun(const AdamStep& step, float rate, float decay, const float* g, float* w, float* m, float* v, std::int64_t n) {
  const Floats d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Parameters p = updated(step, rate, decay, hn::LoadU(d, g + i), {hn::LoadU(d, w + i), hn::LoadU(d, m + i), hn::LoadU(d, v + i)});
    hn::StoreU(p.w, d, w + i);
    hn::StoreU(p.m, d, m + i);
    hn::StoreU(p.v, d, v + i);
  }
  for (; i < n; ++i) adam_update(step, rate, decay, g[i], w[i], m[i], v[i]);
}

}  // namespace HWY_NAMESPACE
}  // namespace footfall
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace footfall {

HWY_EXPORT(AddBiasAndActivate);
HWY_EXPORT(UndoActivation);
HWY_EXPORT(AffineRow);
HWY_EXPORT(MultiplyRow);
HWY_EXPORT(MultiplyAddRow);
HWY_EXPORT(AddRow);
HWY_EXPORT(SumRows);
HWY_EXPORT(SumProductRows);
HWY_EXPORT(SumScaledRows);
HWY_EXPORT(AffineBackwardBlock);
HWY_EXPORT(SmallProduct);
HWY_EXPORT(CombineRows);
HWY_EXPORT(SumOfSquares);
HWY_EXPORT(SigmoidRow);
HWY_EXPORT(DropRow);
HWY_EXPORT(AdamRun);

void add_bias_and_activate(float* z, const float* bias, std::int64_t n, Activation activation) {
  HWY_DYNAMIC_DISPATCH(AddBiasAndActivate)(z, bias, n, activation);
}
void undo_activation(float* dy, const float* y, std::int64_t n, Activation activation) {
  HWY_DYNAMIC_DISPATCH(UndoActivation)(dy, y, n, activation);
}
void affine_row(const float* y, const float* s, const float* b, float* out, std::int64_t n, Activation activation) {
  HWY_DYNAMIC_DISPATCH(AffineRow)(y, s, b, out, n, activation);
}
void multiply_row(const float* a, const float* b, float* out, std::int64_t n) { HWY_DYNAMIC_DISPATCH(MultiplyRow)(a, b, out, n); }
void multiply_add_row(const float* a, const float* b, float* out, std::int64_t n) { HWY_DYNAMIC_DISPATCH(MultiplyAddRow)(a, b, out, n); }
void add_row(const float* a, float* out, std::int64_t n) { HWY_DYNAMIC_DISPATCH(AddRow)(a, out, n); }
void sum_rows(MatrixView<const float> a, double* sums) { HWY_DYNAMIC_DISPATCH(SumRows)(a, sums); }
void sum_product_rows(MatrixView<const float> a, MatrixView<const float> b, double* sums) {
  HWY_DYNAMIC_DISPATCH(SumProductRows)(a, b, sums);
}
void sum_scaled_rows(const float* coefficient, std::int64_t coefficient_stride, MatrixView<const float> a, double* sums) {
  HWY_DYNAMIC_DISPATCH(SumScaledRows)(coefficient, coefficient_stride, a, sums);
}
void affine_backward(const AffineBackward& block, Activation activation) { HWY_DYNAMIC_DISPATCH(AffineBackwardBlock)(block, activation); }
void small_product(MatrixView<const float> x, MatrixView<const float> w, const float* bias, MatrixView<float> z) {
  HWY_DYNAMIC_DISPATCH(SmallProduct)(x, w, bias, z);
}
void combine_rows(const float* coefficient, MatrixView<const float> w, float* out) {
  HWY_DYNAMIC_DISPATCH(CombineRows)(coefficient, w, out);
}
double sum_of_squares(const float* a, std::int64_t n) { return HWY_DYNAMIC_DISPATCH(SumOfSquares)(a, n); }
void sigmoid_row(const float* z, float scale, float* out, std::int64_t n) { HWY_DYNAMIC_DISPATCH(SigmoidRow)(z, scale, out, n); }
void drop_row(float* x, std::int64_t n, const DropoutSpec& spec, std::uint64_t step, std::int64_t member, std::int64_t id) {
  HWY_DYNAMIC_DISPATCH(DropRow)(x, n, spec, step, member, id);
}
void adam_run(const AdamStep& step, float rate, float decay, const float* g, float* w, float* m, float* v, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(AdamRun)(step, rate, decay, g, w, m, v, n);
}

}  // namespace footfall
#endif
