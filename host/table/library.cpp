#include "host/table/library.hpp"

#include <arrow/config.h>

namespace footfall {

std::string arrow_version() { return arrow::GetBuildInfo().version_string; }

}  // namespace footfall
