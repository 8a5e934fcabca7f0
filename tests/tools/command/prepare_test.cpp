// Journeys out of core, from outside: the same bytes as from files, after kills, on a full disk, in little memory.
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>

#include <fmt/format.h>

#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

/// How often each test kills; FOOTFALL_KILLS asks for more.
int kills() {
  const char* asked = std::getenv("FOOTFALL_KILLS");
  return asked != nullptr ? std::atoi(asked) : 4;
}

class Prepare : public ShopTest {
 protected:
  [[nodiscard]] std::map<std::string, std::string> bytes(const std::string& store) const {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(path(store))) out[entry.path().filename().string()] = contents(entry.path());
    return out;
  }
  static CommandOptions limited(std::uint64_t bytes) {
    CommandOptions options;
    options.largest_file = bytes;
    return options;
  }
  /// Enough events that a preparation takes a while: so many files, each a task of its own.
  void write_log(int files, int rows) const {
    std::mt19937 random(9);
    for (int file = 0; file < files; ++file) {
      std::string text = "who,time,kind,price\n";
      for (int row = 0; row < rows; ++row)
        text += fmt::format("{},{},{},{}.5\n", random() % 500, random() % 100000, static_cast<char>('a' + random() % 5), random() % 90);
      write(fmt::format("log/e{:02}.csv", file), text);
    }
    write("log.toml",
          "[events]\nfiles = [\"log/*.csv\"]\ncustomer = \"who\"\ntime = \"time\"\ntype = \"kind\"\nnumeric = [\"price\"]\namount = \"price\"\n"
          "[[target]]\nname = \"t\"\nkind = \"happens\"\nhorizon = 100\n[split]\ncutoff = 90000\n");
  }
};

TEST_F(Prepare, ModelsAndScoresAreThoseOfTheFiles) {
  fit_model();
  done({"score", "model", "--out", "scores.csv", "--quiet"});
  done({"prepare", "job.toml", "--out", "journeys", "--quiet"});
  done({"fit", "journeys", "--out", "model2", "--quiet"});
  EXPECT_EQ(text("model/weights.safetensors"), text("model2/weights.safetensors"));
  EXPECT_EQ(text("model/model.json"), text("model2/model.json"));
  done({"score", "model2", "--journeys", "journeys", "--out", "scores2.csv", "--quiet"});
  EXPECT_EQ(text("scores.csv"), text("scores2.csv"));
  done({"score", "model", "--journeys", "journeys", "--as-of", "2024-02-01", "--out", "then2.csv", "--quiet"});
  done({"score", "model", "--as-of", "2024-02-01", "--out", "then.csv", "--quiet"});
  EXPECT_EQ(text("then.csv"), text("then2.csv"));
  const CommandResult figures = done({"evaluate", "model", "job.toml", "--quiet"});
  EXPECT_EQ(done({"evaluate", "model", "journeys", "--quiet"}).out, figures.out);
  // A store is made on the way and kept.
  done({"score", "model", "--journeys", "kept", "--out", "scores3.csv", "--quiet"});
  EXPECT_EQ(text("scores.csv"), text("scores3.csv"));
  EXPECT_TRUE(std::filesystem::exists(path("kept/manifest.json")));
}

TEST_F(Prepare, AStoreOfOtherFilesOrOfAnotherJobIsRefused) {
  fit_model();
  done({"prepare", "job.toml", "--out", "journeys", "--quiet"});
  write("events.csv", shop.events_csv() + "\n");
  expect_refusal({"score", "model", "--journeys", "journeys", "--out", "scores.csv"}, {"journeys holds the journeys of other files"});
  expect_refusal({"prepare", "job.toml", "--out", "journeys"}, {"journeys exists already", "--overwrite"});
  write_log(1, 50);
  done({"prepare", "log.toml", "--out", "others", "--quiet"});
  std::filesystem::remove(path("events.csv"));
  expect_refusal({"score", "model", "--journeys", "others", "--out", "scores.csv"}, {"others was prepared for a job that reads other columns"});
  expect_refusal({"score", "model", "--journeys", "model", "--out", "scores.csv"}, {"exist"});
}

TEST_F(Prepare, KilledAtAnyMomentItGoesOnToTheSameBytes) {
  write_log(12, 6000);
  done({"prepare", "log.toml", "--out", "whole", "--quiet"});
  const auto expected = bytes("whole");
  std::mt19937 random(17);
  for (int round = 0; round < kills(); ++round) {
    std::filesystem::remove_all(path("journeys"));
    std::filesystem::remove_all(path(".journeys.partial"));
    CommandOptions options;
    options.kill_after = 0.02 + 0.25 * static_cast<double>(random() % 1000) / 1000.0;
    const CommandResult killed = command({"prepare", "log.toml", "--out", "journeys", "--resume", "--quiet", "--threads", "2"}, options);
    const auto left = std::filesystem::exists(path("journeys")) ? bytes("journeys") : expected;
    EXPECT_TRUE(left == expected) << "half a store has the name of a whole one";
    EXPECT_TRUE(killed.status == 137 || killed.status == 0) << killed.err;
    done({"prepare", "log.toml", "--out", "journeys", "--resume", "--quiet", "--threads", "1"});
    EXPECT_TRUE(bytes("journeys") == expected) << "killed after " << *options.kill_after << "\n" << list("journeys");
    EXPECT_FALSE(std::filesystem::exists(path(".journeys.partial")));
  }
}

TEST_F(Prepare, WhatAKillLeftOfOtherInputIsNotUsed) {
  write_log(6, 3000);
  CommandOptions options;
  options.kill_after = 0.1;
  static_cast<void>(command({"prepare", "log.toml", "--out", "journeys", "--quiet"}, options));
  std::filesystem::remove_all(path("journeys"));
  write("log/e03.csv", "who,time,kind,price\n1,5,a,2\n");
  done({"prepare", "log.toml", "--out", "journeys", "--resume", "--quiet"});
  done({"prepare", "log.toml", "--out", "whole", "--quiet"});
  EXPECT_TRUE(bytes("journeys") == bytes("whole")) << list("journeys");
}

TEST_F(Prepare, AFullDiskLeavesNothingAndResumeWorksOnceThereIsRoom) {
  write_log(3, 4000);
  done({"prepare", "log.toml", "--out", "whole", "--quiet"});
  std::uint64_t largest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path("whole"))) largest = std::max<std::uint64_t>(largest, entry.file_size());
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t bytes_allowed = 10 + (largest - 20) * static_cast<std::uint64_t>(round) / 10;
    expect_refusal({"prepare", "log.toml", "--out", "journeys", "--quiet"}, {"cannot be written", ";"}, 1, limited(bytes_allowed));
  }
  // With --resume what is done stays, and is enough.
  const CommandResult stopped = command({"prepare", "log.toml", "--out", "journeys", "--resume", "--quiet"}, limited(largest - 10));
  EXPECT_EQ(stopped.status, 1) << stopped.err;
  EXPECT_FALSE(std::filesystem::exists(path("journeys")));
  EXPECT_TRUE(std::filesystem::exists(path(".journeys.partial")));
  done({"prepare", "log.toml", "--out", "journeys", "--resume", "--quiet"});
  EXPECT_TRUE(bytes("journeys") == bytes("whole")) << list("journeys");
  EXPECT_FALSE(std::filesystem::exists(path(".journeys.partial")));
}

TEST_F(Prepare, OfAFileSystemWithoutRoom) {
  write_log(3, 4000);
  std::filesystem::create_directories(path("disk"));
  const std::string script = "mount -t tmpfs -o size=100k none disk || exit 77; \"$0\" prepare log.toml --out disk/journeys --quiet; status=$?; ls -A disk >left.txt; exit $status";
  CommandOptions options;
  options.folder = folder.path();
  const CommandResult result = run_command("/usr/bin/unshare", {"-rm", "sh", "-c", script, FOOTFALL_COMMAND}, options);
  if (result.status == 77 || result.status == 127 || result.err.find("unshare") != std::string::npos) GTEST_SKIP() << "no name space of its own: " << result.err;
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_NE(result.last_line().find("the disk is full while writing disk/"), std::string::npos) << result.err;
  EXPECT_EQ(text("left.txt"), "");
}

TEST_F(Prepare, SaysHowItDividesTheMemory) {
  const CommandResult plan = done({"prepare", "job.toml", "--explain-memory", "--memory", "1GiB", "--threads", "2"});
  for (const char* word : {"1024.0 MiB  in all", "while reading: 2 readers", "while sorting", "names of text columns"}) EXPECT_NE(plan.out.find(word), std::string::npos) << plan.out;
  EXPECT_FALSE(std::filesystem::exists(path("journeys")));
  expect_refusal({"prepare", "job.toml", "--out", "journeys", "--memory", "64MiB"}, {"too little", "--memory"});
  expect_refusal({"prepare", "job.toml"}, {"--out is missing"});
}

/// One moment is one moment, however it is written; the notice says what the numbers were taken for.
TEST_F(Prepare, ZonesAndUnitsOfTimeAreTheSameMoments) {
  constexpr std::int64_t base = 1'714'557'600;   // 2024-05-01T10:00:00Z
  const auto store_of = [&](const std::string& name, const auto& time_of) {
    std::string log = "who,time,kind\n";
    for (int row = 0; row < 600; ++row) log += fmt::format("{},{},{}\n", row % 37, time_of(row), row % 3 == 0 ? "buy" : "look");
    write(name + ".csv", log);
    write(name + ".toml", fmt::format("[events]\nfiles = [\"{}.csv\"]\ncustomer = \"who\"\ntime = \"time\"\ntype = \"kind\"\n"
                                      "[[target]]\nname = \"t\"\nkind = \"happens\"\nhorizon = \"2h\"\n[split]\ncutoff = \"2024-05-01T14:00:00\"\n", name));
    const CommandResult result = done({"prepare", name + ".toml", "--out", name});
    auto files = bytes(name);
    files.erase("manifest.json");   // it names the input
    return std::make_pair(files, result.out + result.err);
  };
  const auto clock = [](int row, int hours) { return fmt::format("{:02}:{:02}:{:02}", 10 + hours + row * 37 / 3600, row * 37 / 60 % 60, row * 37 % 60); };
  const auto [utc, utc_said] = store_of("utc", [&](int row) { return "2024-05-01T" + clock(row, 0) + "Z"; });
  ASSERT_GT(utc.size(), 10U);
  const auto [east, east_said] = store_of("east", [&](int row) { return "2024-05-01T" + clock(row, 2) + "+02:00"; });
  EXPECT_TRUE(utc == east);
  const std::vector<std::pair<std::string, std::int64_t>> units = {{"seconds", 1}, {"milliseconds", 1'000}, {"microseconds", 1'000'000}, {"nanoseconds", 1'000'000'000}};
  for (const auto& [unit, times] : units) {
    const auto [numbers, said] = store_of(unit, [&](int row) { return std::to_string((base + row * 37) * times); });
    EXPECT_TRUE(utc == numbers) << unit;
    EXPECT_NE(said.find("in " + unit), std::string::npos) << said;
  }
}

TEST_F(Prepare, FilesMayHaveTheirColumnsInAnotherOrder) {
  write_log(2, 300);
  done({"prepare", "log.toml", "--out", "one", "--quiet"});
  std::string turned;
  std::istringstream lines(text("log/e01.csv"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t a = line.find(','), b = line.find(',', a + 1), c = line.find(',', b + 1);
    turned += line.substr(c + 1) + "," + line.substr(b + 1, c - b - 1) + "," + line.substr(0, a) + ",unread," + line.substr(a + 1, b - a - 1) + "\n";
  }
  write("log/e01.csv", turned.replace(turned.find("unread"), 6, "more"));
  done({"prepare", "log.toml", "--out", "other", "--quiet"});
  auto one = bytes("one"), other = bytes("other");
  for (auto* files : {&one, &other}) files->erase("manifest.json");   // it names the input
  EXPECT_GT(one.size(), 100U);
  EXPECT_TRUE(one == other);

  write("log/e01.csv", "who,time,kind,price\n4,5,a,much\n");
  expect_refusal({"prepare", "log.toml", "--out", "refused"}, {"e01.csv:2", "price", "much"});
  write("log/e01.csv", "who,time,price\n4,5,1.5\n");
  expect_refusal({"prepare", "log.toml", "--out", "refused"}, {"e01.csv", "kind"});
  EXPECT_FALSE(std::filesystem::exists(path("refused")));
}

}  // namespace
}  // namespace footfall::test
