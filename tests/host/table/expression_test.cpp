// The expression language: what it gives, and where its faults point.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "host/table/expression.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

/// q: 1 2 - 4; p: 0.5 nothing 2 0; s: a b - c; f: true false - true; t: four days of 2011; `unit price`: 1 2 3 4.
Table example() {
  Table t;
  t.rows = 4;
  const auto add = [&t](const char* name, ColumnType type) -> Column& {
    Column& c = t.columns.emplace_back();
    c.name = name;
    c.type = type;
    return c;
  };
  add("q", ColumnType::integer).integers = {1, 2, 0, 4};
  t.columns.back().valid = {1, 1, 0, 1};
  add("p", ColumnType::number).numbers = {0.5, std::numeric_limits<double>::quiet_NaN(), 2, 0};
  t.columns.back().valid = {1, 0, 1, 1};
  Column& s = add("s", ColumnType::text);
  s.codes = {0, 1, -1, 2};
  s.dictionary = {"a", "b", "it's"};
  s.valid = {1, 1, 0, 1};
  add("f", ColumnType::boolean).integers = {1, 0, 0, 1};
  t.columns.back().valid = {1, 1, 0, 1};
  const std::int64_t day = 86'400'000'000;
  add("t", ColumnType::timestamp).integers = {14'975 * day, 14'976 * day, 14'977 * day, 14'978 * day};  // from 2011-01-01
  t.columns.back().resolution = TimeResolution::days;
  add("unit price", ColumnType::number).numbers = {1, 2, 3, 4};
  return t;
}

std::string rows(const std::string& text) {
  const Table t = example();
  std::string out;
  for (const std::uint8_t kept : Expression::parse(text, "where").filter(t)) out.push_back(kept != 0 ? '1' : '0');
  return out;
}

std::vector<double> values(const std::string& text) { return Expression::parse(text, "amount").compute(example(), "amount").numbers; }

std::string fault(const std::string& text) {
  const TemporaryFolder folder;
  return message_of(folder, [&] { (void)Expression::parse(text, "where").check(example()); });
}

TEST(ExpressionTest, Filters) {
  EXPECT_EQ(rows("q > 1"), "0101");
  EXPECT_EQ(rows("q >= 1 and p < 1"), "1001");
  EXPECT_EQ(rows("not q > 1"), "1000");  // nothing is not greater, and not "not greater"
  EXPECT_EQ(rows("q > 1 or p = 2"), "0111");
  EXPECT_EQ(rows("q is null or p is null"), "0110");
  EXPECT_EQ(rows("q is not null"), "1101");
  EXPECT_EQ(rows("s = 'a' or s = 'it''s'"), "1001");
  EXPECT_EQ(rows("s in ('a', 'b')"), "1100");
  EXPECT_EQ(rows("s not in ('a', 'b')"), "0001");
  EXPECT_EQ(rows("q in (-1, 1, 4.0)"), "1001");
  EXPECT_EQ(rows("NOT (q = 1) AND f"), "0001");
  EXPECT_EQ(rows("f = false"), "0100");
  EXPECT_EQ(rows("t >= '2011-01-03'"), "0011");
  EXPECT_EQ(rows("'2011-01-01T12:00' < t and t != '2011-01-04'"), "0110");
  EXPECT_EQ(rows("`unit price` * 2 = q + q"), "1101");
  EXPECT_EQ(rows("s > 'a'"), "0101");
  EXPECT_EQ(rows("1 < 2"), "1111");
  EXPECT_EQ(rows("p/0 > 1"), "1010");  // 0.5/0 and 2/0 are infinite, 0/0 is nothing
}

TEST(ExpressionTest, Arithmetic) {
  EXPECT_EQ(values("1 + 2 * 3 - 4 / 8")[0], 6.5);
  EXPECT_EQ(values("-(2 - 3) * -2")[0], -2.0);
  EXPECT_EQ(values("q / 4")[0], 0.25);
  EXPECT_EQ(values("8 / 4 / 2")[0], 1.0);
  EXPECT_EQ(values("2 - 3 - 4")[0], -5.0);
  EXPECT_EQ(values("q * p")[0], 0.5);
  EXPECT_TRUE(std::isnan(values("q * p")[1]));
  EXPECT_EQ(values("q = 1")[0], 1.0);
  EXPECT_EQ(values("q = 1")[1], 0.0);
  EXPECT_TRUE(std::isinf(values("q / p")[3]));
  EXPECT_EQ(values("9223372036854775807 + 1")[0], 9223372036854775808.0);  // float64, no overflow
}

TEST(ExpressionTest, BigIdsAreComparedAsWholeNumbers) {
  Table t;
  t.rows = 2;
  Column& c = t.columns.emplace_back();
  c.name = "id";
  c.type = ColumnType::integer;
  c.integers = {9'007'199'254'740'993, 9'007'199'254'740'992};  // the same double
  EXPECT_EQ(Expression::parse("id = 9007199254740993").filter(t), (std::vector<std::uint8_t>{1, 0}));
}

TEST(ExpressionTest, FaultsPointIntoTheText) {
  EXPECT_EQ(fault("pp > 1"), "where: there is no column \"pp\"; did you mean \"p\"?\n  pp > 1\n  ^^");
  EXPECT_EQ(fault("q > 'a'").substr(0, 91),
            "where: whole numbers cannot be compared with text: column \"q\" holds whole numbers; put text");
  EXPECT_NE(fault("q + s > 1").find("\n  q + s > 1\n      ^"), std::string::npos);
  EXPECT_NE(fault("q >").find("the expression ends too early"), std::string::npos);
  EXPECT_NE(fault("(q > 1").find("\n  (q > 1\n  ^"), std::string::npos);
  EXPECT_NE(fault("q == 1").find("write =\n  q == 1\n    ^^"), std::string::npos);
  EXPECT_NE(fault("q = \"x\"").find("put text in 'single quotes'"), std::string::npos);
  EXPECT_NE(fault("s = 'x").find("a quote opens here"), std::string::npos);
  EXPECT_NE(fault("1 < q < 3").find("a comparison cannot be compared again"), std::string::npos);
  EXPECT_NE(fault("q = null").find("write \"is null\""), std::string::npos);
  EXPECT_NE(fault("s in (q)").find("a list holds numbers"), std::string::npos);
  EXPECT_NE(fault("t > 'soon'").find("'soon' is no time"), std::string::npos);
  EXPECT_NE(fault("q and f").find("holds whole numbers, not true or false"), std::string::npos);
  EXPECT_NE(fault("f < true").find("true and false have no order"), std::string::npos);
  EXPECT_NE(fault("größe > 1").find("\n  größe > 1\n  ^^^^^"), std::string::npos);
  EXPECT_NE(fault("").find("there is no expression"), std::string::npos);
  EXPECT_NE(fault("q > 1 q").find("\n  q > 1 q\n        ^"), std::string::npos);
  EXPECT_NE(fault("12ab > 1").find("12ab is no number"), std::string::npos);
  EXPECT_NE(fault(std::string(5000, '(')).find("nested more than"), std::string::npos);
  EXPECT_NE(fault("q" +
                  [] {
                    std::string s;
                    for (int i = 0; i < 5000; ++i) s += "+1";
                    return s;
                  }())
                .find("more than 1000 parts"),
            std::string::npos);
}

TEST(ExpressionTest, ALongListIsFine) {
  std::string list = "q in (4";
  for (int i = 10; i < 5000; ++i) list += "," + std::to_string(i);
  EXPECT_EQ(rows(list + ")"), "0001");
}

TEST(ExpressionTest, ColumnsAndSingleColumns) {
  EXPECT_EQ(Expression::parse("b * `a x` + b").columns(), (std::vector<std::string>{"b", "a x"}));
  EXPECT_EQ(single_column(" revenue "), "revenue");
  EXPECT_EQ(single_column("`unit price`"), "unit price");
  EXPECT_FALSE(single_column("a * b").has_value());
  EXPECT_FALSE(single_column("true").has_value());
  EXPECT_FALSE(single_column("`a` `").has_value());
  EXPECT_FALSE(single_column("`a").has_value());
}

}  // namespace
}  // namespace footfall
