// Seeded random input: reading gives a table that is whole, or an Error{bad_input}; never a crash, another exception or an endless loop.
#include <random>

#include <gtest/gtest.h>

#include "host/table/expression.hpp"
#include "host/table/read.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::TemporaryFolder;
using Random = std::mt19937_64;

std::string random_bytes(Random& random, std::size_t most) {
  std::string out(random() % most, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

/// Text of the letters that matter to a parser, so that quotes, delimiters and line ends meet in every order.
std::string random_text(Random& random, std::size_t most) {
  constexpr std::string_view letters = ",,\n\n\r \t;ab19.-e\xC3\xA4:T\"";
  std::string out(random() % most, '\0');
  for (char& c : out) c = letters[random() % letters.size()];
  return out;
}

std::string good_file(Random& random) {
  std::string out = "customer,time,price,note\n";
  for (std::size_t i = 0; i < 1 + random() % 30; ++i) {
    out += std::to_string(random() % 100) + ",2011-09-" + std::to_string(10 + random() % 20) + "," +
           std::to_string(static_cast<double>(random() % 1000) / 8) + ",\"n " + std::to_string(random() % 9) + "\"\n";
  }
  return out;
}

std::string mutated(Random& random, std::string text) {
  for (std::size_t k = 0; k < 1 + random() % 4; ++k) {
    const std::size_t at = random() % (text.size() + 1);
    switch (random() % 4) {
      case 0: text.insert(at, random_text(random, 6)); break;
      case 1: text.erase(at, random() % 5); break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      default:
        if (random() % 4 == 0) text.resize(at);
    }
  }
  return text;
}

void expect_whole(const Table& table) {
  ASSERT_EQ(table.origin.rows(), table.rows);
  for (const Column& column : table.columns) {
    ASSERT_EQ(column.size(), table.rows);
    ASSERT_TRUE(column.valid.empty() || static_cast<std::int64_t>(column.valid.size()) == table.rows);
    for (std::int64_t row = 0; row < table.rows; ++row) (void)column.show(row);
  }
  if (table.rows > 0) (void)table.place(table.rows - 1);
}

struct Outcome {
  int tables = 0, errors = 0;
};

void try_reading(const ReadRequest& request, Outcome& outcome) {
  try {
    const Table table = read_table(request);
    expect_whole(table);
    TableReader reader(request, 3);  // and in small chunks
    std::int64_t rows = 0;
    while (const auto chunk = reader.next()) rows += chunk->rows;
    ASSERT_EQ(rows, table.rows);
    ++outcome.tables;
  } catch (const Error& error) {
    ASSERT_EQ(static_cast<int>(error.kind()), static_cast<int>(ErrorKind::bad_input)) << error.what();
    ASSERT_GT(std::string_view(error.what()).size(), 10u);
    ++outcome.errors;
  }
}

TEST(FuzzTest, RandomBytesAndText) {
  const TemporaryFolder folder;
  Random random(11);
  Outcome outcome;
  for (int i = 0; i < 600; ++i) {
    ReadRequest request;
    const std::string bytes = i % 4 == 0   ? random_bytes(random, 300)
                              : i % 4 == 1 ? random_text(random, 120)
                                           : "a\n" + random_text(random, 8);
    request.files = {folder.write("a.csv", bytes)};
    if (i % 3 == 0) request.text.header = {"a", "b", "c"};
    try_reading(request, outcome);
  }
  EXPECT_GT(outcome.tables, 20);
  EXPECT_GT(outcome.errors, 80);
}

TEST(FuzzTest, MutatedFiles) {
  const TemporaryFolder folder;
  Random random(12);
  Outcome outcome;
  for (int i = 0; i < 600; ++i) {
    ReadRequest request;
    request.files = {folder.write("a.csv", mutated(random, good_file(random)))};
    if (i % 2 == 0) {
      request.columns = {"customer", "time", "price", "note"};
      request.kinds = {{"customer", ColumnKind::id}, {"time", ColumnKind::time}, {"price", ColumnKind::number}, {"note", ColumnKind::text}};
      request.derived = {{"twice", "price * 2"}};
    }
    if (i % 6 == 0) request.where = "customer is not null and price > 10";
    request.allow_no_rows = i % 5 == 0;
    try_reading(request, outcome);
  }
  EXPECT_GT(outcome.tables, 80);
  EXPECT_GT(outcome.errors, 80);
}

TEST(FuzzTest, Expressions) {
  Random random(13);
  Table t;
  t.rows = 2;
  t.columns.resize(2);
  t.columns[0].name = "a";
  t.columns[0].numbers = {1, 2};
  t.columns[1].name = "b";
  t.columns[1].type = ColumnType::text;
  t.columns[1].codes = {0, -1};
  t.columns[1].dictionary = {"x"};
  t.columns[1].valid = {1, 0};
  const std::vector<std::string> words = {"a",  "b",   "a",  "1",   "2.5", "'x'",  "(",  ")", "+",    "-",   "*", "/", "=",   "<",
                                          ">=", "and", "or", "not", "is",  "null", "in", ",", "true", "`a`", "'", "#", "\xff"};
  int computed = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t k = 0; k < 1 + random() % 9; ++k) text += words[random() % words.size()] + (random() % 3 == 0 ? "" : " ");
    try {
      const Expression expression = Expression::parse(text);
      if (expression.check(t) == ColumnType::boolean) {
        ASSERT_EQ(expression.filter(t).size(), 2u);
      } else {
        ASSERT_EQ(expression.compute(t, "c").numbers.size(), 2u);
      }
      ++computed;
    } catch (const Error& error) {
      ASSERT_EQ(static_cast<int>(error.kind()), static_cast<int>(ErrorKind::bad_input)) << text << ": " << error.what();
      ++refused;
    }
  }
  EXPECT_GT(computed, 200);
  EXPECT_GT(refused, 5000);
}

}  // namespace
}  // namespace footfall
