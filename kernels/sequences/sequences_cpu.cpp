#include "kernels/sequences/cpu_sequences.hpp"

namespace footfall {
namespace {

class CpuSequences final : public Sequences {
 public:
  explicit CpuSequences(Team& team) : team_(team) {}
  std::unique_ptr<Pack> make_pack(const PackSpec& spec, Stream& stream) override { return make_cpu_pack(spec, team_, stream); }
  std::unique_ptr<Rnn> make_rnn(const RnnSpec& spec, Stream& stream) override { return make_cpu_rnn(spec, team_, stream); }

 private:
  Team& team_;
};

}  // namespace

std::unique_ptr<Sequences> make_cpu_sequences(Team& team) { return std::make_unique<CpuSequences>(team); }

}  // namespace footfall
