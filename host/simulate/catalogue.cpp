#include "host/simulate/catalogue.hpp"

#include <array>
#include <cmath>

namespace footfall {
namespace {

constexpr std::int32_t items_a_category = 60;
constexpr std::array<double, 12> median_price = {24.0, 39.0, 59.0, 18.0, 9.0, 14.0, 149.0, 89.0, 29.0, 45.0, 12.0, 35.0};
constexpr double price_spread = 0.6;  // standard deviation of the logarithm

}  // namespace

const std::vector<std::string>& Catalogue::category_names() {
  static const std::vector<std::string> names = {"shirts",      "trousers", "shoes",  "accessories", "books",  "toys",
                                                 "electronics", "kitchen",  "garden", "sports",      "beauty", "home"};
  return names;
}

Catalogue::Catalogue(std::uint64_t seed) {
  for (std::size_t item = 0; item < median_price.size() * items_a_category; ++item) {
    SubjectDraws draws(seed, DrawSubject::catalogue, item);
    price_.push_back(std::ceil(100.0 * median_price[item / items_a_category] * std::exp(price_spread * draws.normal())) / 100.0);
  }
}

std::int32_t Catalogue::category_of(std::int32_t item) const { return item / items_a_category; }

std::int32_t Catalogue::draw_item(std::int32_t favourite, SubjectDraws& draws) const {
  const std::int32_t category =
      draws.chance(0.5) ? favourite : static_cast<std::int32_t>(draws.below(static_cast<std::int64_t>(median_price.size())));
  const double rank = draws.uniform();
  return category * items_a_category + static_cast<std::int32_t>(rank * rank * items_a_category);  // density falls as 1 / sqrt(rank)
}

}  // namespace footfall
