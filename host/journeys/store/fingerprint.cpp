#include "host/journeys/store/fingerprint.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/journeys/store/checksum.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t end_bytes = 65536;

InputFile look_at(const std::string& name) {
  const int descriptor = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw bad_input(fmt::format("{} cannot be opened: {}", name, std::strerror(errno)), "check the name and its permissions");
  struct stat about {};
  InputFile out{.name = name};
  Checksum sum;
  bool good = fstat(descriptor, &about) == 0;
  out.bytes = about.st_size;
  out.changed = about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec;
  std::vector<std::byte> block(end_bytes);
  for (const std::int64_t from : {std::int64_t{0}, std::max<std::int64_t>(0, out.bytes - end_bytes)}) {
    const ssize_t n = pread(descriptor, block.data(), block.size(), from);
    good = good && n >= 0;
    if (n > 0) sum.add({block.data(), static_cast<std::size_t>(n)});
  }
  (void)close(descriptor);
  if (!good) throw failure(fmt::format("{} cannot be read: {}", name, std::strerror(errno)), "check the disk and try again");
  out.ends = sum.value();
  return out;
}

}  // namespace

std::vector<InputFile> look_at_files(const std::vector<std::string>& files) {
  std::vector<InputFile> out;
  for (const std::string& file : files) out.push_back(look_at(file));
  return out;
}

}  // namespace footfall
