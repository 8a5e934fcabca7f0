#include "tools/common_flags.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include "kernels/device/processor.hpp"
#include "kernels/error.hpp"
#include "tools/console.hpp"

namespace footfall {
namespace {

int allowed_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

/// What the machine, or the control group the process is in, has.
std::int64_t allowed_memory() {
  struct sysinfo machine {};
  std::int64_t bytes = sysinfo(&machine) == 0 ? static_cast<std::int64_t>(machine.totalram) * static_cast<std::int64_t>(machine.mem_unit) : std::int64_t{1} << 32;
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream in(file);
    std::int64_t limit = 0;
    if (in >> limit && limit > 0) bytes = std::min(bytes, limit);
  }
  return bytes;
}

constexpr std::int64_t mebibyte = std::int64_t{1} << 20;

/// Below it the libraries cannot even set themselves up, and not all of them say so. Measured: fit and score of 1,500 customers need 96 MiB with two
/// threads, 112 MiB with four.
std::int64_t least_memory(int threads) { return (96 + 16 * static_cast<std::int64_t>(threads)) * mebibyte; }

/// Arrow's own allocator takes 128 MiB at once where it gets them, so that less is left under a limit of 192 MiB than under one of 128.
constexpr std::int64_t roomy_for_arrow = 512 * mebibyte;

/// Makes the promise one that cannot be broken: an allocation beyond it fails. The CUDA driver maps far more than it uses, so not there.
void keep_within(std::int64_t bytes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  (void)bytes;  // the sanitizer's own terabytes of address space count as data
  return;
#endif
  if (bytes < roomy_for_arrow) setenv("ARROW_DEFAULT_MEMORY_POOL", "system", 0);
  generate_products();
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(static_cast<rlim_t>(bytes), limit.rlim_max);
  setrlimit(RLIMIT_DATA, &limit);
}

}  // namespace

std::int64_t parse_bytes(const std::string& text) {
  double value = 0.0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  constexpr std::pair<const char*, double> units[] = {{"", 1.0},          {"B", 1.0},           {"KiB", 1024.0},      {"MiB", 1048576.0}, {"GiB", 1073741824.0},
                                                      {"TiB", 0x1p40},    {"kB", 1e3},          {"MB", 1e6},          {"GB", 1e9},        {"TB", 1e12}};
  for (const auto& [name, factor] : units)
    if (problem == std::errc() && value > 0.0 && unit == name) return static_cast<std::int64_t>(value * factor);
  throw bad_input("--memory \"" + text + "\" is no amount of memory", "write it as 4GiB, 512MiB or 2GB");
}

std::shared_ptr<CommonFlags> add_common_flags(CLI::App& command) {
  auto flags = std::make_shared<CommonFlags>();
  command.add_option("--device", flags->device, "auto, cpu or cuda:N; a device that is named and absent is an error")->capture_default_str();
  command.add_option("--threads", flags->threads, "threads of the processor (default: all that the process may use)")->check(CLI::Range(1, 1024));
  command.add_option("--memory", flags->memory, "memory the process may use, as 4GiB (default: 70 % of what it is allowed)");
  command.add_option("--seed", flags->seed, "overrides the seed of the job");
  command.add_flag("--quiet", flags->quiet, "print errors only");
  command.add_option("--log-format", flags->log_format, "text or json, one object a line")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  return flags;
}

RunOptions run_options(const CommonFlags& flags) {
  RunOptions options;
  options.observer = console_observer(flags.quiet, flags.log_format == "json");
  const DeviceChoice choice = choose_device(flags.device);
  options.device = choice.device;
  options.threads = flags.threads > 0 ? flags.threads : allowed_processors();
  options.memory = flags.memory.empty() ? allowed_memory() / 10 * 7 : parse_bytes(flags.memory);
  if (const std::int64_t least = least_memory(options.threads); options.memory < least)
    throw bad_input(fmt::format("{} bytes of memory are too little for {} thread{}", options.memory, options.threads, options.threads == 1 ? "" : "s"),
                    fmt::format("give --memory {}MiB or more, or fewer --threads", least >> 20));
  if (!options.device.is_cuda()) keep_within(options.memory);
  options.observer.note(fmt::format("device {} ({}), {} thread{}", choice.device.name(), choice.reason, options.threads, options.threads == 1 ? "" : "s"));
  return options;
}

}  // namespace footfall
