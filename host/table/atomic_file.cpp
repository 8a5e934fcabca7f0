#include "host/table/atomic_file.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/error.hpp"

namespace footfall {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

std::filesystem::path partial_name(const std::filesystem::path& file) {
  static std::atomic<unsigned> number{0};  // two writers of one process never meet
  return folder_of(file) / fmt::format(".{}.partial-{}-{}", file.filename().string(), getpid(), number++);
}

/// A new file that is locked as long as its writer lives; -1 with errno set. Where remove_abandoned came between its making and its lock, it
/// is made once more.
int open_locked(const std::filesystem::path& partial) {
  for (;;) {
    const int descriptor = open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) return descriptor;
    (void)flock(descriptor, LOCK_EX | LOCK_NB);  // a file system without locks: then nothing is ever abandoned there
    struct stat mine {}, named {};
    if (fstat(descriptor, &mine) != 0 || (stat(partial.c_str(), &named) == 0 && mine.st_ino == named.st_ino)) return descriptor;
    (void)close(descriptor);
  }
}

/// The new name is only safe once the folder's own entry is on the disk.
void flush_folder(const std::filesystem::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // the file is whole; a file system without folder handles loses nothing more
  (void)fsync(descriptor);
  (void)close(descriptor);
}

}  // namespace

void throw_write_error(const std::filesystem::path& file, int error_number) {
  const std::string what = fmt::format("{} cannot be written: {}", file.string(), std::strerror(error_number));
  switch (error_number) {
    case ENOSPC:
      throw failure(fmt::format("the disk is full while writing {}", file.string()),
                    "free space there, or give --out on another disk; nothing half-written was left");
    case EDQUOT:
      throw failure(fmt::format("the disk quota is used up while writing {}", file.string()),
                    "free space there, or give --out on another disk; nothing half-written was left");
    case EFBIG: throw failure(what, "the file system or ulimit -f allows no larger file: give --out elsewhere");
    case ENOENT:
    case ENOTDIR:
      throw bad_input(fmt::format("{} cannot be written: its folder does not exist", file.string()), "make the folder or correct the name");
    case EACCES:
    case EPERM:
    case EROFS: throw bad_input(what, "choose a folder that you may write to");
    case ENAMETOOLONG:
    case EISDIR: throw bad_input(what, "choose another name");
    default: throw failure(what, "check the disk and try again");
  }
}

AtomicFile::AtomicFile(std::filesystem::path file) : file_(std::move(file)), partial_(partial_name(file_)) {
  std::error_code ignored;
  if (file_.filename().empty() || std::filesystem::is_directory(file_, ignored)) {
    throw bad_input(fmt::format("{} cannot be written: it is a folder", file_.string()), "give the name of a file");
  }
  descriptor_ = open_locked(partial_);
  if (descriptor_ < 0) throw_write_error(file_, errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  (void)close(descriptor_);
  (void)unlink(partial_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  require(descriptor_ >= 0, "a file is written after it was committed");
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      throw_write_error(file_, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void AtomicFile::commit() {
  require(descriptor_ >= 0, "a file is committed twice");
  if (fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) throw_write_error(file_, errno);
  rename();
  flush_folder(folder_of(file_));
}

void AtomicFile::rename() {
  require(descriptor_ >= 0, "a file is renamed twice");
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (close(descriptor) != 0 || ::rename(partial_.c_str(), file_.c_str()) != 0) {
    const int error_number = errno;
    (void)unlink(partial_.c_str());
    throw_write_error(file_, error_number);
  }
}

void remove_abandoned(const std::filesystem::path& file) {
  const std::string prefix = fmt::format(".{}.partial-", file.filename().string());
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(file), problem)) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    const int descriptor = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) (void)unlink(entry.path().c_str());
    (void)close(descriptor);
  }
}

void write_file(const std::filesystem::path& file, std::string_view bytes) {
  AtomicFile out(file);
  out.write(bytes);
  out.commit();
}

std::string read_file(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) throw bad_input(fmt::format("{} does not exist", file.string()), "check the name");
  if (std::filesystem::is_directory(file, ignored))
    throw bad_input(fmt::format("{} is a folder", file.string()), "give the name of a file");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw bad_input(fmt::format("{} cannot be opened: {}", file.string(), std::strerror(errno)), "check its permissions");
  // Not by way of another stream: that would take a lack of memory for the end of the file.
  std::string text;
  std::vector<char> block(1 << 16);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) text.append(block.data(), static_cast<std::size_t>(in.gcount()));
  if (in.bad()) throw failure(fmt::format("{} cannot be read to its end", file.string()), "check the disk and try again");
  return text;
}

}  // namespace footfall
