#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bayes/posterior_loops_cpu.cpp"
#include "hwy/foreach_target.h"  // compiles what follows once for each instruction set

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/bayes/posterior_loops.hpp"

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// At most half the lanes, so that two vectors always fit a block.
using Floats = hn::CappedTag<float, plan_lanes / 2>;
using Ints = hn::RebindToSigned<Floats>;
using Bytes = hn::Rebind<std::uint8_t, Ints>;
using Vec = hn::Vec<Floats>;

HWY_INLINE std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(Floats())); }

/// One pass over the lanes of a block, two vectors at a time, so that what is read for both (an operand's place) is read once.
template <class Work>
HWY_INLINE void for_pairs(const Work& work) {
  for (std::int64_t l = 0; l < plan_lanes; l += 2 * lanes()) work(l);
}
template <class Work>
HWY_INLINE void for_vectors(const Work& work) {
  for (std::int64_t l = 0; l < plan_lanes; l += lanes()) work(l);
}

/// A block's slots, digits and what is known of its rows.
struct Lanes {
  float* slots;
  std::int32_t* digits;
  std::uint8_t* codes;
  HWY_ALIGN std::int32_t exponent[plan_lanes];
  HWY_ALIGN std::int32_t first_small[plan_lanes];
  HWY_ALIGN float sum[plan_lanes];
  bool any_small = false;
  std::uint32_t unseen = 0;

  [[nodiscard]] float* slot(std::int32_t s) const { return slots + static_cast<std::int64_t>(s) * plan_lanes; }
  [[nodiscard]] std::int32_t* digit(std::int32_t i) const { return digits + static_cast<std::int64_t>(i) * plan_lanes; }
};

template <class Mask>
HWY_INLINE std::uint32_t bits_of(Mask mask, std::int64_t lane) {
  HWY_ALIGN std::uint8_t bytes[8] = {};
  static_cast<void>(hn::StoreMaskBits(Floats(), mask, bytes));
  std::uint32_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  return bits << lane;
}

/// Digits of all inputs. Lanes behind the last row hold state 0.
HWY_INLINE void read_digits(const PlanView<float>& plan, const PlanBlock& block, bool inside, Lanes& lane) {
  const Ints d;
  const bool whole = block.rows == nullptr && block.count == plan_lanes;
  for (std::int32_t i = 0; i < plan.input_count; ++i) {
    const std::uint8_t* column = block.codes.data + plan.inputs[i].column * block.codes.stride;
    const std::uint8_t* from = column + block.first;
    if (!whole) {
      std::memset(lane.codes, 0, plan_lanes);
      for (std::int64_t l = 0; l < block.count; ++l) lane.codes[l] = column[block.row(l)];
      from = lane.codes;
    }
    const auto last = hn::Set(d, plan.inputs[i].states - 1);
    const auto most = hn::Set(d, plan.inputs[i].states - (inside ? 1 : 0));
    std::int32_t* to = lane.digit(i);
    for_vectors([&](std::int64_t l) {
      const auto code = hn::PromoteTo(d, hn::LoadU(Bytes(), from + l));
      hn::Store(hn::Min(code, most), d, to + l);
      const auto unseen = hn::And(hn::Gt(code, last), hn::Ne(code, hn::Set(d, missing_code)));
      if (!hn::AllFalse(d, unseen)) lane.unseen |= bits_of(hn::RebindMask(Floats(), unseen), l);
    });
  }
}

HWY_INLINE void set_evidence(const PlanView<float>& plan, const PlanStep& step, Lanes& lane) {
  const Ints d;
  const auto none = hn::Set(d, plan.inputs[step.first].states);
  const std::int32_t* digit = lane.digit(step.first);
  const auto one = hn::Set(Floats(), 1.0F);
  for_vectors([&](std::int64_t l) {
    const auto cell = hn::Load(d, digit + l);
    const auto open = hn::Eq(cell, none);
    for (std::int32_t s = 0; s < step.count; ++s) {
      const auto is = hn::Or(open, hn::Eq(cell, hn::Set(d, s)));
      hn::Store(hn::IfThenElseZero(hn::RebindMask(Floats(), is), one), Floats(), lane.slot(step.to + s) + l);
    }
  });
}

template <bool multiply>
HWY_INLINE void gather_values(const PlanView<float>& plan, const PlanStep& step, Lanes& lane) {
  const Ints d;
  const Floats f;
  const float* table = plan.values + step.table;
  for_vectors([&](std::int64_t l) {
    auto index = hn::Zero(d);
    for (std::int32_t t = 0; t < step.width; ++t) {
      const PlanTerm term = plan.terms[step.first + t];
      index = hn::Add(index, hn::Mul(hn::Load(d, lane.digit(term.input) + l), hn::Set(d, term.stride)));
    }
    for (std::int32_t s = 0; s < step.count; ++s) {
      float* to = lane.slot(step.to + s) + l;
      const Vec value = hn::GatherIndex(f, table + s, index);
      hn::Store(multiply ? hn::Mul(hn::Load(f, to), value) : value, f, to);
    }
  });
}

/// An operand of a contraction: a constant for all lanes, or a slot.
HWY_INLINE void read_operand(const PlanView<float>& plan, const Lanes& lane, std::int32_t operand, std::int64_t l, Vec& a, Vec& b) {
  const Floats f;
  if (operand < 0) {
    a = b = hn::Set(f, plan.values[~operand]);
  } else {
    const float* from = lane.slot(operand) + l;
    a = hn::Load(f, from);
    b = hn::Load(f, from + lanes());
  }
}

/// Sums of products of any operands.
HWY_INLINE void contract_any(const PlanView<float>& plan, const PlanStep& step, Lanes& lane) {
  const Floats f;
  for_pairs([&](std::int64_t l) {
    const std::int32_t* operand = plan.operands + step.first;
    for (std::int32_t o = 0; o < step.count; ++o) {
      Vec sum_a = hn::Zero(f);
      Vec sum_b = sum_a;
      for (std::int32_t j = 0; j < step.summed; ++j, operand += step.width) {
        Vec a;
        Vec b;
        read_operand(plan, lane, operand[0], l, a, b);
        for (std::int32_t k = 1; k < step.width; ++k) {
          Vec c;
          Vec e;
          read_operand(plan, lane, operand[k], l, c, e);
          a = hn::Mul(a, c);
          b = hn::Mul(b, e);
        }
        // The first product is not added to zero on a device either; the bits are the same, since no value is -0.
        sum_a = hn::Add(sum_a, a);
        sum_b = hn::Add(sum_b, b);
      }
      float* to = lane.slot(step.to + o) + l;
      hn::Store(sum_a, f, to);
      hn::Store(sum_b, f, to + lanes());
    }
  });
}

/// The same where the first operand is a constant in every product of the step (or none is) and the others are slots: no branch inside.
template <bool constant, int width>
HWY_INLINE void contract_known(const PlanView<float>& plan, const PlanStep& step, Lanes& lane) {
  const Floats f;
  for_pairs([&](std::int64_t l) {
    const float* const slots = lane.slots + l;
    const auto slot = [&](std::int32_t operand) { return slots + static_cast<std::int64_t>(operand) * plan_lanes; };
    const std::int32_t* operand = plan.operands + step.first;
    for (std::int32_t o = 0; o < step.count; ++o) {
      Vec sum_a = hn::Zero(f);
      Vec sum_b = sum_a;
      for (std::int32_t j = 0; j < step.summed; ++j, operand += width) {
        Vec a;
        Vec b;
        if constexpr (constant) {
          a = b = hn::Set(f, plan.values[~operand[0]]);
        } else {
          a = hn::Load(f, slot(operand[0]));
          b = hn::Load(f, slot(operand[0]) + lanes());
        }
        for (int k = 1; k < width; ++k) {
          a = hn::Mul(a, hn::Load(f, slot(operand[k])));
          b = hn::Mul(b, hn::Load(f, slot(operand[k]) + lanes()));
        }
        sum_a = hn::Add(sum_a, a);
        sum_b = hn::Add(sum_b, b);
      }
      float* to = lane.slot(step.to + o) + l;
      hn::Store(sum_a, f, to);
      hn::Store(sum_b, f, to + lanes());
    }
  });
}

/// An operand's place holds the same kind in all products of a step.
HWY_INLINE void contract(const PlanView<float>& plan, const PlanStep& step, Lanes& lane) {
  const std::int32_t* operand = plan.operands + step.first;
  int constants = 0;
  for (std::int32_t k = 0; k < step.width; ++k) constants += operand[k] < 0 ? 1 : 0;
  if (constants == 0) {
    if (step.width == 2) return contract_known<false, 2>(plan, step, lane);
    if (step.width == 3) return contract_known<false, 3>(plan, step, lane);
  } else if (constants == 1 && operand[0] < 0) {
    if (step.width == 2) return contract_known<true, 2>(plan, step, lane);
    if (step.width == 3) return contract_known<true, 3>(plan, step, lane);
    if (step.width == 4) return contract_known<true, 4>(plan, step, lane);
  }
  contract_any(plan, step, lane);
}

HWY_INLINE void rescale(const PlanStep& step, Lanes& lane) {
  const Floats f;
  const Ints d;
  const auto exponent_bits = hn::Set(d, 0x7F800000);
  const auto share = hn::Set(f, RescaleLimits<float>::share);
  for_vectors([&](std::int64_t l) {
    Vec largest = hn::Zero(f);
    for (std::int32_t s = 0; s < step.count; ++s) largest = hn::Max(largest, hn::Load(f, lane.slot(step.to + s) + l));
    const auto bits = hn::And(hn::BitCast(d, largest), exponent_bits);
    const auto zero = hn::Eq(bits, hn::Zero(d));  // all of them are 0 (or below every normal number, and then the row is done again)
    const auto inverse = hn::IfThenElse(zero, hn::Set(d, 127 << 23), hn::Sub(hn::Set(d, 254 << 23), bits));
    const auto exponent = hn::IfThenZeroElse(zero, hn::Sub(hn::ShiftRight<23>(bits), hn::Set(d, 127)));
    const auto total = hn::Add(hn::Load(d, lane.exponent + l), exponent);
    hn::Store(total, d, lane.exponent + l);
    const Vec factor = hn::BitCast(f, inverse);
    auto small = hn::MaskFromVec(hn::Zero(f));
    for (std::int32_t s = 0; s < step.count; ++s) {
      float* at = lane.slot(step.to + s) + l;
      const Vec scaled = hn::Mul(hn::Load(f, at), factor);
      hn::Store(scaled, f, at);
      small = hn::Or(small, hn::And(hn::Gt(scaled, hn::Zero(f)), hn::Lt(scaled, share)));
    }
    if (hn::AllFalse(f, small)) return;
    lane.any_small = true;
    const auto first = hn::Load(d, lane.first_small + l);
    const auto newly = hn::And(hn::RebindMask(d, small), hn::Eq(first, hn::Set(d, none_small)));
    hn::Store(hn::IfThenElse(newly, total, first), d, lane.first_small + l);
  });
}

/// Posterior columns of a block; a row whose sum is 0 gets zeros.
HWY_INLINE void write_posterior(const PlanView<float>& plan, const PlanBlock& block, const PosteriorOutput& out, Lanes& lane) {
  const Floats f;
  const bool whole = block.rows == nullptr && block.count == plan_lanes;
  for_vectors([&](std::int64_t l) {
    Vec sum = hn::Load(f, lane.slot(plan.result) + l);
    for (std::int32_t s = 1; s < plan.states; ++s) sum = hn::Add(sum, hn::Load(f, lane.slot(plan.result + s) + l));
    hn::Store(sum, f, lane.sum + l);
    if (plan.normalised) return;
    const Vec share = hn::IfThenElseZero(hn::Gt(sum, hn::Zero(f)), hn::Div(hn::Set(f, 1.0F), sum));
    for (std::int32_t s = 0; s < plan.states; ++s) {
      float* at = lane.slot(plan.result + s) + l;
      hn::Store(hn::Mul(hn::Load(f, at), share), f, at);
    }
  });
  for (std::int32_t s = 0; s < plan.states; ++s) {
    float* column = out.posterior.data + s * out.posterior.stride;
    const float* from = lane.slot(plan.result + s);
    if (!whole) {
      for (std::int64_t l = 0; l < block.count; ++l) column[block.row(l)] = from[l];
    } else if (reinterpret_cast<std::uintptr_t>(column + block.first) % (static_cast<std::size_t>(lanes()) * sizeof(float)) == 0) {
      for_vectors([&](std::int64_t l) { hn::Stream(hn::Load(f, from + l), f, column + block.first + l); });
    } else {
      for_vectors([&](std::int64_t l) { hn::StoreU(hn::Load(f, from + l), f, column + block.first + l); });
    }
  }
}

HWY_INLINE void write_status(const PlanView<float>& plan, const PlanBlock& block, const PosteriorOutput& out, const Lanes& lane) {
  std::uint32_t possible = 0;
  for_vectors([&](std::int64_t l) { possible |= bits_of(hn::Gt(hn::Load(Floats(), lane.sum + l), hn::Zero(Floats())), l); });
  if (block.rows == nullptr && block.count == plan_lanes && possible == 0xFFFFFFFFU && lane.unseen == 0) {
    std::memset(out.status.data + block.first, static_cast<int>(RowStatus::ok), plan_lanes);
  } else {
    for (std::int64_t l = 0; l < block.count; ++l)
      out.status.data[block.row(l)] = static_cast<std::uint8_t>(status_of((possible >> l & 1U) != 0, (lane.unseen >> l & 1U) != 0));
  }
  if (out.log_evidence.empty()) return;
  for (std::int64_t l = 0; l < block.count; ++l)
    out.log_evidence.data[block.row(l)] = log_of_scaled(static_cast<double>(lane.sum[l]), lane.exponent[l], plan.log_scale);
}

template <class T>
HWY_INLINE T* aligned_room(std::vector<T>& room, std::int64_t count) {
  constexpr std::size_t spare = 64 / sizeof(T);
  if (room.size() < static_cast<std::size_t>(count) + spare) room.resize(static_cast<std::size_t>(count) + spare);
  const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(room.data());
  return room.data() + (64 - at % 64) % 64 / sizeof(T);
}

std::uint32_t RunPlanBlock(const PlanView<float>& plan, const PlanBlock& block, bool inside, PlanScratch& scratch, const PosteriorOutput& out) {
  Lanes lane{};
  lane.slots = aligned_room(scratch.slots, static_cast<std::int64_t>(plan.slots) * plan_lanes);
  lane.digits = aligned_room(scratch.digits, static_cast<std::int64_t>(plan.input_count) * plan_lanes);
  lane.codes = aligned_room(scratch.codes, plan_lanes);
  std::fill_n(lane.first_small, plan_lanes, none_small);
  read_digits(plan, block, inside, lane);
  for (std::int32_t i = 0; i < plan.step_count; ++i) {
    const PlanStep& step = plan.steps[i];
    switch (step.op) {
      case PlanOp::evidence: set_evidence(plan, step, lane); break;
      case PlanOp::gather: gather_values<false>(plan, step, lane); break;
      case PlanOp::multiply: gather_values<true>(plan, step, lane); break;
      case PlanOp::contract: contract(plan, step, lane); break;
      case PlanOp::rescale: rescale(step, lane); break;
    }
  }
  write_posterior(plan, block, out, lane);
  write_status(plan, block, out, lane);
  std::uint32_t deep = 0;
  for (std::int64_t l = 0; lane.any_small && l < block.count; ++l)
    if (is_deep(lane.first_small[l], lane.exponent[l], lane.sum[l])) deep |= 1U << l;
  return deep;
}

std::int64_t FindComplete(const PlanView<float>& plan, const CodeColumns& codes, std::int64_t first, std::int64_t count, std::uint8_t* complete) {
  const hn::ScalableTag<std::uint8_t> d;
  const auto step = static_cast<std::int64_t>(hn::Lanes(d));
  std::memset(complete, 1, static_cast<std::size_t>(count));
  const auto one = hn::Set(d, 1);
  for (std::int32_t i = 0; i < plan.input_count; ++i) {
    const std::uint8_t* column = codes.data + plan.inputs[i].column * codes.stride + first;
    const auto most = static_cast<std::uint8_t>(plan.inputs[i].states - 1);
    const auto last = hn::Set(d, most);
    std::int64_t r = 0;
    for (; r + step <= count; r += step) {
      const auto code = hn::LoadU(d, column + r);
      const auto there = hn::IfThenElseZero(hn::Eq(hn::Min(code, last), code), one);
      hn::StoreU(hn::And(hn::LoadU(d, complete + r), there), d, complete + r);
    }
    for (; r < count; ++r) complete[r] = complete[r] != 0 && column[r] <= most ? 1 : 0;
  }
  std::int64_t found = 0;
  for (std::int64_t r = 0; r < count; ++r) found += complete[r];
  return found;
}

}  // namespace HWY_NAMESPACE
}  // namespace footfall
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace footfall {

HWY_EXPORT(RunPlanBlock);
HWY_EXPORT(FindComplete);

std::uint32_t run_plan_block(const PlanView<float>& plan, const PlanBlock& block, bool inside, PlanScratch& scratch, const PosteriorOutput& out) {
  return HWY_DYNAMIC_DISPATCH(RunPlanBlock)(plan, block, inside, scratch, out);
}
std::int64_t find_complete(const PlanView<float>& plan, const CodeColumns& codes, std::int64_t first, std::int64_t count, std::uint8_t* complete) {
  return HWY_DYNAMIC_DISPATCH(FindComplete)(plan, codes, first, count, complete);
}

}  // namespace footfall
#endif
