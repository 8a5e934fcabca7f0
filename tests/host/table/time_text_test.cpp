// Times as text. The reference is the C library's timegm.
#include <ctime>
#include <random>

#include <gtest/gtest.h>

#include "engine/data/near_names.hpp"
#include "host/table/time_text.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

TEST(TimeTextTest, TheCalendarIsTheCLibrarys) {
  for (std::int64_t year = 1; year <= 9999; year += 13) {
    for (unsigned month = 1; month <= 12; ++month) {
      for (const unsigned day : {1u, 15u, 28u, 29u, 30u, 31u}) {
        std::tm moment{};
        moment.tm_year = static_cast<int>(year) - 1900;
        moment.tm_mon = static_cast<int>(month) - 1;
        moment.tm_mday = static_cast<int>(day);
        const std::time_t seconds = timegm(&moment);  // moves days that do not exist into the next month
        const auto days = days_since_epoch(year, month, day);
        ASSERT_EQ(days.has_value(), moment.tm_mday == static_cast<int>(day)) << year << "-" << month << "-" << day;
        if (days) {
          ASSERT_EQ(*days * 86'400, seconds);
        }
      }
    }
  }
}

TEST(TimeTextTest, WrittenTimesAreReadBack) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> moments(-62'135'596'800'000'000, 253'402'300'799'999'999);  // years 1 to 9999
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t moment = moments(random);
    const auto back = parse_iso_time(format_time(moment, TimeResolution::microseconds));
    ASSERT_TRUE(back.has_value()) << moment;
    ASSERT_EQ(back->microseconds, moment);
  }
  EXPECT_EQ(format_time(0, TimeResolution::days), "1970-01-01");
  EXPECT_EQ(format_time(1'500'000, TimeResolution::milliseconds), "1970-01-01T00:00:01.500");
}

TEST(TimeTextTest, WhatIsNoIsoTime) {
  for (const char* text : {"", "2011", "2011-13-01", "2011-02-29", "2011-1-1", "20110101", "2011-01-01T", "2011-01-01T24:00",
                           "2011-01-01T10", "2011-01-01 10:00:61", "2011-01-01T10:00:00.", "2011-01-01T10:00:00+2",
                           "2011-01-01T10:00:00+02:", "2011-01-01x", "2011-01-01T10:00 PM", "0000-01-01", "10:00"}) {
    EXPECT_FALSE(parse_iso_time(text).has_value()) << text;
  }
  EXPECT_TRUE(parse_iso_time("2012-02-29T23:59:59.123456789Z").has_value());
  EXPECT_TRUE(parse_iso_time("2012-02-29 23:59:59 UTC").has_value());
}

TEST(TimeTextTest, FormatsOfStrptime) {
  const auto reads = [](const char* format, const char* text, const char* iso) {
    const auto got = TimeFormat(format).parse(text);
    ASSERT_TRUE(got.has_value()) << format << " " << text;
    EXPECT_EQ(got->microseconds, parse_iso_time(iso)->microseconds) << format << " " << text;
  };
  reads("%d/%m/%Y %H:%M", "10/09/2011 08:26", "2011-09-10T08:26");
  reads("%m/%d/%y %I:%M %p", "9/10/11 8:26 pm", "2011-09-10T20:26");
  reads("%I%p %F", "12AM 2011-09-10", "2011-09-10");
  reads("%d %b %Y", "10 Sep 2011", "2011-09-10");
  reads("%A, %B %e, %Y", "Saturday, September 10, 2011", "2011-09-10");
  reads("%FT%T.%f%z", "2011-09-10T08:26:00.25+0200", "2011-09-10T06:26:00.25");
  reads("%Y%j", "2011253", "2011-09-10");
  reads("%s", "1315643160", "2011-09-10T08:26");
  reads("%Y", "2011", "2011-01-01");
  EXPECT_FALSE(TimeFormat("%Y%m%d").parse("2011091").has_value() && TimeFormat("%Y%m%d").parse("2011091x").has_value());
  EXPECT_FALSE(TimeFormat("%d/%m/%Y").parse("31/02/2011").has_value());
  EXPECT_FALSE(TimeFormat("%d/%m/%Y").parse("10/09/2011 ").has_value());
  EXPECT_EQ(TimeFormat("%Y%m%d").resolution(), TimeResolution::days);
  EXPECT_EQ(TimeFormat("%F %T").resolution(), TimeResolution::seconds);
  EXPECT_EQ(TimeFormat("%F %T.%f").resolution(), TimeResolution::microseconds);
  EXPECT_THROW(TimeFormat("%Q"), Error);
  EXPECT_THROW(TimeFormat("%Y-%"), Error);
  EXPECT_THROW(TimeFormat("%H:%M"), Error);
}

TEST(NearNamesTest, Misspellings) {
  const std::vector<std::string> columns = {"CustomerID", "InvoiceDate", "UnitPrice", "Quantity"};
  EXPECT_EQ(near_names("customer_id", columns), (std::vector<std::string>{"CustomerID"}));
  EXPECT_EQ(near_names("Quantiyt", columns), (std::vector<std::string>{"Quantity"}));
  EXPECT_EQ(near_names("price", columns), (std::vector<std::string>{"UnitPrice"}));
  EXPECT_TRUE(near_names("zzz", columns).empty());
  EXPECT_EQ(suggest_names("zzz", {"a", "b"}), "the columns are: a, b");
  EXPECT_EQ(suggest_names("epoch", {"epochs", "epoche"}, "keys"), "did you mean \"epochs\" or \"epoche\"?");
}

}  // namespace
}  // namespace footfall
