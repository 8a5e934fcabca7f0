#include "host/simulate/shop_folder.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

namespace fs = std::filesystem;

fs::path without_slash(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

void make_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) throw_write_error(folder, problem.value());
}

void move_to(const fs::path& from, const fs::path& to) {
  std::error_code problem;
  fs::rename(from, to, problem);
  if (problem) throw_write_error(to, problem.value());
}

bool is_part(const fs::path& file) { return file.filename().string().starts_with("part-") && file.extension() == ".parquet"; }

void remove_shop(const fs::path& shop) {
  for (const char* name : {"job.toml", "truth.parquet", "customers.parquet"}) fs::remove(shop / name);
  if (!fs::is_directory(shop / "events")) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(shop / "events"))
    if (is_part(entry.path())) fs::remove(entry.path());
}

}  // namespace

ShopFolder::ShopFolder(const fs::path& out, bool overwrite) : out_(without_slash(out)) {
  if (fs::exists(out_) && !fs::is_directory(out_)) throw bad_input(out.string() + " is a file", "give the name of a folder as --out");
  if (fs::exists(out_) && !overwrite && !fs::is_empty(out_))
    throw bad_input(out.string() + " exists already", "give --overwrite to replace it, or another --out");
  growing_ = out_.parent_path() / fmt::format(".{}.partial-{}", out_.filename().string(), getpid());
  make_folder(growing_ / "events");
}

ShopFolder::~ShopFolder() {
  std::error_code ignored;
  fs::remove_all(growing_, ignored);
}

void ShopFolder::hand_over() {
  make_folder(out_ / "events");
  remove_shop(out_);
  for (const fs::directory_entry& entry : fs::directory_iterator(growing_ / "events"))
    move_to(entry.path(), out_ / "events" / entry.path().filename());
  for (const char* name : {"customers.parquet", "truth.parquet", "job.toml"}) move_to(growing_ / name, out_ / name);
}

}  // namespace footfall
