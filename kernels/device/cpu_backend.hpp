#pragma once

#include <memory>

#include "kernels/backend.hpp"

namespace footfall {

/// The CPU backend, for make_backend alone: everybody else asks there.
[[nodiscard]] std::unique_ptr<Backend> make_cpu_backend(const BackendOptions& options);

/// A stream that runs each operation at once; its memory is the host's.
[[nodiscard]] std::unique_ptr<Stream> make_cpu_stream();

}  // namespace footfall
