#include "host/journeys/store/piece.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "host/journeys/clock.hpp"
#include "host/journeys/event_lines.hpp"
#include "host/journeys/store/checksum.hpp"
#include "host/table/column_builder.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr float nothing = std::numeric_limits<float>::quiet_NaN();

using Row = std::uint32_t;   ///< of a partition

/// Customers by ascending id, and the place of each row's customer.
struct Ranked {
  CustomerIds ids;
  std::vector<Row> of_event, of_profile;
};

/// Distinct ids in the order of their first appearance become places by ascending id.
template <class Id>
std::vector<Row> places_of(const std::vector<Id>& distinct, std::vector<Id>& sorted) {
  std::vector<Row> order(distinct.size()), place(distinct.size());
  std::iota(order.begin(), order.end(), Row{0});
  std::sort(order.begin(), order.end(), [&](Row a, Row b) { return distinct[a] < distinct[b]; });
  sorted.reserve(distinct.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = static_cast<Row>(i);
    sorted.push_back(distinct[order[i]]);
  }
  return place;
}

void replace(std::vector<Row>& numbers, const std::vector<Row>& place) {
  for (Row& number : numbers) number = place[number];
}

Ranked rank_numbers(std::span<const std::int64_t> events, std::span<const std::int64_t> profiles) {
  NumberIndex index;
  std::vector<std::int64_t> distinct;
  const auto number_all = [&](std::span<const std::int64_t> ids) {
    std::vector<Row> numbers(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i > 0 && ids[i] == ids[i - 1]) {
        numbers[i] = numbers[i - 1];
        continue;
      }
      std::int32_t& code = index.code(ids[i]);
      if (code < 0) {
        code = static_cast<std::int32_t>(distinct.size());
        distinct.push_back(ids[i]);
      }
      numbers[i] = static_cast<Row>(code);
    }
    return numbers;
  };
  Ranked out;
  out.of_event = number_all(events);
  out.of_profile = number_all(profiles);
  const std::vector<Row> place = places_of(distinct, out.ids.numbers);
  replace(out.of_event, place);
  replace(out.of_profile, place);
  return out;
}

Ranked rank_words(const SpilledRows& events, std::size_t event_key, const SpilledRows& profiles, std::size_t profile_key) {
  TextIndex index;
  std::vector<std::string> distinct;
  const auto number_all = [&](const SpilledRows& rows, std::size_t key) {
    std::vector<Row> of_word(rows.words.size());
    bool added = false;
    for (std::size_t w = 0; w < of_word.size(); ++w) of_word[w] = static_cast<Row>(index.code(rows.words[w], distinct, added));
    std::vector<Row> numbers;
    if (rows.rows == 0) return numbers;
    for (const std::int32_t word : rows.column<std::int32_t>(key)) numbers.push_back(of_word[static_cast<std::size_t>(word)]);
    return numbers;
  };
  Ranked out;
  out.ids.text = true;
  out.of_event = number_all(events, event_key);
  out.of_profile = number_all(profiles, profile_key);
  const std::vector<Row> place = places_of(distinct, out.ids.names);
  replace(out.of_event, place);
  replace(out.of_profile, place);
  return out;
}

/// Rows by customer, in each by time. `first` [customers + 1].
struct Ordered {
  std::vector<Row> rows;
  std::vector<std::int64_t> first;
};

Ordered order_rows(const std::vector<Row>& customer, std::int64_t customers, std::span<const std::int64_t> time) {
  Ordered out;
  out.first.assign(static_cast<std::size_t>(customers) + 1, 0);
  for (const Row c : customer) ++out.first[std::size_t{c} + 1];
  std::partial_sum(out.first.begin(), out.first.end(), out.first.begin());
  std::vector<std::int64_t> next(out.first.begin(), out.first.end() - 1);
  out.rows.resize(customer.size());
  for (std::size_t row = 0; row < customer.size(); ++row) out.rows[static_cast<std::size_t>(next[customer[row]]++)] = static_cast<Row>(row);
  const auto earlier = [&](Row a, Row b) { return time[a] < time[b]; };
  for (std::size_t c = 0; c + 1 < out.first.size(); ++c) {
    const auto begin = out.rows.begin() + out.first[c], end = out.rows.begin() + out.first[c + 1];
    if (!std::is_sorted(begin, end, earlier)) std::stable_sort(begin, end, earlier);
  }
  return out;
}

/// All values of a row as bytes, to tell whether two rows of a customer are the same.
class RowBytes {
 public:
  RowBytes(const SpilledRows& rows, const SpillLayout& layout, std::size_t key) : rows_(rows), layout_(layout), key_(key) {}

  [[nodiscard]] std::uint64_t hash(Row row) const {
    Checksum sum;
    for (std::size_t c = 0; c < layout_.widths.size(); ++c)
      if (c != key_) sum.add(cell(c, row));
    return sum.value();
  }
  [[nodiscard]] bool same(Row a, Row b) const {
    for (std::size_t c = 0; c < layout_.widths.size(); ++c)
      if (c != key_ && std::memcmp(cell(c, a).data(), cell(c, b).data(), static_cast<std::size_t>(layout_.widths[c])) != 0) return false;
    return true;
  }

 private:
  [[nodiscard]] std::span<const std::byte> cell(std::size_t c, Row row) const {
    const auto width = static_cast<std::size_t>(layout_.widths[c]);
    return {rows_.columns[c].data() + row * width, width};
  }

  const SpilledRows& rows_;
  const SpillLayout& layout_;
  std::size_t key_;
};

/// Takes out rows that equal an earlier one of the same customer and time in every column that was read.
std::int64_t drop_duplicates(Ordered& order, const RowBytes& bytes, std::span<const std::int64_t> time) {
  std::size_t kept = 0;   // never beyond the row that is looked at, so that the rows before and after it are still in their places
  std::int64_t begin = 0;
  std::unordered_multimap<std::uint64_t, Row> seen;   // rows of this moment
  for (std::size_t c = 0; c + 1 < order.first.size(); ++c) {
    const std::int64_t end = order.first[c + 1];
    const auto time_at = [&](std::int64_t i) { return time[order.rows[static_cast<std::size_t>(i)]]; };
    for (std::int64_t i = begin; i < end; ++i) {
      const Row row = order.rows[static_cast<std::size_t>(i)];
      if (i == begin || time_at(i) != time_at(i - 1)) seen.clear();
      const bool alone = seen.empty() && (i + 1 == end || time_at(i + 1) != time_at(i));
      bool again = false;
      if (!alone) {
        const std::uint64_t hash = bytes.hash(row);
        const auto [from, until] = seen.equal_range(hash);
        again = std::any_of(from, until, [&](const auto& known) { return bytes.same(known.second, row); });
        if (!again) seen.emplace(hash, row);
      }
      if (!again) order.rows[kept++] = row;
    }
    begin = end;
    order.first[c + 1] = static_cast<std::int64_t>(kept);
  }
  const auto dropped = static_cast<std::int64_t>(order.rows.size() - kept);
  order.rows.resize(kept);
  return dropped;
}

/// The rows of a partition on their way into its piece.
class PieceMaker {
 public:
  PieceMaker(const PieceRecipe& recipe, SpilledRows& events, SpilledRows& profiles)
      : recipe_(recipe), schema_(recipe.schema), layout_(event_layout(recipe.schema, *recipe.job.events)), events_(events), rows_(profiles) {
    if (schema_.profiles) profile_layout_ = profile_layout(schema_);
  }

  Piece make() {
    require(events_.rows < std::numeric_limits<Row>::max() && rows_.rows < std::numeric_limits<Row>::max(), "a partition of more than 2^32 rows");
    rank();
    take_events();
    if (schema_.profiles) take_profiles();
    count();
    return std::move(out_);
  }

 private:
  void rank() {
    ranked_ = schema_.text_ids ? rank_words(events_, layout_.key, rows_, profile_layout_.key)
                               : rank_numbers(events_.rows > 0 ? events_.column<std::int64_t>(layout_.key) : std::span<const std::int64_t>(),
                                              rows_.rows > 0 ? rows_.column<std::int64_t>(profile_layout_.key) : std::span<const std::int64_t>());
    out_.ids = std::move(ranked_.ids);
    if (events_.rows > 0 && !recipe_.drop_duplicates) forget(layout_.key);
  }

  void forget(std::size_t column) { std::vector<std::byte>().swap(events_.columns[column]); }

  void take_events() {
    Journeys& journeys = out_.journeys;
    out_.facts.lines = events_.rows;
    for (const std::string& name : schema_.numeric) journeys.numeric.push_back({.name = name, .values = {}});
    out_.codes.resize(layout_.codes.size());
    journeys.clock = schema_.clock();
    journeys.first.assign(static_cast<std::size_t>(out_.ids.size()) + 1, 0);
    if (events_.rows == 0) return;
    const auto time = events_.column<std::int64_t>(layout_.time);
    Ordered order = order_rows(ranked_.of_event, out_.ids.size(), time);
    std::vector<Row>().swap(ranked_.of_event);
    if (recipe_.drop_duplicates) out_.facts.duplicates = drop_duplicates(order, RowBytes(events_, layout_.spill, layout_.key), time);
    if (layout_.merged)
      take_merged(order);
    else
      take_alone(order);
  }

  void take_times(const std::vector<Row>& heads) {
    const auto time = events_.column<std::int64_t>(layout_.time);
    out_.journeys.time.resize(heads.size());
    for (std::size_t i = 0; i < heads.size(); ++i) out_.journeys.time[i] = time[heads[i]];
    forget(layout_.time);
  }

  void take_codes(const std::vector<Row>& heads) {
    for (std::size_t c = 0; c < layout_.codes.size(); ++c) {
      const auto numbers = events_.column<std::int32_t>(layout_.codes[c]);
      const std::vector<std::int32_t>& map = recipe_.codes.events[c];
      std::vector<std::int32_t>& codes = out_.codes[c];
      codes.resize(heads.size());
      for (std::size_t i = 0; i < heads.size(); ++i) {
        const std::int32_t number = numbers[heads[i]];
        codes[i] = number < 0 ? -1 : map[static_cast<std::size_t>(number)];
      }
      forget(layout_.codes[c]);
    }
  }

  void take_alone(const Ordered& order) {
    Journeys& journeys = out_.journeys;
    journeys.first = order.first;
    take_times(order.rows);
    if (schema_.amount) {
      const auto amount = events_.column<double>(layout_.amount);
      journeys.amount.resize(order.rows.size());
      for (std::size_t i = 0; i < order.rows.size(); ++i) journeys.amount[i] = 0.0 + amount[order.rows[i]];  // a sum of one, so never -0
      forget(layout_.amount);
    }
    take_codes(order.rows);
    for (std::size_t c = 0; c < layout_.numbers.size(); ++c) {
      const auto numbers = events_.column<float>(layout_.numbers[c]);
      std::vector<float>& values = journeys.numeric[c].values;
      values.resize(order.rows.size());
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = numbers[order.rows[i]];
      forget(layout_.numbers[c]);
    }
  }

  /// The text that lines share, as a column: its hash stands for it.
  Column merge_column() {
    struct Key {
      std::uint64_t low = 0, high = 0;
      bool operator==(const Key&) const = default;
    };
    const auto hash = [](const Key& key) { return static_cast<std::size_t>(key.low); };
    std::unordered_map<Key, std::int32_t, decltype(hash)> codes(16, hash);
    Column out;
    out.type = ColumnType::text;
    for (const Key& key : events_.column<Key>(layout_.merge))
      out.codes.push_back(key == Key{} ? -1 : codes.try_emplace(key, static_cast<std::int32_t>(codes.size())).first->second);
    out.dictionary.resize(codes.size());
    forget(layout_.merge);
    return out;
  }

  void take_merged(const Ordered& order) {
    Journeys& journeys = out_.journeys;
    const EventLines lines = lines_merged({.rows = {order.rows.begin(), order.rows.end()}, .first = order.first}, merge_column());
    journeys.first = lines.first_event;
    std::vector<Row> heads(static_cast<std::size_t>(lines.events()));
    for (std::size_t i = 0; i < heads.size(); ++i) heads[i] = static_cast<Row>(lines.head(static_cast<std::int64_t>(i)));
    take_times(heads);
    const auto cells = [&](std::size_t column) {
      const auto values = events_.column<double>(column);
      return std::vector<double>(values.begin(), values.end());
    };
    if (schema_.amount) journeys.amount = sum_lines(cells(layout_.amount), lines).sum;
    take_codes(heads);
    for (std::size_t c = 0; c < layout_.numbers.size(); ++c) {
      const LineSums sums = sum_lines(cells(layout_.numbers[c]), lines);
      take_sums(sums.sum, journeys.numeric[2 * c]);
      take_sums(sums.mean, journeys.numeric[2 * c + 1]);
    }
    journeys.numeric.back().values = count_lines(lines);
  }

  void take_sums(const std::vector<double>& sums, NumberColumn& column) const {
    column.values.assign(sums.begin(), sums.end());
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (!std::isinf(column.values[i])) continue;
      const std::vector<std::int64_t>& first = out_.journeys.first;
      const auto customer = std::upper_bound(first.begin(), first.end(), static_cast<std::int64_t>(i)) - first.begin() - 1;
      throw bad_input(fmt::format("customer {}: {} is too large for the event at {}", out_.ids.name(customer), column.name,
                                  moment_text(out_.journeys.time[i], schema_.clock())),
                      "numbers reach to 3.4e38; fix the file");
    }
  }

  /// The row of the customer table of each customer, -1 without one.
  std::vector<std::int64_t> row_of_customer() const {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(out_.ids.size()), -1);
    for (std::size_t row = 0; row < ranked_.of_profile.size(); ++row) {
      std::int64_t& known = rows[ranked_.of_profile[row]];
      if (known >= 0)
        throw bad_input(fmt::format("{}: customer \"{}\" is in the table twice, first at {}", place(row), out_.ids.name(ranked_.of_profile[row]),
                                    place(static_cast<std::size_t>(known))),
                        "keep one row a customer");
      known = static_cast<std::int64_t>(row);
    }
    return rows;
  }

  std::string place(std::size_t row) const {
    const std::string& file = recipe_.customer_files.at(static_cast<std::size_t>(rows_.column<std::int32_t>(profile_layout_.file)[row]));
    const std::int64_t position = rows_.column<std::int64_t>(profile_layout_.position)[row];
    const bool counts_rows = file.ends_with(".parquet") || file.ends_with(".pq");
    return counts_rows ? fmt::format("{} row {}", file, position) : fmt::format("{}:{}", file, position);
  }

  void take_profiles() {
    const std::vector<std::int64_t> rows = row_of_customer();
    Profiles& profiles = out_.profiles;
    for (const std::int64_t row : rows) profiles.present.push_back(row >= 0 ? 1 : 0);
    for (std::size_t c = 0; c < schema_.profile_numeric.size(); ++c) {
      NumberColumn& column = profiles.numeric.emplace_back(NumberColumn{schema_.profile_numeric[c], std::vector<float>(rows.size(), nothing)});
      const auto values = rows_.column<float>(profile_layout_.numbers[c]);
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i] >= 0) column.values[i] = values[static_cast<std::size_t>(rows[i])];
    }
    for (std::size_t c = 0; c < schema_.profile_categorical.size(); ++c) {
      CategoryColumn& column = profiles.categorical.emplace_back(CategoryColumn{schema_.profile_categorical[c], std::vector<std::int32_t>(rows.size(), -1), {}});
      const auto numbers = rows_.column<std::int32_t>(profile_layout_.codes[c]);
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i] >= 0 && numbers[static_cast<std::size_t>(rows[i])] >= 0)
          column.codes[i] = recipe_.codes.profiles[c][static_cast<std::size_t>(numbers[static_cast<std::size_t>(rows[i])])];
    }
    std::size_t text = 0;
    for (std::size_t t = 0; t < schema_.targets.size(); ++t) {
      const std::vector<std::int32_t>* map = schema_.targets[t].type == ColumnType::text ? &recipe_.codes.targets[text++] : nullptr;
      out_.targets.push_back(take_target(t, map, rows));
    }
  }

  Column take_target(std::size_t t, const std::vector<std::int32_t>* map, const std::vector<std::int64_t>& rows) const {
    Column out;
    out.name = schema_.targets[t].name;
    out.type = schema_.targets[t].type;
    out.resolution = schema_.targets[t].resolution;
    const auto cells = rows_.column<std::int64_t>(profile_layout_.targets[t]);
    const auto valid = rows_.column<std::uint8_t>(profile_layout_.targets_valid[t]);
    for (const std::int64_t row : rows) {
      const bool there = row >= 0 && valid[static_cast<std::size_t>(row)] != 0;
      const std::int64_t cell = there ? cells[static_cast<std::size_t>(row)] : 0;
      out.valid.push_back(there ? 1 : 0);
      if (out.type == ColumnType::text)
        out.codes.push_back(there ? (*map)[static_cast<std::size_t>(cell)] : -1);
      else if (out.type == ColumnType::number)
        out.numbers.push_back(there ? std::bit_cast<double>(cell) : std::numeric_limits<double>::quiet_NaN());
      else
        out.integers.push_back(cell);
    }
    return out;
  }

  void count() {
    PieceFacts& facts = out_.facts;
    const Journeys& journeys = out_.journeys;
    facts.customers = out_.ids.size();
    facts.events = journeys.events();
    facts.profile_rows = rows_.rows;
    if (facts.events > 0) {
      const TimeRange range = time_range(journeys);
      facts.oldest = range.oldest;
      facts.newest = range.newest;
    }
    for (std::size_t c = 0; c + 1 < journeys.first.size(); ++c) {
      const std::int64_t length = journeys.first[c + 1] - journeys.first[c];
      facts.longest = std::max(facts.longest, length);
      if (!schema_.profiles) continue;
      if (length == 0) ++facts.customers_without_events;
      if (out_.profiles.present[c] == 0) ++facts.customers_without_row;
    }
  }

  const PieceRecipe& recipe_;
  const StoreSchema& schema_;
  EventLayout layout_;
  ProfileLayout profile_layout_;
  SpilledRows& events_;
  SpilledRows& rows_;
  Ranked ranked_;
  Piece out_;
};

}  // namespace

void PieceFacts::add(const PieceFacts& more) {
  if (more.events > 0) {
    oldest = events == 0 ? more.oldest : std::min(oldest, more.oldest);
    newest = events == 0 ? more.newest : std::max(newest, more.newest);
  }
  customers += more.customers;
  events += more.events;
  lines += more.lines;
  duplicates += more.duplicates;
  profile_rows += more.profile_rows;
  customers_without_events += more.customers_without_events;
  customers_without_row += more.customers_without_row;
  longest = std::max(longest, more.longest);
}

Piece make_piece(const PieceRecipe& recipe, SpilledRows events, SpilledRows profiles) { return PieceMaker(recipe, events, profiles).make(); }

std::int64_t piece_bytes(const StoreSchema& schema, const EventsSpec& spec, std::int64_t rows) {
  const EventLayout layout = event_layout(schema, spec);
  const std::int64_t ordering = 2 * static_cast<std::int64_t>(sizeof(Row));
  const std::int64_t merging = layout.merged ? 64 : 0;    // lines_merged and the sums work with 64-bit rows
  const std::int64_t widest = 8;                          // a column that is there twice while it is gathered
  return rows * (layout.spill.row_bytes() + ordering + merging + widest);
}

}  // namespace footfall
