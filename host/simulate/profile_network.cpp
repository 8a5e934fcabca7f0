#include "host/simulate/profile_network.hpp"

#include <cmath>
#include <span>

namespace footfall {
namespace {

constexpr std::int32_t genders = 3, ages = 5, incomes = 4, cities = 3, channels = 4, class_count = 4;
constexpr std::array<std::int32_t, profile_cells> state_counts = {genders, ages, incomes, cities, channels};

constexpr std::array<double, genders> gender_share = {0.52, 0.45, 0.03};
constexpr std::array<double, ages> age_share = {0.16, 0.26, 0.30, 0.19, 0.09};
constexpr std::array<double, cities> city_share = {0.38, 0.37, 0.25};

std::size_t at(std::initializer_list<std::pair<std::int32_t, std::int32_t>> index_and_size) {
  std::size_t flat = 0;
  for (const auto& [index, size] : index_and_size) flat = flat * static_cast<std::size_t>(size) + static_cast<std::size_t>(index);
  return flat;
}

std::int32_t state(const ProfileStates& cells, ProfileCell cell) { return cells[static_cast<std::size_t>(cell)]; }

/// Turns scores in place into probabilities in proportion to exp(score).
void to_probabilities(std::span<double> scores) {
  double sum = 0.0;
  for (double& score : scores) sum += score = std::exp(score);
  for (double& score : scores) score /= sum;
}

/// Middle ages and large cities earn more.
std::vector<double> income_table() {
  constexpr std::array<double, ages> of_age = {-1.0, 0.0, 0.6, 0.4, -0.5};
  constexpr std::array<double, cities> of_city = {0.4, 0.0, -0.4};
  std::vector<double> table(static_cast<std::size_t>(ages * cities * incomes));
  for (std::int32_t a = 0; a < ages; ++a)
    for (std::int32_t c = 0; c < cities; ++c) {
      const double level = 1.4 + of_age[static_cast<std::size_t>(a)] + of_city[static_cast<std::size_t>(c)];
      const std::size_t row = at({{a, ages}, {c, cities}, {0, incomes}});
      for (std::int32_t i = 0; i < incomes; ++i) table[row + static_cast<std::size_t>(i)] = -0.5 * (i - level) * (i - level);
      to_probabilities({&table[row], static_cast<std::size_t>(incomes)});
    }
  return table;
}

/// search, social, email, referral: the young come by social media, the old by e-mail.
std::vector<double> channel_table() {
  constexpr std::array<std::array<double, channels>, ages> of_age = {
      {{0.2, 1.2, -1.0, 0.0}, {0.5, 0.8, -0.5, 0.1}, {0.8, 0.1, 0.2, 0.1}, {0.7, -0.6, 0.7, 0.2}, {0.4, -1.2, 1.0, 0.4}}};
  constexpr std::array<std::array<double, channels>, genders> of_gender = {
      {{0.0, 0.2, 0.1, 0.1}, {0.2, -0.1, 0.0, 0.0}, {0.0, 0.3, 0.0, 0.0}}};
  std::vector<double> table(static_cast<std::size_t>(genders * ages * channels));
  for (std::int32_t g = 0; g < genders; ++g)
    for (std::int32_t a = 0; a < ages; ++a) {
      const std::size_t row = at({{g, genders}, {a, ages}, {0, channels}});
      for (std::size_t c = 0; c < channels; ++c)
        table[row + c] = of_age[static_cast<std::size_t>(a)][c] + of_gender[static_cast<std::size_t>(g)][c];
      to_probabilities({&table[row], static_cast<std::size_t>(channels)});
    }
  return table;
}

/// loyal, regular, bargain, passing.
std::vector<double> class_table() {
  constexpr std::array<std::array<double, class_count>, ages> of_age = {
      {{-0.8, -0.2, 0.6, 0.5}, {-0.2, 0.2, 0.3, 0.2}, {0.3, 0.4, 0.0, -0.1}, {0.6, 0.3, -0.2, -0.2}, {0.5, 0.1, -0.3, 0.1}}};
  constexpr std::array<std::array<double, class_count>, incomes> of_income = {
      {{-0.7, -0.2, 0.8, 0.3}, {-0.1, 0.2, 0.4, 0.0}, {0.4, 0.3, -0.2, -0.1}, {0.9, 0.2, -0.9, -0.1}}};
  constexpr std::array<std::array<double, class_count>, channels> of_channel = {
      {{-0.1, 0.2, 0.0, 0.2}, {-0.6, -0.2, 0.2, 0.8}, {0.8, 0.3, 0.2, -0.9}, {0.6, 0.2, -0.2, -0.4}}};
  std::vector<double> table(static_cast<std::size_t>(ages * incomes * channels * class_count));
  for (std::int32_t a = 0; a < ages; ++a)
    for (std::int32_t i = 0; i < incomes; ++i)
      for (std::int32_t c = 0; c < channels; ++c) {
        const std::size_t row = at({{a, ages}, {i, incomes}, {c, channels}, {0, class_count}});
        for (std::size_t k = 0; k < class_count; ++k)
          table[row + k] = 1.3 * (of_age[static_cast<std::size_t>(a)][k] + of_income[static_cast<std::size_t>(i)][k] +
                                  of_channel[static_cast<std::size_t>(c)][k]);
        to_probabilities({&table[row], static_cast<std::size_t>(class_count)});
      }
  return table;
}

std::int32_t draw_state(std::span<const double> probabilities, SubjectDraws& draws) {
  double left = draws.uniform();
  for (std::size_t i = 0; i + 1 < probabilities.size(); ++i) {
    if (left < probabilities[i]) return static_cast<std::int32_t>(i);
    left -= probabilities[i];
  }
  return static_cast<std::int32_t>(probabilities.size()) - 1;
}

std::size_t pattern_of(const ProfileStates& cells) {
  std::size_t flat = 0;
  for (std::size_t c = 0; c < profile_cells; ++c) {
    const std::int32_t index = cells[c] < 0 ? state_counts[c] : cells[c];
    flat = flat * static_cast<std::size_t>(state_counts[c] + 1) + static_cast<std::size_t>(index);
  }
  return flat * static_cast<std::size_t>(class_count);
}

/// Steps through the states of all cells, the last one fastest; false after the last.
bool next_states(ProfileStates& cells) {
  for (std::size_t c = profile_cells; c-- > 0;) {
    if (++cells[c] < state_counts[c]) return true;
    cells[c] = 0;
  }
  return false;
}

}  // namespace

ProfileNetwork::ProfileNetwork() : income_(income_table()), channel_(channel_table()), class_(class_table()) { fill_patterns(); }

std::int32_t ProfileNetwork::states(ProfileCell cell) { return state_counts[static_cast<std::size_t>(cell)]; }

std::int32_t ProfileNetwork::classes() { return class_count; }

const std::vector<std::string>& ProfileNetwork::class_names() {
  static const std::vector<std::string> names = {"loyal", "regular", "bargain", "passing"};
  return names;
}

ProfileNetwork::Profile ProfileNetwork::draw(SubjectDraws& draws) const {
  const std::int32_t gender = draw_state(gender_share, draws);
  const std::int32_t age = draw_state(age_share, draws);
  const std::int32_t city = draw_state(city_share, draws);
  const std::int32_t income =
      draw_state({&income_[at({{age, ages}, {city, cities}, {0, incomes}})], static_cast<std::size_t>(incomes)}, draws);
  const std::int32_t channel =
      draw_state({&channel_[at({{gender, genders}, {age, ages}, {0, channels}})], static_cast<std::size_t>(channels)}, draws);
  const ProfileStates cells = {gender, age, income, city, channel};
  return {cells, draw_state({class_given_all(cells), static_cast<std::size_t>(class_count)}, draws)};
}

double ProfileNetwork::probability(const ProfileStates& cells) const {
  const std::int32_t gender = state(cells, ProfileCell::gender), age = state(cells, ProfileCell::age),
                     city = state(cells, ProfileCell::city);
  return gender_share[static_cast<std::size_t>(gender)] * age_share[static_cast<std::size_t>(age)] *
         city_share[static_cast<std::size_t>(city)] *
         income_[at({{age, ages}, {city, cities}, {state(cells, ProfileCell::income), incomes}})] *
         channel_[at({{gender, genders}, {age, ages}, {state(cells, ProfileCell::channel), channels}})];
}

const double* ProfileNetwork::class_given_all(const ProfileStates& cells) const {
  return &class_[at({{state(cells, ProfileCell::age), ages},
                     {state(cells, ProfileCell::income), incomes},
                     {state(cells, ProfileCell::channel), channels},
                     {0, class_count}})];
}

const double* ProfileNetwork::class_given(const ProfileStates& cells) const { return &patterns_[pattern_of(cells)]; }

/// Adds each full profile to the 2^5 patterns that it fits, then divides: a few hundred profiles, so elimination would gain nothing.
void ProfileNetwork::fill_patterns() {
  std::size_t size = class_count;
  for (const std::int32_t count : state_counts) size *= static_cast<std::size_t>(count + 1);
  patterns_.assign(size, 0.0);
  ProfileStates cells{};
  do {
    const double weight = probability(cells);
    const double* given = class_given_all(cells);
    for (std::uint32_t hidden = 0; hidden < (1U << profile_cells); ++hidden) {
      ProfileStates seen = cells;
      for (std::size_t c = 0; c < profile_cells; ++c)
        if ((hidden >> c & 1U) != 0) seen[c] = -1;
      double* row = &patterns_[pattern_of(seen)];
      for (std::size_t k = 0; k < class_count; ++k) row[k] += weight * given[k];
    }
  } while (next_states(cells));
  for (std::size_t row = 0; row < size; row += class_count) {
    double sum = 0.0;
    for (std::size_t k = 0; k < class_count; ++k) sum += patterns_[row + k];
    for (std::size_t k = 0; k < class_count; ++k) patterns_[row + k] /= sum;
  }
}

}  // namespace footfall
