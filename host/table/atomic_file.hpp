#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace footfall {

/// A file that grows beside its name and gets the name when it is whole, by commit(); without commit it vanishes with the object.
class AtomicFile {
 public:
  /// Creates `.NAME.partial-PID-N` in the folder of `file`. Error{bad_input} when the folder is missing or not writable.
  explicit AtomicFile(std::filesystem::path file);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;  // one owner of the half-written file
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Error{failed} naming the file and the remedy when the disk is full.
  void write(std::string_view bytes);
  /// Flushes to the disk and renames. Error{failed} as above.
  void commit();
  /// Renames without flushing: for files that are made again after a crash of the machine. A kill of the process does not hurt them.
  void rename();
  [[nodiscard]] const std::filesystem::path& partial() const noexcept { return partial_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  std::filesystem::path file_;
  std::filesystem::path partial_;
  int descriptor_ = -1;
};

/// Takes away what writers of this file that were killed have left beside it; a writer that lives keeps a lock on its own.
void remove_abandoned(const std::filesystem::path& file);

/// Writes a whole file beside its name and renames it.
void write_file(const std::filesystem::path& file, std::string_view bytes);

/// Reads a whole file. Error{bad_input} when it is missing.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

/// The error of a write to `file` that failed with this errno: a full disk, a quota, a lost disk, each with its remedy.
[[noreturn]] void throw_write_error(const std::filesystem::path& file, int error_number);

}  // namespace footfall
