// Reading events and a customer table into a base: order, merging, and what is refused.
#include "host/journeys/base_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "host/journeys/clock.hpp"
#include "kernels/error.hpp"
#include "tests/host/journeys/folder.hpp"

namespace footfall {
namespace {

constexpr const char* target = "[[target]]\nname = \"t\"\nkind = \"happens\"\nhorizon = \"1d\"\n[split]\ncutoff = \"2020-01-02\"\n";
constexpr const char* steps_target = "[[target]]\nname = \"t\"\nkind = \"happens\"\nhorizon = 1\n[split]\ncutoff = 2\n";

ReadBase read(const Folder& folder, const std::string& job, const BaseOptions& options = {}) {
  return read_base(parse_job(job, "job.toml", folder.text()), options);
}

std::string refusal(const Folder& folder, const std::string& job) {
  try {
    static_cast<void>(read(folder, job));
  } catch (const Error& problem) {
    EXPECT_EQ(problem.kind(), ErrorKind::bad_input);
    return problem.what();
  }
  return {};
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string events_job(const std::string& more = {}, const std::string& end = target) {
  return "[events]\nfiles = [\"e.csv\"]\ncustomer = \"c\"\ntime = \"t\"\n" + more + end;
}

/// Place of a customer in the base.
std::size_t place(const Base& base, const std::string& id) {
  for (std::int64_t i = 0; i < base.customers(); ++i)
    if (base.ids.name(i) == id) return static_cast<std::size_t>(i);
  ADD_FAILURE() << "no customer " << id;
  return 0;
}

std::string item_of(const Journeys& journeys, std::size_t event) {
  const std::int32_t code = journeys.item.codes[event];
  return code < 0 ? "" : journeys.item.dictionary[static_cast<std::size_t>(code)];
}

void expect_same(const CategoryColumn& a, const CategoryColumn& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.codes, b.codes);
  EXPECT_EQ(a.dictionary, b.dictionary);
}

void expect_same(const NumberColumn& a, const NumberColumn& b) {
  EXPECT_EQ(a.name, b.name);
  ASSERT_EQ(a.values.size(), b.values.size());
  for (std::size_t i = 0; i < a.values.size(); ++i)
    EXPECT_TRUE(a.values[i] == b.values[i] || (std::isnan(a.values[i]) && std::isnan(b.values[i]))) << a.name << " " << i;
}

void expect_same(const Base& a, const Base& b) {
  EXPECT_EQ(a.ids.text, b.ids.text);
  EXPECT_EQ(a.ids.numbers, b.ids.numbers);
  EXPECT_EQ(a.ids.names, b.ids.names);
  EXPECT_EQ(a.partition_first, b.partition_first);
  ASSERT_EQ(a.journeys.has_value(), b.journeys.has_value());
  EXPECT_EQ(a.journeys->first, b.journeys->first);
  EXPECT_EQ(a.journeys->time, b.journeys->time);
  ASSERT_EQ(a.journeys->amount.size(), b.journeys->amount.size());
  for (std::size_t i = 0; i < a.journeys->amount.size(); ++i)
    EXPECT_TRUE(a.journeys->amount[i] == b.journeys->amount[i] || (std::isnan(a.journeys->amount[i]) && std::isnan(b.journeys->amount[i])))
        << "amount " << i;
  expect_same(a.journeys->item, b.journeys->item);
  ASSERT_EQ(a.journeys->numeric.size(), b.journeys->numeric.size());
  for (std::size_t i = 0; i < a.journeys->numeric.size(); ++i) expect_same(a.journeys->numeric[i], b.journeys->numeric[i]);
  for (std::size_t i = 0; i < a.journeys->categorical.size(); ++i) expect_same(a.journeys->categorical[i], b.journeys->categorical[i]);
}

TEST(BaseReader, OrdersCustomersByPartitionAndIdAndEventsByTime) {
  Folder folder;
  std::string text = "c,t,i\n";
  for (int c = 0; c < 600; ++c)
    for (int k = 0; k < 3; ++k)
      text += std::to_string((c * 7919) % 600) + "," + std::to_string(50 - k * (c % 5)) + ",x" + std::to_string(k) + "\n";
  folder.write("e.csv", text);
  const ReadBase read_back = read(folder, events_job("item = \"i\"\n", steps_target));
  const Base& base = read_back.base;
  ASSERT_EQ(base.customers(), 600);
  EXPECT_EQ(read_back.counts.events, 1800);
  EXPECT_EQ(base.partition_first.size(), 257u);
  EXPECT_EQ(base.partition_first.back(), 600);
  for (std::size_t i = 1; i < base.ids.numbers.size(); ++i) {
    const auto before = std::pair(partition_of(base.ids.numbers[i - 1]), base.ids.numbers[i - 1]);
    EXPECT_LT(before, std::pair(partition_of(base.ids.numbers[i]), base.ids.numbers[i]));
  }
  for (std::int32_t p = 0; p < Base::partitions; ++p)
    for (std::int64_t i = base.partition_first[static_cast<std::size_t>(p)]; i < base.partition_first[static_cast<std::size_t>(p) + 1]; ++i)
      EXPECT_EQ(partition_of(base.ids.numbers[static_cast<std::size_t>(i)]), p);
  const Journeys& journeys = *base.journeys;
  EXPECT_TRUE(journeys.clock.steps);
  for (std::size_t c = 0; c < 600; ++c) {
    const auto begin = static_cast<std::size_t>(journeys.first[c]);
    ASSERT_EQ(journeys.first[c + 1] - journeys.first[c], 3);
    EXPECT_TRUE(std::is_sorted(journeys.time.begin() + journeys.first[c], journeys.time.begin() + journeys.first[c + 1]));
    // Where all three times are equal the order of the file stays; else the lines were written newest first.
    const bool equal = journeys.time[begin] == journeys.time[begin + 2];
    EXPECT_EQ(item_of(journeys, begin), equal ? "x0" : "x2");
  }
}

TEST(BaseReader, EqualTimesKeepTheOrderOfTheListOfFiles) {
  Folder folder;
  folder.write("b.csv", "c,t,i\n1,5,second\n1,5,third\n1,4,first\n");
  folder.write("a.csv", "c,t,i\n1,5,fourth\n");
  const ReadBase found =
      read(folder, "[events]\nfiles = [\"b.csv\", \"a.csv\"]\ncustomer = \"c\"\ntime = \"t\"\nitem = \"i\"\n" + std::string(steps_target));
  std::vector<std::string> items;
  for (std::size_t event = 0; event < 4; ++event) items.push_back(item_of(*found.base.journeys, event));
  EXPECT_EQ(items, (std::vector<std::string>{"first", "second", "third", "fourth"}));
}

TEST(BaseReader, TheOrderOfRowsDoesNotMatter) {
  std::mt19937 random(7);
  std::vector<std::string> rows;
  for (int i = 0; i < 2000; ++i)
    rows.push_back(std::to_string(random() % 97) + ",2020-01-0" + std::to_string(1 + i / 1440) + "T" + std::to_string(10 + i / 200) + ":" +
                   std::to_string(10 + i % 50) + ":" + std::to_string(10 + i / 50 % 50) + ",i" + std::to_string(random() % 40) + "," +
                   (random() % 9 == 0 ? "" : std::to_string(static_cast<double>(random() % 100000) / 7)) + ",o" +
                   std::to_string(random() % 300));
  const auto write = [&](const Folder& folder) {
    std::string text = "c,t,i,q,o\n";
    for (const std::string& row : rows) text += row + "\n";
    folder.write("e.csv", text);
  };
  for (const char* merge : {"", "merge = \"o\"\n"}) {
    const std::string job = events_job(std::string("item = \"i\"\namount = \"q * 2\"\nnumeric = [\"q\"]\ncategorical = [\"i\"]\n") + merge);
    Folder one, other;
    write(one);
    std::shuffle(rows.begin(), rows.end(), random);
    write(other);
    expect_same(read(one, job).base, read(other, job).base);
  }
}

TEST(BaseReader, MergesTheLinesOfOneOrder) {
  Folder folder;
  folder.write("e.csv",
               "c,t,i,q,o,k\n"
               "1,2020-01-03,late,4,A,x\n"
               "1,2020-01-01,early,2,A,y\n"
               "1,2020-01-02,other,5,B,z\n"
               "2,2020-01-01,his,7,A,z\n"
               "1,2020-01-02,gap,,A,w\n"
               "1,2020-01-05,free,1,,w\n"
               "1,2020-01-05,free,1,,w\n"
               "2,2020-01-04,none,,C,w\n");
  const ReadBase found =
      read(folder, events_job("item = \"i\"\namount = \"q\"\nnumeric = [\"q\"]\ncategorical = [\"k\"]\nmerge = \"o\"\n"));
  const Journeys& journeys = *found.base.journeys;
  EXPECT_EQ(found.counts.event_rows, 8);
  EXPECT_EQ(found.counts.events, 6);
  EXPECT_EQ(found.counts.event_rows_merged, 2);
  ASSERT_EQ(journeys.numeric.size(), 3u);
  EXPECT_EQ(journeys.numeric[0].name, "q_sum");
  EXPECT_EQ(journeys.numeric[1].name, "q_mean");
  EXPECT_EQ(journeys.numeric[2].name, "lines");
  const auto first = static_cast<std::size_t>(journeys.first[place(found.base, "1")]);
  const std::int64_t day = 18'262 * microseconds_per_day;  // 2020-01-01
  EXPECT_EQ(journeys.time[first], day);
  EXPECT_EQ(item_of(journeys, first), "early");
  EXPECT_EQ(journeys.categorical[0].dictionary[static_cast<std::size_t>(journeys.categorical[0].codes[first])], "y");
  EXPECT_EQ(journeys.amount[first], 6.0);
  EXPECT_EQ(journeys.numeric[0].values[first], 6.0F);
  EXPECT_EQ(journeys.numeric[1].values[first], 3.0F);  // the empty cell counts as a line and not in the mean
  EXPECT_EQ(journeys.numeric[2].values[first], 3.0F);
  EXPECT_EQ(item_of(journeys, first + 1), "other");
  EXPECT_EQ(item_of(journeys, first + 2), "free");
  EXPECT_EQ(item_of(journeys, first + 3), "free");
  const auto second = static_cast<std::size_t>(journeys.first[place(found.base, "2")]);
  EXPECT_EQ(journeys.amount[second], 7.0);  // the same order number of another customer is another order
  EXPECT_TRUE(std::isnan(journeys.amount[second + 1]));
  EXPECT_TRUE(std::isnan(journeys.numeric[1].values[second + 1]));
  // Only what is left is in the dictionary.
  EXPECT_EQ(journeys.item.dictionary, (std::vector<std::string>{"early", "free", "his", "none", "other"}));
}

TEST(BaseReader, FiltersBeforeEveryOtherCheck) {
  Folder folder;
  folder.write("e.csv", "c,t\n1.0,2020-01-01\n,2020-01-02\n2.0,2020-01-03\n");
  const ReadBase found = read(folder, events_job("where = \"c is not null\"\n"));
  EXPECT_EQ(found.counts.event_rows, 3);
  EXPECT_EQ(found.counts.event_rows_filtered, 1);
  EXPECT_FALSE(found.base.ids.text);
  EXPECT_EQ(std::set<std::int64_t>(found.base.ids.numbers.begin(), found.base.ids.numbers.end()), (std::set<std::int64_t>{1, 2}));
  const std::string message = refusal(folder, events_job());
  EXPECT_TRUE(says(message, "e.csv:3") && says(message, "\"c\"") && says(message, "where = \"c is not null\"")) << message;
}

TEST(BaseReader, JoinsEventsAndTable) {
  Folder folder;
  folder.write("e.csv", "c,t\n2,2020-01-01\n1,2020-01-02\n2,2020-01-03\n");
  folder.write("c.csv", "id,age,city,name,Label\n2,30,Rome,a,Yes\n3,,Oslo,b,No\n");
  const std::string job =
      events_job("", "") +
      "[customers]\nfiles = [\"c.csv\"]\ncustomer = \"id\"\nnumeric = \"auto\"\ncategorical = \"auto\"\nignore = [\"name\"]\n" +
      "[[target]]\nname = \"l\"\nkind = \"column\"\ncolumn = \"Label\"\n" + target;
  const ReadBase found = read(folder, job);
  ASSERT_EQ(found.base.customers(), 3);
  const Profiles& profiles = *found.base.profiles;
  const std::size_t one = place(found.base, "1"), two = place(found.base, "2"), three = place(found.base, "3");
  EXPECT_EQ(profiles.present[one], 0);
  EXPECT_EQ(profiles.present[two], 1);
  ASSERT_EQ(profiles.numeric.size(), 1u);
  EXPECT_EQ(profiles.numeric[0].values[two], 30.0F);
  EXPECT_TRUE(std::isnan(profiles.numeric[0].values[one]));
  EXPECT_TRUE(std::isnan(profiles.numeric[0].values[three]));
  ASSERT_EQ(profiles.categorical.size(), 1u);
  EXPECT_EQ(profiles.categorical[0].dictionary, (std::vector<std::string>{"Oslo", "Rome"}));
  EXPECT_EQ(profiles.categorical[0].codes[three], 0);
  EXPECT_EQ(profiles.categorical[0].codes[one], -1);
  const Journeys& journeys = *found.base.journeys;
  EXPECT_EQ(journeys.first[three], journeys.first[three + 1]);
  EXPECT_EQ(found.counts.customers_without_events, 1);
  EXPECT_EQ(found.counts.customers_without_row, 1);
  EXPECT_EQ(found.targets.at("Label").show(static_cast<std::int64_t>(two)), "Yes");
  EXPECT_FALSE(found.targets.at("Label").is_valid(static_cast<std::int64_t>(one)));
  EXPECT_EQ(found.job.customers->numeric.names, std::vector<std::string>{"age"});
  // Scoring data knows no labels.
  folder.write("c.csv", "id,age,city\n2,30,Rome\n3,,Oslo\n");
  BaseOptions scoring;
  scoring.targets = false;
  const ReadBase scored = read_base(found.job, scoring);
  EXPECT_TRUE(scored.targets.empty());
  EXPECT_EQ(scored.base.customers(), 3);
  EXPECT_TRUE(says(refusal(folder, to_toml(found.job)), "\"Label\""));
}

TEST(BaseReader, ATableAloneNumbersItsRows) {
  Folder folder;
  folder.write("c.csv", "a,Label\n5,1\n6,0\n7,1\n");
  const ReadBase found = read(
      folder, "[customers]\nfiles = [\"c.csv\"]\nnumeric = [\"a\"]\n[[target]]\nname = \"l\"\nkind = \"column\"\ncolumn = \"Label\"\n");
  ASSERT_EQ(found.base.customers(), 3);
  for (const std::int64_t id : {0, 1, 2}) {
    const std::size_t at = place(found.base, std::to_string(id));
    EXPECT_EQ(found.base.profiles->numeric[0].values[at], 5.0F + static_cast<float>(id));
    EXPECT_EQ(found.targets.at("Label").integers[at], id == 1 ? 0 : 1);
  }
}

TEST(BaseReader, TextIdsAreOrderedByTheirBytes) {
  Folder folder;
  std::string text = "c,t\n";
  for (int i = 0; i < 700; ++i) text += "k" + std::to_string(i) + ",2020-01-01\n";
  folder.write("e.csv", text + "é,2020-01-02\n");
  const ReadBase found = read(folder, events_job());
  EXPECT_TRUE(found.base.ids.text);
  ASSERT_EQ(found.base.customers(), 701);
  for (std::size_t i = 1; i < found.base.ids.names.size(); ++i)
    EXPECT_LT(std::pair(partition_of(found.base.ids.names[i - 1]), found.base.ids.names[i - 1]),
              std::pair(partition_of(found.base.ids.names[i]), found.base.ids.names[i]));
}

TEST(BaseReader, ReadsTimesOfEveryForm) {
  // 2020-01-01T10:00:00Z is 1,577,872,800 seconds after 1970 (date -d 2020-01-01T10:00:00Z +%s).
  const std::int64_t moment = 1'577'872'800'000'000;
  for (const auto& [cell, resolution] : std::vector<std::pair<std::string, std::int64_t>>{{"2020-01-01T10:00:00", 1'000'000},
                                                                                          {"2020-01-01 11:00:00+01:00", 1'000'000},
                                                                                          {"1577872800", 1'000'000},
                                                                                          {"1577872800000", 1'000},
                                                                                          {"1577872800000000", 1}}) {
    Folder folder;
    folder.write("e.csv", "c,t\n1," + cell + "\n");
    const Base base = read(folder, events_job()).base;
    EXPECT_FALSE(base.journeys->clock.steps) << cell;
    EXPECT_EQ(base.journeys->time[0], moment) << cell;
    EXPECT_EQ(base.journeys->clock.resolution, resolution) << cell;
    EXPECT_EQ(end_of_events(base), moment + resolution) << cell;
  }
  Folder folder;
  folder.write("e.csv", "c,t\n1,20200101\n");
  const Base days = read(folder, events_job("time_format = \"%Y%m%d\"\n")).base;
  EXPECT_EQ(days.journeys->time[0], 18'262 * microseconds_per_day);
  EXPECT_EQ(days.journeys->clock.resolution, microseconds_per_day);
}

struct BadTables {
  const char* what;
  std::string events;
  std::string customers;
  std::string more;
  std::vector<std::string> says;
};

class BadTable : public testing::TestWithParam<BadTables> {};

TEST_P(BadTable, IsRefusedWithPlaceCauseAndRemedy) {
  Folder folder;
  const BadTables& bad = GetParam();
  if (bad.events != "absent") folder.write("e.csv", bad.events);
  folder.write("c.csv", bad.customers);
  std::string job = events_job(bad.more);
  if (!bad.customers.empty()) job += "[customers]\nfiles = [\"c.csv\"]\ncustomer = \"id\"\nnumeric = [\"age\"]\n";
  const std::string message = refusal(folder, job);
  EXPECT_FALSE(message.empty()) << "it was taken";
  for (const std::string& part : bad.says) EXPECT_TRUE(says(message, part)) << "\"" << part << "\" is not in: " << message;
}

const std::vector<BadTables> bad_tables{
    {"MissingFile", "absent", "", "", {"e.csv"}},
    {"EmptyFile", "", "", "", {"e.csv", "empty"}},
    {"HeaderOnly", "c,t\n", "", "", {"e.csv"}},
    {"MissingColumn", "cc,t\n1,2020-01-01\n", "", "", {"e.csv", "\"c\"", "\"cc\""}},
    {"TextInNumbers", "c,t,q\n1,2020-01-01,3\n1,2020-01-01,n/a\n", "", "numeric = [\"q\"]\n", {"e.csv:3", "\"q\"", "n/a"}},
    {"Infinite", "c,t,q\n1,2020-01-01,inf\n", "", "numeric = [\"q\"]\n", {"e.csv:2", "\"q\"", "inf"}},
    {"TooLarge", "c,t,q\n1,2020-01-01,1e300\n", "", "numeric = [\"q\"]\n", {"e.csv:2", "\"q\"", "too large"}},
    {"InfiniteAmount", "c,t,q\n1,2020-01-01,1\n1,2020-01-01,0\n", "", "amount = \"1 / q\"\n", {"e.csv:3", "1 / q", "infinite"}},
    {"BadTime", "c,t\n1,2020-01-01\n1,yesterday\n", "", "", {"e.csv:3", "\"t\"", "yesterday"}},
    {"EmptyTime", "c,t\n1,2020-01-01\n1,\n", "", "", {"e.csv:3", "\"t\"", "nothing"}},
    {"EmptyCustomer", "c,t\n,2020-01-01\n", "", "", {"e.csv:2", "\"c\"", "is not null"}},
    {"EverythingFiltered", "c,t\n1,2020-01-01\n", "", "where = \"c > 5\"\n", {"where"}},
    {"RaggedLine", "c,t\n1,2020-01-01\n1\n2,2020-01-01\n", "", "", {"e.csv:3"}},
    {"CutOffLine", "c,t,q\n1,2020-01-01,4\n1,2020-01-02", "", "numeric = [\"q\"]\n", {"e.csv:3"}},
    {"ColumnOfTwoUses", "c,t,q\n1,2020-01-01,4\n", "", "item = \"q\"\nnumeric = [\"q\"]\n", {"[events]", "\"q\"", "a name", "a number"}},
    {"FilterOfUnknownColumn", "c,t\n1,2020-01-01\n", "", "where = \"cc > 1\"\n", {"cc"}},
    {"CustomerTwice", "c,t\n1,2020-01-01\n", "id,age\n4,1\n5,2\n4,3\n", "", {"c.csv:4", "c.csv:2", "\"4\"", "twice"}},
    {"EmptyCustomerInTable", "c,t\n1,2020-01-01\n", "id,age\n4,1\n,2\n", "", {"c.csv:3", "\"id\"", "nothing"}},
    {"KindsDiffer", "c,t\n1,2020-01-01\n", "id,age\n4,1\nA5,2\n", "", {"c.csv:3", "\"A5\"", "whole numbers"}},
    {"MissingTableColumn", "c,t\n1,2020-01-01\n", "id,agee\n4,1\n", "", {"\"age\"", "\"agee\""}},
};

INSTANTIATE_TEST_SUITE_P(All, BadTable, testing::ValuesIn(bad_tables), [](const auto& info) { return info.param.what; });

}  // namespace
}  // namespace footfall
