#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace footfall {

/// Values by name that come back from a file to the bit: what a job keeps to go on with after it was killed.
///
/// The file: the line "footfall record 1", the length of a JSON header as text, the header with type, length and place of each list, the
/// values, and last the digest of all that comes before it.
class Record {
 public:
  /// A list of int32, int64, float, double or char (text). A name is given once.
  template <class T>
  void put(const std::string& name, const std::vector<T>& values) {
    add(name, code_of<T>(), values.data(), values.size() * sizeof(T));
  }
  void put_text(const std::string& name, std::string_view text) { add(name, 'c', text.data(), text.size()); }

  [[nodiscard]] bool has(const std::string& name) const { return lists_.count(name) > 0; }
  /// Throws Error{bad_input} that names the file when the list is absent or of another type.
  template <class T>
  [[nodiscard]] std::vector<T> list(const std::string& name) const {
    const std::string& bytes = at(name, code_of<T>(), sizeof(T));
    std::vector<T> values(bytes.size() / sizeof(T));
    copy_out(bytes, values.data());
    return values;
  }
  template <class T>
  [[nodiscard]] T value(const std::string& name) const {
    T out{};
    copy_out(at(name, code_of<T>(), 1, sizeof(T)), &out);
    return out;
  }
  [[nodiscard]] std::string text(const std::string& name) const { return at(name, 'c', 1); }

  /// Beside its name and renamed when whole.
  void save(const std::filesystem::path& file) const;
  /// Throws Error{bad_input} when it is missing, cut off or changed in any byte.
  [[nodiscard]] static Record load(const std::filesystem::path& file);

 private:
  struct List {
    char type = 'c';
    std::string bytes;
  };

  template <class T>
  static constexpr char code_of() {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t>);
    return std::is_same_v<T, float> ? 'f' : std::is_same_v<T, double> ? 'd' : std::is_same_v<T, std::int32_t> ? 'i' : 'l';
  }
  void add(const std::string& name, char type, const void* values, std::size_t bytes);
  [[nodiscard]] const std::string& at(const std::string& name, char type, std::size_t unit, std::size_t size = 0) const;
  static void copy_out(const std::string& bytes, void* to);

  std::map<std::string, List> lists_;
  std::filesystem::path file_;   ///< it was loaded from
};

}  // namespace footfall
