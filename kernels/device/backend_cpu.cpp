#include "kernels/bayes/cpu_bayes.hpp"
#include "kernels/columns/cpu_columns.hpp"
#include "kernels/device/cpu_backend.hpp"
#include "kernels/device/team.hpp"
#include "kernels/error.hpp"
#include "kernels/layers/cpu_layers.hpp"
#include "kernels/sequences/cpu_sequences.hpp"

namespace footfall {
namespace {

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(const BackendOptions& options)
      : team_(options.threads), columns_(make_cpu_columns(team_)), sequences_(make_cpu_sequences(team_)), layers_(make_cpu_layers(team_)), bayes_(make_cpu_bayes(team_)) {}

  [[nodiscard]] Device device() const override { return Device{Device::Kind::cpu, 0}; }
  [[nodiscard]] std::unique_ptr<Stream> make_stream() override { return make_cpu_stream(); }
  [[nodiscard]] Columns& columns() override { return *columns_; }
  [[nodiscard]] Sequences& sequences() override { return *sequences_; }
  [[nodiscard]] Layers& layers() override { return *layers_; }
  [[nodiscard]] Bayes& bayes() override { return *bayes_; }
  [[nodiscard]] Team& team() override { return team_; }

 private:
  Team team_;
  std::unique_ptr<Columns> columns_;
  std::unique_ptr<Sequences> sequences_;
  std::unique_ptr<Layers> layers_;
  std::unique_ptr<Bayes> bayes_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(const BackendOptions& options) {
  if (options.threads < 1) throw bad_input("a backend of " + std::to_string(options.threads) + " threads", "ask for 1 or more");
  return std::make_unique<CpuBackend>(options);
}

}  // namespace footfall
