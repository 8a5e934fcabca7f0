// Scores that go on from a state are those of scoring all events from scratch; a state that does not suit is refused.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "tests/tools/command/score_file.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

struct Counts {
  std::int64_t continued = 0, recomputed = 0, started = 0, events = 0;
};

class Update : public ShopTest {
 protected:
  static constexpr std::int64_t max_length = 6;   // of about nine events a customer

  void fit_cells(const std::string& cell) {
    ShopJob job;
    job.model = "lstm = [8, 5]\ncell = \"" + cell + "\"\nprofile = [8]\nmembers = 2\n";
    write("job.toml", with(job.text(), "max_length = 16", "max_length = " + std::to_string(max_length)));
    fit_model();
  }

  /// The events of the shop that `wanted` says, as a file.
  template <class Wanted>
  void write_events(const std::string& name, const Wanted& wanted) const {
    SmallShop part = shop;
    std::erase_if(part.events, [&](const SmallShop::Event& event) { return !wanted(event); });
    write(name, part.events_csv());
  }
  /// In three files by time, the second and third of ten days each.
  void write_parts() const {
    constexpr std::int64_t days = 86400;
    write_events("first.csv", [](const SmallShop::Event& e) { return e.time < shop_cutoff; });
    write_events("second.csv", [](const SmallShop::Event& e) { return e.time >= shop_cutoff && e.time < shop_cutoff + 10 * days; });
    write_events("third.csv", [](const SmallShop::Event& e) { return e.time >= shop_cutoff + 10 * days; });
  }

  std::string score(const std::string& out, std::vector<std::string> more) const {
    std::vector<std::string> words = {"score", "model", "--out", out, "--overwrite"};
    words.insert(words.end(), more.begin(), more.end());
    return done(words).out;
  }
  static Counts counts_in(const std::string& out) {
    Counts counts;
    const std::size_t at = out.find("continued ");
    if (at == std::string::npos) {
      ADD_FAILURE() << "nothing is said of an update: " << out;
      return counts;
    }
    EXPECT_EQ(std::sscanf(out.c_str() + at, "continued %ld customers, recomputed %ld, started %ld; %ld new events", &counts.continued, &counts.recomputed, &counts.started, &counts.events), 4);
    return counts;
  }

  /// Probabilities within 1e-6, amounts within 1e-6 of their size, and the same customers in the same order.
  void expect_same_scores(const std::string& a, const std::string& b) const {
    const ScoreFile one = read_csv(path(a)), other = read_csv(path(b));
    ASSERT_EQ(one.numbers("customer"), other.numbers("customer"));
    for (const char* column : {"purchase", "spend", "tariff_basic", "tariff_family", "tariff_plus"}) {
      const std::vector<double> x = one.numbers(column), y = other.numbers(column);
      for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], y[i], 1e-6 * std::max(1.0, std::abs(y[i]))) << column << " of row " << i;
    }
  }
};

TEST_F(Update, EqualsScoringFromScratch) {
  write_parts();
  for (const char* cell : {"lstm", "gru"}) {
    std::filesystem::remove_all(path("model"));
    fit_cells(cell);
    score("first-scores.csv", {"--events", "first.csv", "--save-state", "state"});
    score("scratch.csv", {"--events", "first.csv"});
    expect_same_scores("first-scores.csv", "scratch.csv");
    const Counts once = counts_in(score("second-scores.csv", {"--events", "second.csv", "--update", "state", "--save-state", "state"}));
    score("scratch.csv", {"--events", "first.csv", "second.csv"});
    expect_same_scores("second-scores.csv", "scratch.csv");
    const Counts twice = counts_in(score("third-scores.csv", {"--events", "third.csv", "--update", "state", "--save-state", "newer", "--threads", "3", "--memory", "256MiB"}));
    score("scratch.csv", {"--events", "first.csv", "second.csv", "third.csv"});
    expect_same_scores("third-scores.csv", "scratch.csv");
    EXPECT_TRUE(std::filesystem::exists(path("state/state.json")) && std::filesystem::exists(path("newer/state.json")));
    for (const Counts& counts : {once, twice}) {
      EXPECT_GT(counts.continued, 20);
      EXPECT_GT(counts.recomputed, 10) << "customers whose newest events begin elsewhere";
      EXPECT_GT(counts.started, 0);
      EXPECT_GT(counts.events, 50);
    }
  }
}

/// Who goes on is told by the number of events before and after: the path is taken, and by nobody else.
TEST_F(Update, ContinuesThoseWhoseNewestEventsBeginWhereTheyDid) {
  write_parts();
  fit_cells("lstm");
  score("first-scores.csv", {"--events", "first.csv", "--save-state", "state"});
  const Counts counts = counts_in(score("second-scores.csv", {"--events", "second.csv", "--update", "state"}));
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> events;   // in the first file, in the second
  for (const SmallShop::Event& e : shop.events) {
    if (e.time < shop_cutoff) ++events[e.customer].first;
    if (e.time >= shop_cutoff && e.time < shop_cutoff + 10 * 86400) ++events[e.customer].second;
  }
  Counts expected;
  for (const auto& [customer, n] : events) {
    expected.events += n.second;
    if (n.first > 0) ++((n.first + n.second <= max_length || n.second == 0) ? expected.continued : expected.recomputed);
  }
  EXPECT_EQ(counts.continued, expected.continued);
  EXPECT_EQ(counts.recomputed, expected.recomputed);
  EXPECT_EQ(counts.events, expected.events);
  EXPECT_EQ(counts.continued + counts.recomputed + counts.started, static_cast<std::int64_t>(read_csv(path("second-scores.csv")).numbers("customer").size()));
}

TEST_F(Update, LateEventsAreComputedAnew) {
  // Every fifth event comes a file too late: it belongs between events that the state has seen.
  const auto is_late = [](const SmallShop::Event& e) { return e.item % 5 == 0 && e.time < shop_cutoff; };
  write_events("first.csv", [&](const SmallShop::Event& e) { return e.time < shop_cutoff && !is_late(e); });
  write_events("second.csv", [&](const SmallShop::Event& e) { return e.time >= shop_cutoff || is_late(e); });
  fit_cells("lstm");
  score("first-scores.csv", {"--events", "first.csv", "--save-state", "state"});
  const Counts counts = counts_in(score("second-scores.csv", {"--events", "second.csv", "--update", "state"}));
  EXPECT_GT(counts.continued, 10);
  score("scratch.csv", {"--events", "first.csv", "second.csv"});
  expect_same_scores("second-scores.csv", "scratch.csv");
}

TEST_F(Update, WithoutNewEventsLooksAgainAtALaterMoment) {
  write_parts();
  fit_cells("lstm");
  score("first-scores.csv", {"--events", "first.csv", "--save-state", "state"});
  const Counts counts = counts_in(score("later.csv", {"--events", "first.csv", "--update", "state", "--as-of", "2025-06-10"}));
  EXPECT_EQ(counts.recomputed, 0);
  EXPECT_EQ(counts.events, 0) << "the file is in the state";
  score("scratch.csv", {"--events", "first.csv", "--as-of", "2025-06-10"});
  expect_same_scores("later.csv", "scratch.csv");
}

TEST_F(Update, RefusesAStateThatDoesNotSuit) {
  write_parts();
  fit_cells("lstm");
  score("first-scores.csv", {"--events", "first.csv", "--save-state", "state"});
  const std::vector<std::string> update = {"score", "model", "--out", "out.csv", "--events", "second.csv", "--update", "state"};
  const auto with_words = [&](std::vector<std::string> more) {
    more.insert(more.begin(), update.begin(), update.end());
    return more;
  };
  expect_refusal(with_words({"--as-of", "2025-04-01"}), {"2025-04-01", "later", "--as-of"});
  expect_refusal({"score", "model", "--out", "out.csv", "--events", "second.csv", "--update", "nowhere"}, {"nowhere", "state.json"});
  expect_refusal({"score", "model", "--out", "out.csv", "--events", "second.csv", "--save-state", "state"}, {"state", "exists already", "--overwrite"});
  expect_refusal({"score", "model", "--out", "out.csv", "--events", "second.csv", "--save-state", "model"}, {"model", "no state"});
  expect_refusal({"score", "model", "--out", "out", "--save-state", "newer", "--workers", "2", "--worker", "0"}, {"--save-state", "--workers"});
  expect_refusal({"score", "model", "--out", "out", "--save-state", "newer", "--resume"}, {"--save-state", "--resume"});

  write("first.csv", text("first.csv") + line_of(text("second.csv"), 2) + "\n");
  expect_refusal({"score", "model", "--out", "out.csv", "--events", "first.csv", "--update", "state"}, {"first.csv", "has changed"});

  for (const char* file : {"state/state.json", "state/journeys/manifest.json", "state/states-003.bin", "state/journeys/partition-003.bin"}) {
    const std::string good = text(file);
    std::string bad = good;
    bad[bad.size() * 2 / 3] = static_cast<char>(bad[bad.size() * 2 / 3] ^ 1);
    write(file, bad);
    expect_refusal(update, {std::filesystem::path(file).filename().string(), "damaged"});
    write(file, good.substr(0, good.size() / 2));
    expect_refusal(update, {std::filesystem::path(file).filename().string(), "damaged"});
    write(file, good);
  }
  done(update);
  std::filesystem::remove_all(path("model"));
  fit_cells("gru");
  expect_refusal({"score", "model", "--out", "another.csv", "--events", "second.csv", "--update", "state"}, {"state", "another model"});
}

TEST_F(Update, IsTheSameOnTheEmulatedDevice) {
  write_parts();
  fit_cells("lstm");
  const auto emulated = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--device", "cuda:0", "--overwrite"});
    CommandOptions options;
    options.folder = folder.path();
    const CommandResult result = run_command(FOOTFALL_EMULATED_COMMAND, words, options);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  };
  emulated({"score", "model", "--out", "first-scores.csv", "--events", "first.csv", "--save-state", "state"});
  const Counts counts = counts_in(emulated({"score", "model", "--out", "second-scores.csv", "--events", "second.csv", "--update", "state"}));
  EXPECT_GT(counts.continued, 20);
  EXPECT_GT(counts.recomputed, 10);
  emulated({"score", "model", "--out", "scratch.csv", "--events", "first.csv", "second.csv"});
  expect_same_scores("second-scores.csv", "scratch.csv");
}

}  // namespace
}  // namespace footfall::test
