#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/journeys/store/schema.hpp"
#include "host/journeys/store/spill.hpp"
#include "host/journeys/store/vocabulary.hpp"
#include "host/table/table.hpp"
#include "host/table/text_memory.hpp"

namespace footfall {

using Vocabularies = std::vector<std::unique_ptr<Vocabulary>>;

/// Turns chunks of a table into rows that a SpillWriter takes, and checks what only the place in the input can explain: an empty customer
/// or time, a number too large. One for each thread; the rows it gives point into it and into the chunk.
class EventDealer {
 public:
  /// `names` are the vocabularies of StoreSchema::event_names. Events after `now` (in the clock's numbers) are counted.
  /// It remembers at most `most_texts` texts from chunk to chunk.
  EventDealer(const StoreSchema& schema, const EventsSpec& spec, Vocabularies& names, std::int64_t now, std::int64_t most_texts);
  /// What a reader of the chunks must be given: the texts of columns of names are remembered from chunk to chunk.
  [[nodiscard]] TextMemories& memories() { return memories_; }
  [[nodiscard]] SpillRows deal(const Table& chunk, SpillCounts& counts);

 private:
  const StoreSchema& schema_;
  const EventsSpec& spec_;
  EventLayout layout_;
  Vocabularies& names_;
  std::int64_t now_, most_texts_;
  TextMemories memories_;
  std::vector<std::vector<std::int32_t>> numbers_of_;   ///< of each column's remembered texts
  std::vector<std::uint8_t> partition_;
  std::vector<std::vector<std::int32_t>> codes_;
  std::vector<std::vector<float>> numbers_;
  struct Hash128 {
    std::uint64_t low = 0, high = 0;
  };
  std::vector<Hash128> merge_;
};

/// The same for the customer table. `targets` are the vocabularies of StoreSchema::target_names.
class ProfileDealer {
 public:
  ProfileDealer(const StoreSchema& schema, const CustomersSpec& spec, Vocabularies& names, Vocabularies& targets);
  /// `file` is the index of the file that all rows of the chunk come from.
  [[nodiscard]] SpillRows deal(const Table& chunk, std::int32_t file, SpillCounts& counts);

 private:
  const StoreSchema& schema_;
  const CustomersSpec& spec_;
  ProfileLayout layout_;
  Vocabularies& names_;
  Vocabularies& targets_;
  std::vector<std::uint8_t> partition_;
  std::vector<std::int64_t> position_;
  std::vector<std::int32_t> file_;
  std::vector<std::vector<std::int32_t>> codes_;
  std::vector<std::vector<float>> numbers_;
  std::vector<std::vector<std::int64_t>> target_;
  std::vector<std::vector<std::uint8_t>> valid_;
};

}  // namespace footfall
