#pragma once

#include <filesystem>

namespace footfall {

/// The folder of a shop while it grows: a hidden one beside the final name, which goes away with the object unless the shop was handed
/// over.
class ShopFolder {
 public:
  /// Error{bad_input} when `out` is there (and not empty) without `overwrite`, is no folder, or its place cannot be written to.
  ShopFolder(const std::filesystem::path& out, bool overwrite);
  ~ShopFolder();
  ShopFolder(const ShopFolder&) = delete;             // one owner of the half-written shop
  ShopFolder& operator=(const ShopFolder&) = delete;  // likewise

  [[nodiscard]] const std::filesystem::path& growing() const { return growing_; }
  /// Takes the files of an earlier shop out of `out` (and no others), moves the new ones in, the job file last.
  void hand_over();

 private:
  std::filesystem::path out_;
  std::filesystem::path growing_;
};

}  // namespace footfall
