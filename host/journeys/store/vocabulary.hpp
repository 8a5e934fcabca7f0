#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace footfall {

/// The most names a column of events keeps apart. Where it has more, the names of fewest rows (of those the later in the order of bytes)
/// share the one code of `rare_name`; where a cell really says so, it shares it too.
inline constexpr std::int64_t most_names = std::int64_t{1} << 22;
inline constexpr std::string_view rare_name = "(rare)";

/// Which code each name has in the end, and the names in the order of bytes.
struct FinalCodes {
  std::vector<std::int32_t> code_of;     ///< by number of the name
  std::vector<std::string> dictionary;   ///< sorted
};

/// Codes by sorted name; where there are more than `most`, the rare ones share one. counts[i] rows have name i; names without rows get none
/// (-1). The outcome depends on names and counts alone, not on how they are numbered.
[[nodiscard]] FinalCodes final_codes(const std::vector<std::string_view>& names, const std::vector<std::int64_t>& counts, std::int64_t most = most_names);

/// Bytes that all vocabularies of a job may use together.
struct NameBudget {
  explicit NameBudget(std::int64_t bytes) : limit(bytes) {}
  std::int64_t limit;
  std::atomic<std::int64_t> used = 0;
};

/// The distinct names of a column, numbered as they come, for several threads. Which number a name has depends on who comes first; codes
/// that do not are made of them by final_codes once all rows were seen.
///
/// Every name is also appended to a log before its number can be in a finished file, so that the numbers mean the same after a kill.
class Vocabulary {
 public:
  /// `column` stands in messages. Begins with the names of `log` where it is there and `resume` is set, else anew.
  Vocabulary(std::string column, std::filesystem::path log, bool resume, std::shared_ptr<NameBudget> budget);
  ~Vocabulary();
  Vocabulary(const Vocabulary&) = delete;             // it owns the log
  Vocabulary& operator=(const Vocabulary&) = delete;  // likewise

  /// Appends the numbers of some names. May be called from several threads. Throws Error{bad_input} when there are more names than the memory holds.
  void number(std::span<const std::string> names, std::vector<std::int32_t>& numbers);
  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] std::vector<std::string_view> names() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace footfall
