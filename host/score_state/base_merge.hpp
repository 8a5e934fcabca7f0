#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/base.hpp"

namespace footfall {

/// Where the customers of a merged base come from.
struct MergedCustomers {
  std::vector<std::int64_t> older;     ///< index in the older base; -1: it lacks the customer
  std::vector<std::uint8_t> late;      ///< a newer event came before an older one that was seen
  std::int64_t newer_events = 0;
};

/// Puts events that came later to those that were there: what one reading of the older files and then the newer ones would give.
///
/// Customers are those of both. Events of equal time keep that order: older ones first. Names of both have the codes of the sorted union. The
/// customer table is the newer one's, of customers that it lacks nothing is present: such a table is always whole.
class BaseMerge {
 public:
  /// Rows begin .. begin + count of the events of one of the two bases.
  struct Run {
    bool newer = false;
    std::int64_t begin = 0, count = 0;
  };

  /// Two bases with every column and dictionary; their customers are not looked at. The newer one may lack journeys. Throws Error{bad_input}
  /// when they are of different columns, or when one counts steps and the other tells the time.
  BaseMerge(const Base& older, const Base& newer);

  /// Without customers, with every dictionary.
  [[nodiscard]] const Base& names() const { return names_; }

  /// The partitions [first, end) of both. Older events before `seen_before` count as seen. Throws Error{bad_input} when the customers are
  /// whole numbers in one and text in the other. `recycled` is a base that came from here and is no longer needed.
  [[nodiscard]] Base merge(const Base& older, const Base& newer, std::int32_t first, std::int32_t end, std::int64_t seen_before, MergedCustomers& about,
                           Base recycled = {}) const;

 private:
  struct Codes {
    std::vector<std::int32_t> older, newer;   ///< code in the union by code there
  };
  [[nodiscard]] static Codes join(const CategoryColumn& older, const CategoryColumn* newer, CategoryColumn& out);

  void copy_events(std::span<const Run> runs, const Journeys& older, const Journeys* newer, Journeys& out) const;

  Base names_;
  Codes type_, item_;
  std::vector<Codes> categorical_;
};

}  // namespace footfall
