// Seeded random damage to job files and tables: a job runs, or is refused with an Error{bad_input}; never a crash or another exception, and
// a refusal leaves nothing behind.
#include <filesystem>
#include <random>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "host/job/job.hpp"
#include "host/jobs/fit.hpp"
#include "host/jobs/score.hpp"
#include "host/journeys/base_reader.hpp"
#include "tests/host/table/temporary_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/small_shop.hpp"

namespace footfall::test {
namespace {

using Random = std::mt19937_64;

/// What a person, a spreadsheet or a broken transfer leaves in a table or a job.
constexpr std::string_view pieces[] = {"",
                                       ",",
                                       "\n",
                                       "\r\n",
                                       "\"",
                                       "\"\"",
                                       "'",
                                       "=",
                                       "[",
                                       "]",
                                       "[[target]]\n",
                                       "NA",
                                       "nan",
                                       "inf",
                                       "-1e308",
                                       "1e39",
                                       "0",
                                       " 1",
                                       " 2",
                                       "-1",
                                       "17.0",
                                       "1e3",
                                       "0x10",
                                       "9999999999999999999",
                                       "2025-13-01",
                                       "9999-12-31 23:59:59",
                                       "0001-01-01",
                                       "1970-01-01",
                                       "2025-05-20T00:00:00Z",
                                       "\xFF\xFE",
                                       "\xC3",
                                       "\xEF\xBB\xBF",
                                       std::string_view("\0", 1),
                                       "purchase",
                                       "customer_id",
                                       " \"auto\"",
                                       " \"event\"",
                                       " true",
                                       " []",
                                       "{}",
                                       "#",
                                       "\t",
                                       ";",
                                       " ",
                                       "…",
                                       " \"30d\"",
                                       "\"*\""};

/// `most` changes at the most.
std::string damaged(Random& random, std::string text, std::size_t most = 3) {
  const std::size_t changes = 1 + random() % most;
  for (std::size_t k = 0; k < changes; ++k) {
    const std::size_t at = random() % (text.size() + 1);
    switch (random() % 6) {
      case 0: text.insert(at, pieces[random() % std::size(pieces)]); break;
      case 1: text.erase(at, random() % 8); break;
      case 2: text.resize(at); break;
      case 3:  // a line twice, or one gone
        if (const std::size_t end = text.find('\n', at); end != std::string::npos) {
          const std::size_t next = text.find('\n', end + 1);
          const std::string line = text.substr(end + 1, next == std::string::npos ? next : next - end);
          if (random() % 2 == 0) {
            text.insert(end + 1, line);
          } else {
            text.erase(end + 1, line.size());
          }
        }
        break;
      default: {  // a cell or a value replaced
        const std::size_t begin = text.find_first_of(",=\n", at);
        if (begin == std::string::npos) break;
        const std::size_t end = std::min(text.find_first_of(",\n", begin + 1), text.size());
        text.replace(begin + 1, end - begin - 1, pieces[random() % std::size(pieces)]);
      }
    }
  }
  return text;
}

class Fuzz : public ::testing::Test {
 protected:
  void SetUp() override {
    folder.write("events.csv", shop.events_csv());
    folder.write("customers.csv", shop.customers_csv());
    folder.write("job.toml", tiny.text());
  }
  static RunOptions options() {
    RunOptions options;
    options.threads = 1;
    return options;
  }
  /// True when the step was done, false when it was refused as it should be.
  template <class Step>
  bool done_or_refused(const Step& step) {
    try {
      step();
      return true;
    } catch (const Error& problem) {
      EXPECT_EQ(static_cast<int>(problem.kind()), static_cast<int>(ErrorKind::bad_input)) << problem.what();
    } catch (const std::exception& problem) {
      ADD_FAILURE() << "another exception: " << problem.what();
    }
    return false;
  }

  footfall::testing::TemporaryFolder folder;
  SmallShop shop = make_small_shop(40);
  ShopJob tiny = [] {
    ShopJob job;
    job.model = "lstm = [3]\nprofile = [3]\nmembers = 1\n";
    return job;
  }();
};

TEST_F(Fuzz, JobFiles) {
  Random random(2024);
  int read = 0;
  constexpr int rounds = 3000;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = damaged(random, tiny.text(), 2);
    SCOPED_TRACE("round " + std::to_string(round) + ":\n" + text);
    Job job;
    if (!done_or_refused([&] { job = parse_job(text, "job.toml", folder.path().string()); })) continue;
    EXPECT_EQ(parse_job(to_toml(job), "again", "/"), job) << to_toml(job);
    read += done_or_refused([&] { (void)read_base(job); }) ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GT(read, rounds / 50) << "hardly any job survived, so little was tried";
  EXPECT_LT(read, rounds);
}

TEST_F(Fuzz, TablesThroughWholeJobs) {
  Random random(77);
  const Job job = read_job(folder.file("job.toml"));
  int fitted = 0;
  constexpr int rounds = 100;
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    folder.write("events.csv", round % 3 == 2 ? shop.events_csv() : damaged(random, shop.events_csv()));
    folder.write("customers.csv", round % 3 == 1 ? shop.customers_csv() : damaged(random, shop.customers_csv()));
    const std::string before = listing(folder.path());
    if (!done_or_refused([&] { fit(job, folder.file("model"), Existing::refuse, options()); })) {
      EXPECT_EQ(listing(folder.path()), before);
      if (HasFailure()) return;
      continue;
    }
    ++fitted;
    ScoreRequest request;
    request.model = folder.file("model");
    request.out = folder.file("scores.parquet");
    EXPECT_TRUE(done_or_refused([&] { (void)score(request, options()); })) << "what was fitted can be scored";
    std::filesystem::remove_all(folder.file("model"));
    std::filesystem::remove(folder.file("scores.parquet"));
    if (HasFailure()) return;
  }
  EXPECT_GT(fitted, rounds / 10) << "hardly any table survived, so little was tried";
  EXPECT_LT(fitted, rounds);
}

TEST_F(Fuzz, TablesThroughScoring) {
  Random random(5);
  fit(read_job(folder.file("job.toml")), folder.file("model"), Existing::refuse, options());
  int scored = 0;
  constexpr int rounds = 120;
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    folder.write("events.csv", damaged(random, shop.events_csv()));
    folder.write("customers.csv", round % 2 == 0 ? shop.customers_csv() : damaged(random, shop.customers_csv()));
    const std::string before = listing(folder.path());
    ScoreRequest request;
    request.model = folder.file("model");
    request.out = folder.file(round % 4 < 2 ? "scores.csv" : "shards");
    if (done_or_refused([&] { (void)score(request, options()); })) {
      ++scored;
    } else {
      EXPECT_EQ(listing(folder.path()), before);
    }
    std::filesystem::remove_all(request.out);
    if (HasFailure()) return;
  }
  EXPECT_GT(scored, rounds / 10);
  EXPECT_LT(scored, rounds);
}

}  // namespace
}  // namespace footfall::test
