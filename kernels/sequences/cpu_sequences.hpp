#pragma once

#include <memory>

#include "kernels/sequences/sequences.hpp"

namespace footfall {

class Team;

/// Sequences on the CPU. `team` must outlive it and every plan it made.
[[nodiscard]] std::unique_ptr<Sequences> make_cpu_sequences(Team& team);

/// The plans behind it.
[[nodiscard]] std::unique_ptr<Pack> make_cpu_pack(const PackSpec& spec, Team& team, Stream& stream);
[[nodiscard]] std::unique_ptr<Rnn> make_cpu_rnn(const RnnSpec& spec, Team& team, Stream& stream);

}  // namespace footfall
