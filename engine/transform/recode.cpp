#include <cmath>

#include "engine/transform/transform.hpp"
#include "kernels/device/team.hpp"

namespace footfall {
namespace {

constexpr std::int64_t rows_per_tile = 8192;

template <class Work>
void over_rows(std::int64_t rows, Team& team, const Work& work) {
  team.run((rows + rows_per_tile - 1) / rows_per_tile, [&](std::int64_t tile, int) {
    work(tile * rows_per_tile, std::min(rows, (tile + 1) * rows_per_tile));
  });
}

void take_logarithms(std::vector<float>& values, const std::vector<std::uint8_t>& which, Team& team) {
  if (which.empty()) return;
  const auto columns = static_cast<std::int64_t>(which.size());
  for (std::int64_t c = 0; c < columns; ++c) {
    if (which[static_cast<std::size_t>(c)] == 0) continue;
    over_rows(static_cast<std::int64_t>(values.size()) / columns, team, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        float& value = values[static_cast<std::size_t>(r * columns + c)];
        value = std::copysign(std::log1p(std::abs(value)), value);
      }
    });
  }
}

std::vector<std::vector<std::int32_t>> maps_of(const std::vector<Vocabulary>& words, const std::vector<const std::vector<std::string>*>& dictionaries) {
  std::vector<std::vector<std::int32_t>> maps;
  for (std::size_t c = 0; c < words.size(); ++c) maps.push_back(words[c].codes_of(*dictionaries[c]));
  return maps;
}

void recode_columns(std::vector<std::int32_t>& codes, const std::vector<Vocabulary>& words, const std::vector<std::vector<std::int32_t>>& maps, Team& team,
                    std::vector<UnseenCount>& unseen) {
  const auto columns = static_cast<std::int64_t>(words.size());
  for (std::int64_t c = 0; c < columns; ++c) {
    const Vocabulary& vocabulary = words[static_cast<std::size_t>(c)];
    const std::vector<std::int32_t>& map = maps[static_cast<std::size_t>(c)];
    const std::int64_t rows = static_cast<std::int64_t>(codes.size()) / columns;
    std::vector<std::int64_t> found(static_cast<std::size_t>((rows + rows_per_tile - 1) / rows_per_tile));
    over_rows(rows, team, [&](std::int64_t begin, std::int64_t end) {
      std::int64_t count = 0;
      for (std::int64_t r = begin; r < end; ++r) {
        std::int32_t& code = codes[static_cast<std::size_t>(r * columns + c)];
        code = code < 0 ? vocabulary.missing_code : map[static_cast<std::size_t>(code)];
        count += code == Vocabulary::unseen ? 1 : 0;
      }
      found[static_cast<std::size_t>(begin / rows_per_tile)] = count;
    });
    std::int64_t cells = 0;
    for (const std::int64_t count : found) cells += count;
    if (cells > 0) unseen.push_back({vocabulary.name, cells});
  }
}

}  // namespace

Recoder::Recoder(const Transform& transform, const Dictionaries& dictionaries)
    : transform_(transform), event_maps_(maps_of(transform.event_words, dictionaries.event)), profile_maps_(maps_of(transform.profile_words, dictionaries.profile)) {}

std::vector<UnseenCount> Recoder::recode(ExampleTable& table, Team& team) const {
  std::vector<UnseenCount> unseen;
  take_logarithms(table.event_number, transform_.events.logarithm, team);
  take_logarithms(table.profile_number, transform_.profile.logarithm, team);
  recode_columns(table.event_code, transform_.event_words, event_maps_, team, unseen);
  recode_columns(table.profile_code, transform_.profile_words, profile_maps_, team, unseen);
  return unseen;
}

std::vector<UnseenCount> recode(ExampleTable& table, const Dictionaries& dictionaries, const Transform& transform, Team& team) {
  return Recoder(transform, dictionaries).recode(table, team);
}

}  // namespace footfall
