#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "host/simulate/draws.hpp"

namespace footfall {

/// The customer columns of the shop, each a node of the network.
enum class ProfileCell : std::size_t { gender, age, income, city, channel };
inline constexpr std::size_t profile_cells = 5;

/// States of all cells of a customer; -1 where a cell is not known.
using ProfileStates = std::array<std::int32_t, profile_cells>;

/// The Bayesian network that a shop's customers are drawn from:
///
///     city ----> income ----> class
///     age -----> income, channel, class
///     gender --> channel --> class
///
/// The class, which fixes how a customer comes, leaves and buys, is in no file but the truth.
class ProfileNetwork {
 public:
  ProfileNetwork();

  [[nodiscard]] static std::int32_t states(ProfileCell cell);
  [[nodiscard]] static std::int32_t classes();
  [[nodiscard]] static const std::vector<std::string>& class_names();

  /// All cells and the class of a new customer.
  struct Profile {
    ProfileStates cells{};
    std::int32_t profile_class = 0;
  };
  [[nodiscard]] Profile draw(SubjectDraws& draws) const;

  /// Probability of these states of all cells, none of them unknown.
  [[nodiscard]] double probability(const ProfileStates& cells) const;
  /// P(class | all cells), [classes].
  [[nodiscard]] const double* class_given_all(const ProfileStates& cells) const;
  /// P(class | the cells that are known), [classes], exact. Constant time: the answers for all patterns are ready.
  [[nodiscard]] const double* class_given(const ProfileStates& cells) const;

 private:
  void fill_patterns();

  std::vector<double> income_;    ///< [age, city, income]
  std::vector<double> channel_;   ///< [gender, age, channel]
  std::vector<double> class_;     ///< [age, income, channel, class]
  std::vector<double> patterns_;  ///< [gender + 1, age + 1, income + 1, city + 1, channel + 1, class], the last state of each cell: unknown
};

}  // namespace footfall
