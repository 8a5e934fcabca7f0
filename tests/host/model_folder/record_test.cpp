// A record comes back from its file to the bit, or not at all.
#include "host/model_folder/record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/table/atomic_file.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

Record some() {
  Record record;
  record.put("floats", std::vector<float>{1.5F, -0.0F, std::numeric_limits<float>::denorm_min()});
  record.put("doubles", std::vector<double>{0.1, std::numeric_limits<double>::infinity(), std::nan("")});
  record.put("small", std::vector<std::int32_t>{-1});
  record.put("large", std::vector<std::int64_t>{std::int64_t{1} << 40});
  record.put("none", std::vector<float>{});
  record.put_text("text", std::string("a \"quoted\"\0 name\n", 17));
  return record;
}

TEST(RecordTest, ComesBackToTheBit) {
  const testing::TemporaryFolder folder;
  some().save(folder.file("a.record"));
  const Record back = Record::load(folder.file("a.record"));
  const std::vector<float> floats = back.list<float>("floats");
  ASSERT_EQ(floats.size(), 3U);
  EXPECT_EQ(floats[0], 1.5F);
  EXPECT_TRUE(std::signbit(floats[1]));
  EXPECT_EQ(floats[2], std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(back.list<double>("doubles")[0], 0.1);
  EXPECT_TRUE(std::isinf(back.list<double>("doubles")[1]));
  EXPECT_TRUE(std::isnan(back.list<double>("doubles")[2]));
  EXPECT_EQ(back.value<std::int32_t>("small"), -1);
  EXPECT_EQ(back.value<std::int64_t>("large"), std::int64_t{1} << 40);
  EXPECT_TRUE(back.list<float>("none").empty());
  EXPECT_EQ(back.text("text"), some().text("text"));
  back.save(folder.file("b.record"));
  EXPECT_EQ(read_file(folder.file("a.record")), read_file(folder.file("b.record")));
}

TEST(RecordTest, AChangeInAnyByteIsFound) {
  const testing::TemporaryFolder folder;
  some().save(folder.file("a.record"));
  const std::string bytes = read_file(folder.file("a.record"));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    folder.write("b.record", changed);
    EXPECT_THROW(static_cast<void>(Record::load(folder.file("b.record"))), Error) << "byte " << i;
    folder.write("b.record", bytes.substr(0, i));
    EXPECT_THROW(static_cast<void>(Record::load(folder.file("b.record"))), Error) << "cut at " << i;
  }
}

TEST(RecordTest, WhatIsAbsentOrOfAnotherTypeIsNamed) {
  const testing::TemporaryFolder folder;
  some().save(folder.file("a.record"));
  const Record back = Record::load(folder.file("a.record"));
  EXPECT_NE(testing::message_of(folder, [&] { static_cast<void>(back.text("title")); }).find("a.record is damaged: it lacks \"title\""), std::string::npos);
  EXPECT_THROW(static_cast<void>(back.list<double>("floats")), Error);
  EXPECT_THROW(static_cast<void>(back.value<float>("floats")), Error) << "three are no single value";
  EXPECT_NE(testing::message_of(folder, [&] { static_cast<void>(Record::load(folder.file("b.record"))); }).find("does not exist"), std::string::npos);
}

}  // namespace
}  // namespace footfall
