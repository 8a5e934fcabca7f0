#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace footfall {

/// Codes of distinct texts in the order of their first appearance: an open-addressed index over a dictionary.
class TextIndex {
 public:
  /// The code of a text; a new one is added to the dictionary (then `added` is true).
  std::int32_t code(std::string_view text, std::vector<std::string>& dictionary, bool& added);
  void clear();

 private:
  void grow();

  struct Slot {
    std::uint64_t hash = 0;
    std::int32_t code = -1;
  };
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

/// Codes of whole numbers by their value, so that each is written as text once.
class NumberIndex {
 public:
  /// The place of a number's code, -1 for one that is new: to be filled by the caller before the next call.
  std::int32_t& code(std::int64_t number);
  void clear();

 private:
  void grow();

  struct Slot {
    std::int64_t number = 0;
    std::int32_t code = -1;
  };
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

/// The distinct texts of a column and their codes, in the order of their first appearance.
struct TextMemory {
  std::vector<std::string> dictionary;
  TextIndex index;
  NumberIndex numbers;

  void clear() {
    dictionary.clear();
    index.clear();
    numbers.clear();
  }
};

/// Those of some columns by name, kept from one reader to the next of a thread.
struct TextMemories {
  std::map<std::string, TextMemory> columns;
};

}  // namespace footfall
