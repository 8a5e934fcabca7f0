#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace footfall::test {

/// How a program ended and what it said.
struct CommandResult {
  int status = -1;  ///< its exit status; 128 + N when signal N ended it
  std::string out, err;

  [[nodiscard]] std::string last_line() const;  ///< of `err`, without its line end
};

struct CommandOptions {
  std::filesystem::path folder = ".";         ///< where it runs
  std::optional<std::uint64_t> largest_file;  ///< bytes (RLIMIT_FSIZE): writing more fails, as on a full disk
  std::optional<double> kill_after = {};      ///< seconds, then SIGKILL: its status is 137
};

/// Runs a program to its end and captures both of its streams. A program that takes longer than four minutes is killed.
[[nodiscard]] CommandResult run_command(const std::string& program, const std::vector<std::string>& arguments,
                                        const CommandOptions& options = {});

/// Every file and folder below, as sorted lines "name size", hidden ones too: what a command left behind shows as a difference.
[[nodiscard]] std::string listing(const std::filesystem::path& folder);

}  // namespace footfall::test
