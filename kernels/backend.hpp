#pragma once

#include <memory>

#include "kernels/bayes/bayes.hpp"
#include "kernels/columns/columns.hpp"
#include "kernels/device/device.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/layers/layers.hpp"
#include "kernels/sequences/sequences.hpp"

namespace footfall {

class Team;

struct BackendOptions {
  int threads = 1;           ///< of the CPU backend's team
  bool graphs = true;        ///< false: a Recording calls its closure again, on every backend
};

/// The table of contents: every operation of one device, one subject a function. All parts live as long as the backend.
class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual Device device() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Stream> make_stream() = 0;
  [[nodiscard]] virtual Columns& columns() = 0;
  [[nodiscard]] virtual Sequences& sequences() = 0;
  [[nodiscard]] virtual Layers& layers() = 0;
  [[nodiscard]] virtual Bayes& bayes() = 0;
  /// The threads of the host: the CPU backend computes with them, the others prepare data with them.
  [[nodiscard]] virtual Team& team() = 0;
};

/// The one place that chooses an implementation. Throws Error{bad_input} for a CUDA device that is not there.
[[nodiscard]] std::unique_ptr<Backend> make_backend(Device device, const BackendOptions& options = {});

}  // namespace footfall
