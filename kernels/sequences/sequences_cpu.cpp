#include "kernels/sequences/cpu_sequences.hpp"

#include <algorithm>

namespace footfall {
namespace {

class CpuSequences final : public Sequences {
 public:
  explicit CpuSequences(Team& team) : team_(team) {}
  std::unique_ptr<Pack> make_pack(const PackSpec& spec, Stream& stream) override { return make_cpu_pack(spec, team_, stream); }
  std::unique_ptr<Rnn> make_rnn(const RnnSpec& spec, Stream& stream) override { return make_cpu_rnn(spec, team_, stream); }
  bool has_algorithms(const RnnSpec& spec, Stream& /*stream*/) override {
    return std::all_of(spec.algorithm.begin(), spec.algorithm.end(), [](RnnAlgorithm a) { return a == RnnAlgorithm::standard; });
  }

 private:
  Team& team_;
};

}  // namespace

std::unique_ptr<Sequences> make_cpu_sequences(Team& team) { return std::make_unique<CpuSequences>(team); }

}  // namespace footfall
