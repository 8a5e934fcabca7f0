#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "host/jobs/run.hpp"

namespace footfall {

/// What every command understands.
struct CommonFlags {
  std::string device = "auto";
  int threads = 0;                        ///< 0: as many as the process may use
  std::string memory;                     ///< empty: 70 % of what the process may use
  std::optional<std::uint64_t> seed;
  bool quiet = false;
  std::string log_format = "text";
};

/// Adds the flags to a command; they live as long as it.
[[nodiscard]] std::shared_ptr<CommonFlags> add_common_flags(CLI::App& command);

/// Chooses the device (and says which and why), the threads and the memory, and an observer that writes to standard error.
[[nodiscard]] RunOptions run_options(const CommonFlags& flags);

/// Bytes of "4GiB", "512MiB", "2GB", "1000000". Throws Error{bad_input}.
[[nodiscard]] std::int64_t parse_bytes(const std::string& text);

}  // namespace footfall
