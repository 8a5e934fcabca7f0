#include "host/journeys/store/deal.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "host/journeys/row_checks.hpp"
#include "host/journeys/requests.hpp"
#include "host/journeys/store/checksum.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Partitions of the rows, and how often the customer changes from row to row.
std::int64_t find_partitions(const Column& ids, std::int64_t rows, std::vector<std::uint8_t>& partition) {
  partition.resize(static_cast<std::size_t>(rows));
  std::int64_t runs = 0;
  if (ids.type == ColumnType::text) {
    std::vector<std::uint8_t> of_word(ids.dictionary.size());
    for (std::size_t word = 0; word < of_word.size(); ++word) of_word[word] = static_cast<std::uint8_t>(partition_of(ids.dictionary[word]));
    std::int32_t before = -1;
    for (std::size_t i = 0; i < partition.size(); ++i) {
      partition[i] = of_word[static_cast<std::size_t>(ids.codes[i])];
      runs += ids.codes[i] != before ? 1 : 0;
      before = ids.codes[i];
    }
    return runs;
  }
  for (std::size_t i = 0; i < partition.size(); ++i) {
    if (i > 0 && ids.integers[i] == ids.integers[i - 1]) {
      partition[i] = partition[i - 1];
      continue;
    }
    partition[i] = static_cast<std::uint8_t>(partition_of(ids.integers[i]));
    ++runs;
  }
  return runs;
}

/// `numbers` are those of the first texts; the others' are added.
void number_names(const Column& column, std::span<const std::string> texts, Vocabulary& names, std::vector<std::int32_t>& numbers, std::vector<std::int32_t>& codes) {
  names.number(texts.subspan(numbers.size()), numbers);
  codes.resize(column.codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = column.codes[i] < 0 ? -1 : numbers[static_cast<std::size_t>(column.codes[i])];
}

const void* key_of(const Column& ids) { return ids.type == ColumnType::text ? static_cast<const void*>(ids.codes.data()) : ids.integers.data(); }

/// Double hashing of the text: two sums of 64 bits, the second over the text and its first.
template <class Hash128>
Hash128 hash_of(const std::string& text) {
  Hash128 out;
  out.low = checksum_of(std::as_bytes(std::span(text)));
  Checksum second;
  second.add(std::as_bytes(std::span(&out.low, 1)));
  second.add(std::as_bytes(std::span(text)));
  out.high = second.value() | 1;  // never the hash of a missing cell
  return out;
}

}  // namespace

EventDealer::EventDealer(const StoreSchema& schema, const EventsSpec& spec, Vocabularies& names, std::int64_t now, std::int64_t most_texts)
    : schema_(schema), spec_(spec), layout_(event_layout(schema, spec)), names_(names), now_(now), most_texts_(most_texts) {
  for (const std::string& name : schema.event_names()) memories_.columns[name];
  numbers_of_.resize(layout_.codes.size());
  codes_.resize(layout_.codes.size());
  numbers_.resize(layout_.merged ? 0 : layout_.numbers.size());
}

SpillRows EventDealer::deal(const Table& chunk, SpillCounts& counts) {
  const Column& ids = chunk.at(spec_.customer);
  const Column& time = chunk.at(spec_.time);
  check_filled(chunk, ids, true);
  check_filled(chunk, time, true);
  SpillRows out;
  out.rows = chunk.rows;
  out.columns.resize(layout_.spill.widths.size());
  counts.id_runs += find_partitions(ids, chunk.rows, partition_);
  counts.rows += chunk.rows;
  for (const std::int64_t t : time.integers) counts.future += t > now_ ? 1 : 0;
  out.partition = partition_.data();
  out.columns[layout_.key] = key_of(ids);
  out.words = &ids.dictionary;
  out.columns[layout_.time] = time.integers.data();
  if (schema_.amount) {
    const Column& amount = chunk.at(amount_column(spec_));
    check_amounts(chunk, amount);
    out.columns[layout_.amount] = amount.numbers.data();
  }
  if (layout_.merged) {
    const Column& merge = chunk.at(spec_.merge);
    const auto remembered = memories_.columns.find(spec_.merge);   // where it is a category too
    const std::vector<std::string>& words = remembered == memories_.columns.end() ? merge.dictionary : remembered->second.dictionary;
    std::vector<Hash128> of_word(words.size());
    for (std::size_t word = 0; word < of_word.size(); ++word) of_word[word] = hash_of<Hash128>(words[word]);
    merge_.resize(static_cast<std::size_t>(chunk.rows));
    for (std::size_t i = 0; i < merge_.size(); ++i) merge_[i] = merge.codes[i] < 0 ? Hash128{} : of_word[static_cast<std::size_t>(merge.codes[i])];
    out.columns[layout_.merge] = merge_.data();
  }
  const std::vector<std::string> names = schema_.event_names();
  for (std::size_t c = 0; c < names.size(); ++c) {
    const TextMemory& memory = memories_.columns.at(names[c]);
    number_names(chunk.at(names[c]), memory.dictionary, *names_[c], numbers_of_[c], codes_[c]);
    out.columns[layout_.codes[c]] = codes_[c].data();
  }
  std::int64_t texts = 0;
  for (const auto& [name, memory] : memories_.columns) texts += static_cast<std::int64_t>(memory.dictionary.size());
  if (texts > most_texts_) {
    for (auto& [name, memory] : memories_.columns) memory.clear();
    for (std::vector<std::int32_t>& numbers : numbers_of_) numbers.clear();
  }
  for (std::size_t c = 0; c < spec_.numeric.size(); ++c) {
    const Column& column = chunk.at(spec_.numeric[c]);
    if (layout_.merged) {
      out.columns[layout_.numbers[c]] = column.numbers.data();
    } else {
      narrow(chunk, column, numbers_[c]);
      out.columns[layout_.numbers[c]] = numbers_[c].data();
    }
  }
  return out;
}

ProfileDealer::ProfileDealer(const StoreSchema& schema, const CustomersSpec& spec, Vocabularies& names, Vocabularies& targets)
    : schema_(schema), spec_(spec), layout_(profile_layout(schema)), names_(names), targets_(targets) {
  codes_.resize(layout_.codes.size());
  numbers_.resize(layout_.numbers.size());
  target_.resize(layout_.targets.size());
  valid_.resize(layout_.targets.size());
}

SpillRows ProfileDealer::deal(const Table& chunk, std::int32_t file, SpillCounts& counts) {
  const Column& ids = chunk.at(spec_.customer);
  check_filled(chunk, ids, false);
  const auto rows = static_cast<std::size_t>(chunk.rows);
  SpillRows out;
  out.rows = chunk.rows;
  out.columns.resize(layout_.spill.widths.size());
  counts.id_runs += find_partitions(ids, chunk.rows, partition_);
  counts.rows += chunk.rows;
  out.partition = partition_.data();
  out.columns[layout_.key] = key_of(ids);
  out.words = &ids.dictionary;
  position_.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) position_[i] = chunk.origin.position_of(static_cast<std::int64_t>(i));
  out.columns[layout_.position] = position_.data();
  file_.assign(rows, file);
  out.columns[layout_.file] = file_.data();
  for (std::size_t c = 0; c < layout_.codes.size(); ++c) {
    const Column& column = chunk.at(schema_.profile_categorical[c]);
    std::vector<std::int32_t> numbers;
    number_names(column, column.dictionary, *names_[c], numbers, codes_[c]);
    out.columns[layout_.codes[c]] = codes_[c].data();
  }
  for (std::size_t c = 0; c < layout_.numbers.size(); ++c) {
    narrow(chunk, chunk.at(schema_.profile_numeric[c]), numbers_[c]);
    out.columns[layout_.numbers[c]] = numbers_[c].data();
  }
  std::size_t text = 0;
  for (std::size_t t = 0; t < layout_.targets.size(); ++t) {
    const Column& column = chunk.at(schema_.targets[t].name);
    target_[t].assign(rows, 0);
    valid_[t].assign(rows, 1);
    std::vector<std::int32_t> of_text, numbers;
    if (column.type == ColumnType::text) number_names(column, column.dictionary, *targets_[text++], of_text, numbers);
    for (std::size_t i = 0; i < rows; ++i) {
      valid_[t][i] = column.is_valid(static_cast<std::int64_t>(i)) ? 1 : 0;
      if (column.type == ColumnType::text)
        target_[t][i] = numbers[i];
      else if (column.type == ColumnType::number)
        target_[t][i] = std::bit_cast<std::int64_t>(column.numbers[i]);
      else
        target_[t][i] = column.integers[i];
    }
    out.columns[layout_.targets[t]] = target_[t].data();
    out.columns[layout_.targets_valid[t]] = valid_[t].data();
  }
  return out;
}

}  // namespace footfall
