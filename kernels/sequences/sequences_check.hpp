#pragma once

#include <cstdint>

#include "kernels/sequences/sequences.hpp"

namespace footfall {

/// Preconditions of the plans, the same on every backend. Each throws Error{failed} that names what does not hold.
void check_rnn_spec(const RnnSpec& spec);
void check_rnn_forward(const RnnSpec& spec, const RnnForward& run);
void check_rnn_backward(const RnnSpec& spec, const RnnBackward& run);

void check_pack_spec(const PackSpec& spec);
void check_pack_input(const PackSpec& spec, const PackInput& in, std::int64_t time);

/// Sum of the widths of the tables.
[[nodiscard]] std::int64_t embedding_width(const PackSpec& spec);

/// Steps of a run: rows of x over the batch.
[[nodiscard]] inline std::int64_t steps_of(const RnnForward& run) { return run.lengths.size == 0 ? 0 : run.x.rows / run.lengths.size; }

}  // namespace footfall
