// The activations of recurrent cells, compiled once for each instruction set. Include guard by target, as Highway wants it.
#if defined(FOOTFALL_GATE_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef FOOTFALL_GATE_MATH_INL
#undef FOOTFALL_GATE_MATH_INL
#else
#define FOOTFALL_GATE_MATH_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

/// tanh(x) = x P(x^2) / Q(x^2), both of degree 4, the minimax quotient for the relative error on [-9.02, 9.02] (2.1e-8 in exact arithmetic,
/// by Lawson's reweighting); beyond, tanh is 1 to the last bit of a float. Rounding brings the error to 3.2e-7 at most. Never outside [-1,
/// 1]; NaN stays NaN (which Min and Max alone would hide), so that a run that diverges is seen.
HWY_INLINE Vector tanh_of(Vector x) {
  const Floats d;
  const Vector edge = hn::Set(d, 9.02F);
  const Vector v = hn::Min(hn::Max(x, hn::Neg(edge)), edge);
  const Vector t = hn::Mul(v, v);
  Vector p = hn::MulAdd(t, hn::Set(d, 1.3318921965321806e-08F), hn::Set(d, 2.0583367586368695e-05F));
  p = hn::MulAdd(t, p, hn::Set(d, 0.003494027303531766F));
  p = hn::MulAdd(t, p, hn::Set(d, 0.13379712402820587F));
  p = hn::MulAdd(t, p, hn::Set(d, 1.0F));
  Vector q = hn::MulAdd(t, hn::Set(d, 7.761956339891185e-07F), hn::Set(d, 0.00032830811687745154F));
  q = hn::MulAdd(t, q, hn::Set(d, 0.025871045887470245F));
  q = hn::MulAdd(t, q, hn::Set(d, 0.46713027358055115F));
  q = hn::MulAdd(t, q, hn::Set(d, 1.0F));
  const Vector one = hn::Set(d, 1.0F);
  const Vector inside = hn::Min(hn::Max(hn::Div(hn::Mul(v, p), q), hn::Neg(one)), one);
  return hn::IfThenElse(hn::IsNaN(x), x, inside);
}

/// sigmoid(x) = 1/2 + tanh(x / 2) / 2, in [0, 1].
HWY_INLINE Vector sigmoid_of(Vector x) {
  const Vector half = hn::Set(Floats(), 0.5F);
  return hn::MulAdd(half, tanh_of(hn::Mul(half, x)), half);
}

}  // namespace HWY_NAMESPACE
}  // namespace footfall
HWY_AFTER_NAMESPACE();

#endif
