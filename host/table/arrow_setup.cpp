#include "host/table/arrow_setup.hpp"

#include <mutex>
#include <string>

#include <arrow/status.h>
#if __has_include(<arrow/compute/initialize.h>)
#include <arrow/compute/initialize.h>
#define FOOTFALL_ARROW_COMPUTE_APART 1  // Arrow 21 and newer keep the functions in a library of their own
#endif

#include "kernels/error.hpp"

namespace footfall {

void start_arrow() {
#ifdef FOOTFALL_ARROW_COMPUTE_APART
  static std::once_flag once;
  std::call_once(once, [] {
    const arrow::Status status = arrow::compute::Initialize();
    if (!status.ok()) throw failure("Arrow's functions cannot be registered: " + status.message(), "check the installation of Arrow");
  });
#endif
}

}  // namespace footfall
