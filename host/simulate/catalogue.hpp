#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/simulate/draws.hpp"

namespace footfall {

/// What a shop sells: items with a category and a log-normal price.
class Catalogue {
 public:
  explicit Catalogue(std::uint64_t seed);

  [[nodiscard]] static const std::vector<std::string>& category_names();
  [[nodiscard]] std::int32_t items() const { return static_cast<std::int32_t>(price_.size()); }
  /// Items are numbered from 0; those of a category follow each other.
  [[nodiscard]] std::int32_t category_of(std::int32_t item) const;
  /// In whole cents.
  [[nodiscard]] double price_of(std::int32_t item) const { return price_[static_cast<std::size_t>(item)]; }

  /// An item that somebody looks at whose favourite category is this one: half of the time of that category, popular items more often.
  [[nodiscard]] std::int32_t draw_item(std::int32_t favourite, SubjectDraws& draws) const;

 private:
  std::vector<double> price_;
};

}  // namespace footfall
