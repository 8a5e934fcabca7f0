// Posteriors of rows by a compiled plan (kernels/bayes/posterior_plan.hpp).
//
// Layout  Small plans: a thread a row. Slot s of thread t lies at scratch[s * threads + t], so a warp's access to a slot is one line; plan and tables are
//         the same for all threads and stay in the caches. As many threads as the device holds go over the rows in strides.
//         Large plans (more than 1,024 slots): a block a row, whose threads share the entries of each step, with a barrier behind it; the slots lie in
//         shared memory up to 48 KiB, else in global memory.
//         Plans that are gathers alone: a thread a row, registers only.
// Bytes   A cell of each input, 4 a state and 1 a row; the slots of small plans stay in the first two caches.
// Limit   Loads of slots and table entries, one a factor and entry; a fused plan's gathers.
// Order   Products and sums are those of posterior_math.hpp, whoever does them: the CPU's bits.

#include <cuda_runtime.h>

#include "kernels/bayes/bayes_kernels.hpp"
#include "kernels/device/block.cuh"
#include "kernels/device/launch.cuh"

namespace footfall {
namespace {

constexpr int row_threads = 128;
constexpr std::int32_t most_thread_slots = 1024;
constexpr std::int64_t scratch_bytes = std::int64_t{256} << 20;
constexpr std::int64_t most_threads = std::int64_t{1} << 18;
constexpr std::int64_t most_row_blocks = 1024;
/// Marks of rows that are not answered yet; no RowStatus.
constexpr std::uint8_t pending_mark = 0xF0;

__device__ bool is_complete(const PlanInput* __restrict__ inputs, std::int32_t count, const RowCells& cells) {
  for (std::int32_t i = 0; i < count; ++i)
    if (cells[inputs[i].column] >= inputs[i].states) return false;
  return true;
}

/// Whether this launch answers the row. Of the threads that share a row one `marks` it.
template <class T>
__device__ bool takes(const PlanView<T>& plan, const RowsOnDevice& rows, const RowCells& cells, std::uint8_t* status, bool marks = true) {
  if (rows.wanted == RowsWanted::all) return true;
  if (rows.wanted == RowsWanted::complete) {
    const bool complete = is_complete(plan.inputs, plan.input_count, cells);
    if (!complete && marks) *status = pending_mark;
    return complete;
  }
  return *status == (rows.wanted == RowsWanted::pending ? pending_mark : rows.deep_mark);
}

template <class T>
__device__ std::uint8_t final_status(const PlanView<T>& plan, const RowCells& cells, bool possible) {
  bool unseen = false;
  for (std::int32_t i = 0; i < plan.input_count; ++i) unseen = unseen || is_unseen(cells[plan.inputs[i].column], plan.inputs[i].states);
  return static_cast<std::uint8_t>(status_of(possible, unseen));
}

/// One column entry of the posterior, from the slot and the sum over the states.
template <class T>
__device__ float share_of_sum(const PlanView<T>& plan, T value, T sum) {
  if (plan.normalised) return static_cast<float>(value);
  if (!(sum > T(0))) return 0.0F;
  if constexpr (sizeof(T) == sizeof(double))
    return static_cast<float>(value / sum);
  else
    return value * (T(1) / sum);
}

template <class T>
__global__ void __launch_bounds__(row_threads) thread_rows(PlanView<T> plan, RowsOnDevice rows, OutputOnDevice out, T* scratch) {
  const std::int64_t threads = static_cast<std::int64_t>(gridDim.x) * row_threads;
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * row_threads + threadIdx.x;
  const RowSlots<T> slots{scratch + thread, threads};
  for (std::int64_t i = thread; i < rows.count; i += threads) {
    const std::int64_t row = rows.rows == nullptr ? i : rows.rows[i];
    const RowCells cells{rows.codes.data + row, rows.codes.stride};
    if (!takes(plan, rows, cells, out.status + row)) continue;
    const RowRun<T> run = run_row(plan, cells, slots);
    if (sizeof(T) == sizeof(float) && run.deep) {
      out.status[row] = rows.deep_mark;
      continue;
    }
    for (std::int32_t s = 0; s < plan.states; ++s) out.posterior[s * out.stride + row] = share_of_sum(plan, slots[plan.result + s], run.sum);
    out.status[row] = final_status(plan, cells, run.sum > T(0));
    if (out.log_evidence != nullptr) out.log_evidence[row] = log_of_scaled(static_cast<double>(run.sum), run.exponent, plan.log_scale);
  }
}

/// The steps of run_row with the entries of each shared by the threads of a block. Each thread returns the same.
template <class T>
__device__ RowRun<T> run_row_in_block(const PlanView<T>& plan, const RowCells& cells, const RowSlots<T>& slots, T* reduction) {
  const auto thread = static_cast<std::int32_t>(threadIdx.x);
  RowRun<T> run;
  for (std::int32_t i = 0; i < plan.step_count; ++i) {
    const PlanStep step = plan.steps[i];
    if (step.op == PlanOp::evidence) {
      const PlanInput input = plan.inputs[step.first];
      const std::int32_t digit = digit_of_code(cells[input.column], input.states);
      for (std::int32_t s = thread; s < step.count; s += row_threads) slots[step.to + s] = digit == s || digit == input.states ? T(1) : T(0);
    } else if (step.op == PlanOp::gather || step.op == PlanOp::multiply) {
      const std::int64_t index = index_of_terms(plan, step, cells);
      for (std::int32_t s = thread; s < step.count; s += row_threads)
        slots[step.to + s] = step.op == PlanOp::gather ? plan.values[index + s] : slots[step.to + s] * plan.values[index + s];
    } else if (step.op == PlanOp::contract) {
      for (std::int32_t o = thread; o < step.count; o += row_threads) slots[step.to + o] = contracted(plan, step, o, slots);
    } else {
      T largest = T(0);
      for (std::int32_t s = thread; s < step.count; s += row_threads) largest = largest < slots[step.to + s] ? slots[step.to + s] : largest;
      const Rescaling<T> scale = rescaling_of(block_reduce(largest, Largest{}, T(0), reduction));
      run.exponent += scale.exponent;
      bool small = false;
      for (std::int32_t s = thread; s < step.count; s += row_threads) {
        const T scaled = slots[step.to + s] * scale.factor;
        slots[step.to + s] = scaled;
        small = small || is_small(scaled);
      }
      if (block_count(small) > 0 && run.first_small == none_small) run.first_small = run.exponent;
    }
    block_barrier();
  }
  for (std::int32_t s = 0; s < plan.states; ++s) run.sum += slots[plan.result + s];
  run.deep = is_deep(run.first_small, run.exponent, run.sum);
  return run;
}

template <class T>
__global__ void __launch_bounds__(row_threads, 8) block_rows(PlanView<T> plan, RowsOnDevice rows, OutputOnDevice out, T* scratch) {
  __shared__ T reduction[warp_size];
  T* const mine = scratch == nullptr ? dynamic_shared<T>() : scratch + static_cast<std::int64_t>(blockIdx.x) * plan.slots;
  const RowSlots<T> slots{mine, 1};
  for (std::int64_t i = blockIdx.x; i < rows.count; i += gridDim.x) {
    const std::int64_t row = rows.rows == nullptr ? i : rows.rows[i];
    const RowCells cells{rows.codes.data + row, rows.codes.stride};
    const bool taken = takes(plan, rows, cells, out.status + row, threadIdx.x == 0);
    block_barrier();  // everybody has read the status, and is done with the slots of the row before
    if (!taken) continue;
    const RowRun<T> run = run_row_in_block(plan, cells, slots, reduction);
    if (sizeof(T) == sizeof(float) && run.deep) {
      if (threadIdx.x == 0) out.status[row] = rows.deep_mark;
      continue;
    }
    for (std::int32_t s = static_cast<std::int32_t>(threadIdx.x); s < plan.states; s += row_threads)
      out.posterior[s * out.stride + row] = share_of_sum(plan, slots[plan.result + s], run.sum);
    if (threadIdx.x != 0) continue;
    out.status[row] = final_status(plan, cells, run.sum > T(0));
    if (out.log_evidence != nullptr) out.log_evidence[row] = log_of_scaled(static_cast<double>(run.sum), run.exponent, plan.log_scale);
  }
}

__global__ void __launch_bounds__(row_threads) fused_rows(PlanView<float> plan, RowsOnDevice rows, OutputOnDevice out) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * row_threads + threadIdx.x;
  if (i >= rows.count) return;
  const std::int64_t row = rows.rows == nullptr ? i : rows.rows[i];
  const RowCells cells{rows.codes.data + row, rows.codes.stride};
  if (!takes(plan, rows, cells, out.status + row)) return;
  float value[most_fused_states];
  for (std::int32_t k = 0; k < plan.step_count; ++k) {
    const PlanStep step = plan.steps[k];
    const std::int64_t index = index_of_terms(plan, step, cells);
#pragma unroll
    for (std::int32_t s = 0; s < most_fused_states; ++s)
      if (s < plan.states) value[s] = k == 0 ? plan.values[index + s] : value[s] * plan.values[index + s];
  }
  float sum = 0.0F;
#pragma unroll
  for (std::int32_t s = 0; s < most_fused_states; ++s)
    if (s < plan.states) sum += value[s];
#pragma unroll
  for (std::int32_t s = 0; s < most_fused_states; ++s)
    if (s < plan.states) out.posterior[s * out.stride + row] = share_of_sum(plan, value[s], sum);
  out.status[row] = final_status(plan, cells, sum > 0.0F);
  if (out.log_evidence != nullptr) out.log_evidence[row] = log_of_scaled(static_cast<double>(sum), 0, plan.log_scale);
}

template <class T>
void launch_rows(const PlanView<T>& plan, const RowsOnDevice& rows, const OutputOnDevice& out, CudaStream& stream) {
  const auto bytes_each = static_cast<std::int64_t>(plan.slots) * static_cast<std::int64_t>(sizeof(T));
  if (plan.slots <= most_thread_slots) {
    std::int64_t threads = scratch_bytes / bytes_each;
    if (threads > most_threads) threads = most_threads;
    const std::int64_t wanted = blocks_for(rows.count, row_threads);
    const std::int64_t blocks = threads / row_threads < wanted ? threads / row_threads : wanted;
    auto* scratch = static_cast<T*>(stream.scratch(static_cast<std::size_t>(bytes_each * blocks * row_threads)));
    launch(thread_rows<T>, blocks, row_threads, 0, stream.native(), plan, rows, out, scratch);
    return;
  }
  const std::int64_t blocks = rows.count < most_row_blocks ? rows.count : most_row_blocks;
  constexpr std::int64_t most_shared = 40 * 1024;
  if (bytes_each <= most_shared) {
    launch(block_rows<T>, blocks, row_threads, static_cast<std::size_t>(bytes_each), stream.native(), plan, rows, out, static_cast<T*>(nullptr));
    return;
  }
  const std::int64_t fitting = scratch_bytes / bytes_each;
  const std::int64_t in_memory = fitting < 1 ? 1 : fitting < blocks ? fitting : blocks;
  auto* scratch = static_cast<T*>(stream.scratch(static_cast<std::size_t>(bytes_each * in_memory)));
  launch(block_rows<T>, in_memory, row_threads, 0, stream.native(), plan, rows, out, scratch);
}

}  // namespace

void launch_posterior(const PlanView<float>& plan, const RowsOnDevice& rows, const OutputOnDevice& out, CudaStream& stream) { launch_rows(plan, rows, out, stream); }
void launch_posterior(const PlanView<double>& plan, const RowsOnDevice& rows, const OutputOnDevice& out, CudaStream& stream) { launch_rows(plan, rows, out, stream); }

void launch_fused_posterior(const PlanView<float>& plan, const RowsOnDevice& rows, const OutputOnDevice& out, CudaStream& stream) {
  launch(fused_rows, blocks_for(rows.count, row_threads), row_threads, 0, stream.native(), plan, rows, out);
}

}  // namespace footfall
