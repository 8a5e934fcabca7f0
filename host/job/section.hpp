#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/job/toml.hpp"
#include "kernels/error.hpp"

namespace footfall {

/// A whole number in a range, both ends included.
struct WholeRange {
  std::int64_t lowest;
  std::int64_t highest = 9'007'199'254'740'992;  // beyond 2^53 a job means something else
};

/// One table of a job file: typed keys with errors of the form `job.toml:7: [train] epochs holds …; remedy`.
/// Every getter answers nullopt when the key is absent and throws bad_input when its value is of the wrong type; what was asked for is what
/// is known, so `finish()` can refuse the rest.
class Section {
 public:
  Section(const toml::table& table, std::string source, std::string name)
      : table_(table), source_(std::move(source)), name_(std::move(name)) {}

  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::string required_text(std::string_view key);
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key);
  [[nodiscard]] std::optional<bool> flag(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key, WholeRange range);
  [[nodiscard]] std::optional<std::vector<std::int32_t>> wholes(std::string_view key, WholeRange range);
  /// A number for which `holds` is true; `expected` says in words which those are.
  [[nodiscard]] std::optional<double> number(std::string_view key, const std::function<bool(double)>& holds, std::string_view expected);
  /// Text, a date, a date with time or a whole number, as text.
  [[nodiscard]] std::optional<std::string> moment(std::string_view key);
  /// One of a few words; the answer is its place in `words`.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view key, std::initializer_list<std::string_view> words);

  /// True when the key is there with the text "auto"; the key then needs no other reading.
  [[nodiscard]] bool is_auto(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  /// Names a key that is planned: present, it is refused as not available rather than as unknown.
  void not_available(std::string_view key, std::string_view remedy);

  /// Throws when the table holds a key that was never asked for.
  void finish() const;

  /// An error at the line of a key (of the table, when the key is absent).
  [[nodiscard]] Error error(std::string_view key, const std::string& cause, const std::string& remedy = {}) const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  const toml::node* find(std::string_view key);
  [[nodiscard]] Error wrong_type(std::string_view key, const toml::node& found, std::string_view expected) const;
  [[nodiscard]] std::string place(std::string_view key) const;

  const toml::table& table_;
  std::string source_;
  std::string name_;
  std::vector<std::string> known_;
};

/// A value as a person would write it, cut when it is long.
[[nodiscard]] std::string shown(const toml::node& node);

}  // namespace footfall
