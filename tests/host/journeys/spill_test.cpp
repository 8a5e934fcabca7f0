// Rows on their way through the disk: sums of bytes, numbers of names, dealing and reading back, and places beyond 2^32.
#include "host/journeys/store/spill.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <random>

#include "host/jobs/score_chunks.hpp"
#include "host/journeys/store/checksum.hpp"
#include "host/journeys/store/manifest.hpp"
#include "host/journeys/store/memory_plan.hpp"
#include "host/journeys/store/vocabulary.hpp"
#include "kernels/error.hpp"
#include "tests/host/journeys/folder.hpp"

namespace footfall {
namespace {

std::uint64_t sum_of(const std::string& text) { return checksum_of(std::as_bytes(std::span(text))); }

TEST(Checksum, IsXxh64) {
  // Values of the reference implementation (xxhsum -H64).
  EXPECT_EQ(sum_of(""), 0xEF46DB3751D8E999U);
  EXPECT_EQ(sum_of("a"), 0xD24EC4F1A98C6E5BU);
  EXPECT_EQ(sum_of("abc"), 0x44BC2CF5AD770999U);
  EXPECT_EQ(sum_of("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1U);
}

TEST(Checksum, OfPiecesIsThatOfTheWhole) {
  std::mt19937 random(1);
  std::string text(1000, ' ');
  for (char& letter : text) letter = static_cast<char>(random());
  for (int round = 0; round < 200; ++round) {
    Checksum sum;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t n = std::min<std::size_t>(text.size() - at, random() % 70);
      sum.add(std::as_bytes(std::span(text).subspan(at, n)));
      at += n;
    }
    ASSERT_EQ(sum.value(), sum_of(text));
  }
}

TEST(FinalCodes, AreThoseOfSortedNames) {
  const FinalCodes codes = final_codes({"b", "", "a", "c"}, {1, 1, 5, 0});
  EXPECT_EQ(codes.dictionary, (std::vector<std::string>{"", "a", "b"}));
  EXPECT_EQ(codes.code_of, (std::vector<std::int32_t>{2, 0, 1, -1}));
}

TEST(FinalCodes, RareNamesShareOneWhateverTheirNumbers) {
  std::mt19937 random(2);
  std::vector<std::string> names;
  std::vector<std::int64_t> counts;
  for (int i = 0; i < 50; ++i) {
    names.push_back(i == 7 ? std::string(rare_name) : "n" + std::to_string(i));
    counts.push_back(1 + i % 5);
  }
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0U);
  std::map<std::string, std::string> expected;   // name -> what it is called in the end
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string_view> shuffled;
    std::vector<std::int64_t> rows;
    for (const std::size_t i : order) {
      shuffled.push_back(names[i]);
      rows.push_back(counts[i]);
    }
    const FinalCodes codes = final_codes(shuffled, rows, 20);
    EXPECT_LE(codes.dictionary.size(), 20U);
    EXPECT_TRUE(std::is_sorted(codes.dictionary.begin(), codes.dictionary.end()));
    std::map<std::string, std::string> called;
    for (std::size_t i = 0; i < shuffled.size(); ++i) called[std::string(shuffled[i])] = codes.dictionary.at(static_cast<std::size_t>(codes.code_of[i]));
    if (round == 0) expected = called;
    EXPECT_EQ(called, expected);
    std::shuffle(order.begin(), order.end(), random);
  }
  // Nobody that is called rare has more rows than one who keeps its name.
  std::int64_t most_rare = 0, least_kept = 100;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == rare_name) continue;
    std::int64_t& bound = expected[names[i]] == rare_name ? most_rare : least_kept;
    bound = expected[names[i]] == rare_name ? std::max(bound, counts[i]) : std::min(bound, counts[i]);
  }
  EXPECT_LE(most_rare, least_kept);
}

TEST(Vocabulary, GoesOnWithItsLog) {
  const Folder folder;
  const std::string log = folder.text() + "/names";
  std::vector<std::int32_t> first, again;
  {
    Vocabulary names("item", log, false, std::make_shared<NameBudget>(8 << 20));
    names.number(std::vector<std::string>{"x", "y", "", "x"}, first);
  }
  std::ofstream(log, std::ios::binary | std::ios::app) << std::string("\x05\0\0\0ab", 6);   // cut off by a kill
  {
    Vocabulary names("item", log, true, std::make_shared<NameBudget>(8 << 20));
    EXPECT_EQ(names.size(), 3);
    names.number(std::vector<std::string>{"", "z", "x"}, again);
  }
  EXPECT_EQ(first, (std::vector<std::int32_t>{0, 1, 2, 0}));
  EXPECT_EQ(again, (std::vector<std::int32_t>{2, 3, 0}));
  EXPECT_EQ(Vocabulary("item", log, true, std::make_shared<NameBudget>(8 << 20)).size(), 4);
}

TEST(Vocabulary, OfMoreNamesThanMemoryIsRefused) {
  const Folder folder;
  Vocabulary names("url", folder.text() + "/names", false, std::make_shared<NameBudget>(1 << 20));
  std::vector<std::string> many;
  for (int i = 0; i < 100'000; ++i) many.push_back("https://example.com/" + std::to_string(i));
  std::vector<std::int32_t> numbers;
  try {
    names.number(many, numbers);
    ADD_FAILURE() << "they fit";
  } catch (const Error& problem) {
    EXPECT_NE(std::string(problem.what()).find("column \"url\" holds more than"), std::string::npos) << problem.what();
  }
}

/// Rows of an id, a code and a byte, dealt by the id.
struct Rows {
  std::vector<std::int64_t> id;
  std::vector<std::int32_t> number;
  std::vector<std::uint8_t> flag, partition;

  Rows(std::int64_t n, std::mt19937& random) {
    const std::int32_t most = std::vector<std::int32_t>{100, 40'000, 1'000'000}[random() % 3];   // codes of 1, 2 and 4 bytes
    for (std::int64_t i = 0; i < n; ++i) {
      id.push_back(static_cast<std::int64_t>(random() % 1000));
      number.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(most)) - 1);
      flag.push_back(static_cast<std::uint8_t>(random()));
      partition.push_back(static_cast<std::uint8_t>(partition_of(id.back())));
    }
  }
  [[nodiscard]] SpillRows spilled() const {
    return {.rows = static_cast<std::int64_t>(id.size()), .partition = partition.data(), .columns = {id.data(), number.data(), flag.data()}};
  }
};
const SpillLayout layout{.widths = {8, 4, 1}, .codes = {1}};

TEST(Spill, GivesBackEveryRowInItsOrder) {
  std::mt19937 random(3);
  const Folder folder;
  std::vector<Rows> chunks;
  for (int file = 0; file < 3; ++file) {
    SpillWriter out(folder.text() + "/" + std::to_string(file), layout);
    for (int part = 0; part < 3; ++part) {
      chunks.emplace_back(static_cast<std::int64_t>(random() % 2000), random);
      out.add(chunks.back().spilled());
    }
    out.finish({.rows_read = 7});
  }
  std::vector<SpillFile> files;
  for (int file = 0; file < 3; ++file) files.emplace_back(folder.text() + "/" + std::to_string(file), layout);
  EXPECT_EQ(files[1].counts().rows_read, 7);
  for (std::int32_t p = 0; p < Base::partitions; ++p) {
    const SpilledRows rows = read_partition_rows(files, layout, p);
    std::int64_t at = 0;
    for (const Rows& chunk : chunks)
      for (std::size_t i = 0; i < chunk.id.size(); ++i) {
        if (chunk.partition[i] != p) continue;
        const auto row = static_cast<std::size_t>(at++);
        ASSERT_EQ(rows.column<std::int64_t>(0)[row], chunk.id[i]);
        ASSERT_EQ(rows.column<std::int32_t>(1)[row], chunk.number[i]);
        ASSERT_EQ(rows.column<std::uint8_t>(2)[row], chunk.flag[i]);
      }
    EXPECT_EQ(rows.rows, at);
  }
}

TEST(Spill, ADamagedByteIsFoundAndTheFileNamed) {
  std::mt19937 random(4);
  const Folder folder;
  const std::string name = folder.text() + "/some.rows";
  {
    SpillWriter out(name, layout);
    out.add(Rows(500, random).spilled());
    out.finish({});
  }
  std::string bytes;
  {
    std::ifstream in(name, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  int found = 0, gaps = 0;
  for (int round = 0; round < 300; ++round) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    std::ofstream(name, std::ios::binary) << damaged;
    try {
      const std::vector<SpillFile> files = [&] {
        std::vector<SpillFile> out;
        out.emplace_back(name, layout);
        return out;
      }();
      for (std::int32_t p = 0; p < Base::partitions; ++p) static_cast<void>(read_partition_rows(files, layout, p));
      ++gaps;   // between two segments, where nothing is
    } catch (const Error& problem) {
      EXPECT_NE(std::string(problem.what()).find("some.rows"), std::string::npos) << problem.what();
      ++found;
    }
  }
  // 500 rows of 10 to 13 bytes in up to 222 segments are as long as the gaps after them, and the index of 10 kB has none.
  EXPECT_GT(found, 200);
  EXPECT_LT(gaps, 100);
}

TEST(Spill, ReachesBeyondFourGibibytes) {
  std::mt19937 random(5);
  const Folder folder;
  const std::string name = folder.text() + "/large.rows";
  const Rows first(300, random), second(300, random);
  {
    SpillWriter out(name, layout);
    out.add(first.spilled());
    out.leave_hole(std::uint64_t{3} << 31);   // takes no room on a disk that knows sparse files
    out.add(second.spilled());
    out.finish({});
  }
  std::vector<SpillFile> files;
  files.emplace_back(name, layout);
  EXPECT_GT(files[0].parts()[1][0].offset, std::uint64_t{3} << 31);
  std::int64_t rows = 0;
  for (std::int32_t p = 0; p < Base::partitions; ++p) rows += read_partition_rows(files, layout, p).rows;
  EXPECT_EQ(rows, 600);
}

/// A store of 4.3 thousand million events that is never written: what is computed of counts alone.
TEST(Large, CountsGoBeyondTwoToTheThirtyOne) {
  constexpr std::int64_t events = (std::int64_t{1} << 32) / 256 + 12'345, customers = 20'000'000;
  Manifest manifest;
  std::vector<PartitionSize> sizes;
  for (std::int32_t p = 0; p < Base::partitions; ++p) {
    Manifest::Partition& partition = manifest.partitions.emplace_back();
    partition.facts.customers = customers;
    partition.facts.events = partition.facts.lines = events;
    partition.facts.oldest = -p;
    partition.facts.newest = p;
    partition.facts.longest = 1000 + p;
    partition.bytes = static_cast<std::uint64_t>(events) * 40;
    sizes.push_back({customers, events, partition.facts.longest});
  }
  const PieceFacts total = manifest.total();
  EXPECT_EQ(total.events, 256 * events);
  EXPECT_GT(total.events, std::int64_t{1} << 32);
  EXPECT_EQ(total.customers, 5'120'000'000);
  EXPECT_EQ(total.oldest, -255);
  EXPECT_EQ(total.newest, 255);
  EXPECT_EQ(total.longest, 1255);

  FeatureSpec spec;
  spec.events = true;
  spec.max_length = 64;
  std::int64_t planned = 0, rows = 0;
  std::int32_t next = 0;
  for (const ScoreChunk& chunk : score_chunks(sizes, spec, {.customers = std::int64_t{1} << 33, .event_rows = std::int64_t{1} << 40})) {
    EXPECT_EQ(chunk.first_partition, next);
    next = chunk.last_partition + 1;
    planned += chunk.customers_at_most;
    rows += chunk.event_rows;
  }
  EXPECT_EQ(next, Base::partitions);
  EXPECT_EQ(planned, total.customers);
  EXPECT_EQ(rows, total.customers + total.events);

  StoreSchema schema;
  schema.numeric = {"price"};
  EventsSpec events_spec;
  events_spec.numeric = {"price"};
  // id, time and price; two numbers of rows; a widest column twice
  EXPECT_EQ(piece_bytes(schema, events_spec, std::int64_t{1} << 33), (std::int64_t{1} << 33) * (8 + 8 + 4 + 2 * 4 + 8));
  MemoryPlan plan;
  plan.total = std::int64_t{1} << 40;
  plan.sorting = std::int64_t{1} << 39;
  EXPECT_EQ(sorters_of(plan, 8, std::int64_t{1} << 38), 2);
  EXPECT_THROW(static_cast<void>(sorters_of(plan, 8, std::int64_t{1} << 40)), Error);
}

}  // namespace
}  // namespace footfall
