#pragma once

#include "kernels/bayes/count_cover.hpp"
#include "kernels/bayes/posterior_math.hpp"
#include "kernels/device/cuda_stream.hpp"

namespace footfall {

// The launches behind counting and posteriors on CUDA. Shapes have been checked and nothing is empty.

/// A cover as the counting kernels read it.
struct CoverOnDevice {
  std::int64_t size = 0;
  std::int64_t offset = 0;        ///< in the totals
  std::int32_t first_column = 0;  ///< in the columns of all covers
  std::int32_t columns = 0;
  std::int32_t extended = 0;
};

/// Covers up to this size have a 32-bit table of their own in each block.
inline constexpr std::int64_t most_block_entries = 48 * 1024 / 4;

/// Adds the rows to the totals of these covers; `largest` is the largest of them, `in_blocks` says that all fit most_block_entries.
void launch_count(const CodeColumns& codes, View<const CoverOnDevice> covers, View<const CoverColumn> columns, std::int64_t largest, bool in_blocks,
                  View<std::int64_t> totals, CudaStream& stream);

/// Which rows of a launch are answered; the status of a row says what it waits for until it is.
enum class RowsWanted : std::int32_t {
  all,       ///< every row
  complete,  ///< rows whose cells are states in all inputs; the others are marked as pending
  pending,   ///< those
  deep,      ///< rows that a float32 pass has marked as needing float64
};

struct RowsOnDevice {
  CodeColumns codes;
  const std::int64_t* rows = nullptr;  ///< nullptr: all of them
  std::int64_t count = 0;
  RowsWanted wanted = RowsWanted::all;
  std::uint8_t deep_mark = 0;          ///< what this plan marks its deep rows with
};

struct OutputOnDevice {
  float* posterior = nullptr;
  std::int64_t stride = 0;
  double* log_evidence = nullptr;  ///< or nullptr
  std::uint8_t* status = nullptr;
};

void launch_posterior(const PlanView<float>& plan, const RowsOnDevice& rows, const OutputOnDevice& out, CudaStream& stream);
void launch_posterior(const PlanView<double>& plan, const RowsOnDevice& rows, const OutputOnDevice& out, CudaStream& stream);
/// Plans of gathers into the result alone, at most most_fused_states states: nothing but registers is used.
inline constexpr std::int32_t most_fused_states = 8;
void launch_fused_posterior(const PlanView<float>& plan, const RowsOnDevice& rows, const OutputOnDevice& out, CudaStream& stream);

}  // namespace footfall
