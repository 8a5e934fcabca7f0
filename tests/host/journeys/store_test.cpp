// The journeys store: what is prepared out of core equals what is read into memory, bit for bit.
#include "host/journeys/store/journeys_store.hpp"

#include <gtest/gtest.h>

#include <random>

#include "host/jobs/prepare.hpp"
#include "kernels/error.hpp"
#include "tests/host/journeys/random_log.hpp"
#include "tests/host/journeys/same_base.hpp"

namespace footfall {
namespace {

std::string out_of(const Folder& folder) { return folder.text() + "/journeys"; }

Job job_in(const Folder& folder, const std::string& text) { return parse_job(text, "job.toml", folder.text()); }

PrepareSummary prepare_in(const Folder& folder, const std::string& job, PrepareRequest request = {}, int threads = 1) {
  request.out = out_of(folder);
  RunOptions options;
  options.threads = threads;
  return prepare(job_in(folder, job), request, options);
}

std::string refusal(const Folder& folder, const std::string& job, const PrepareRequest& request = {}) {
  try {
    static_cast<void>(prepare_in(folder, job, request));
  } catch (const Error& problem) {
    return problem.what();
  }
  return {};
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string plain_job =
    "[events]\nfiles = [\"e*.csv\"]\ncustomer = \"who\"\ntime = \"time\"\nitem = \"item\"\n[[target]]\nname = \"t\"\nkind = \"happens\"\nhorizon = \"1d\"\n[split]\ncutoff = \"2020-01-02\"\n";

TEST(JourneysStore, EqualsWhatIsReadIntoMemory) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    const Folder folder;
    const RandomLog log(random);
    log.write(folder, random);
    SCOPED_TRACE(fmt::format("round {}\n{}", round, log.job()));
    const ReadBase expected = read_base(job_in(folder, log.job()));
    PrepareRequest request;
    request.rows_at_once = 1 + static_cast<std::int64_t>(random() % 200);
    static_cast<void>(prepare_in(folder, log.job(), request, 1 + static_cast<int>(random() % 3)));
    const JourneysStore store(out_of(folder));
    expect_same_read(store.read(), expected);
    if (HasFailure()) return;

    // Any cut into ranges gives the same customers, and a recycled base is as good as a new one.
    Base range;
    std::int64_t customers = 0;
    for (std::int32_t first = 0; first < Base::partitions;) {
      const std::int32_t end = std::min<std::int32_t>(Base::partitions, first + 1 + static_cast<std::int32_t>(random() % 100));
      range = store.load(first, end, std::move(range));
      for (std::int64_t c = 0; c < range.customers(); ++c) EXPECT_EQ(range.ids.name(c), expected.base.ids.name(customers + c));
      const std::int64_t events = range.journeys->events();
      const std::int64_t before = expected.base.journeys->first[static_cast<std::size_t>(customers)];
      for (std::int64_t e = 0; e < events; ++e) {
        EXPECT_EQ(range.journeys->time[static_cast<std::size_t>(e)], expected.base.journeys->time[static_cast<std::size_t>(before + e)]);
        EXPECT_EQ(range.journeys->item.codes[static_cast<std::size_t>(e)], expected.base.journeys->item.codes[static_cast<std::size_t>(before + e)]);
      }
      EXPECT_EQ(range.journeys->first.back(), events);
      customers += range.customers();
      first = end;
    }
    EXPECT_EQ(customers, expected.base.customers());
  }
}

TEST(JourneysStore, NoFileDependsOnThreadsOrChunks) {
  std::mt19937 random(2);
  const Folder folder;
  RandomLog log(random);
  log.merge = log.table = true;
  log.write(folder, random);
  const auto bytes_of = [&](std::int64_t rows, int threads) {
    PrepareRequest request{.out = {}, .overwrite = true, .rows_at_once = rows};
    static_cast<void>(prepare_in(folder, log.job(), request, threads));
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(out_of(folder))) {
      std::ifstream in(entry.path(), std::ios::binary);
      files[entry.path().filename().string()].assign(std::istreambuf_iterator<char>(in), {});
    }
    return files;
  };
  const auto expected = bytes_of(1 << 20, 1);
  EXPECT_TRUE(expected.contains("manifest.json"));
  for (const auto& [rows, threads] : std::vector<std::pair<std::int64_t, int>>{{1, 1}, {7, 3}, {100, 2}}) EXPECT_EQ(bytes_of(rows, threads), expected);
}

TEST(JourneysStore, OneDamagedByteIsFoundAndItsFileNamed) {
  std::mt19937 random(3);
  const Folder folder;
  RandomLog log(random);
  log.table = true;
  log.write(folder, random);
  static_cast<void>(prepare_in(folder, log.job()));
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(out_of(folder))) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (int round = 0; round < 60; ++round) {
    const std::filesystem::path& file = files[random() % files.size()];
    if (std::filesystem::file_size(file) == 0) continue;   // names of a column that has none
    const auto at = static_cast<std::streamoff>(random() % std::filesystem::file_size(file));
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(at);
    const char old = static_cast<char>(bytes.get());
    const auto put = [&](char letter) {
      bytes.seekp(at);
      bytes.put(letter);
      bytes.flush();
    };
    put(static_cast<char>(old ^ (1 << random() % 8)));
    try {
      static_cast<void>(JourneysStore(out_of(folder)).read());
      EXPECT_EQ(file.filename(), "manifest.json") << "byte " << at;   // its words are no numbers that anything is checked against
    } catch (const Error& problem) {
      EXPECT_EQ(problem.kind(), ErrorKind::bad_input);
      EXPECT_TRUE(says(problem.what(), file.filename() == "manifest.json" ? "journeys" : file.filename().string())) << problem.what();
    }
    put(old);
  }
  // Cut off.
  for (const std::filesystem::path& file : files) {
    if (file.extension() != ".bin" || std::filesystem::file_size(file) == 0) continue;
    const auto size = std::filesystem::file_size(file);
    const std::string whole = [&] {
      std::ifstream in(file, std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(in), {});
    }();
    std::filesystem::resize_file(file, size - 1);
    EXPECT_THROW(static_cast<void>(JourneysStore(out_of(folder)).read()), Error) << file;
    std::ofstream(file, std::ios::binary) << whole;
  }
  EXPECT_NO_THROW(static_cast<void>(JourneysStore(out_of(folder)).read()));
}

TEST(JourneysStore, DuplicatesAreKeptUnlessAskedOut) {
  const Folder folder;
  folder.write("e.csv", "who,time,item\n1,2020-01-01,a\n2,2020-01-01,b\n1,2020-01-01,a\n1,2020-01-01,b\n1,2020-01-02,a\n1,2020-01-01,a\n2,2020-01-01,\n2,2020-01-01,\n");
  static_cast<void>(prepare_in(folder, plain_job));
  EXPECT_EQ(JourneysStore(out_of(folder)).events(), 8);
  const PrepareSummary summary = prepare_in(folder, plain_job, {.out = {}, .overwrite = true, .drop_duplicates = true});
  EXPECT_EQ(summary.duplicates, 3);
  const ReadBase read = JourneysStore(out_of(folder)).read();
  EXPECT_EQ(read.counts.event_rows, 8);
  EXPECT_EQ(read.counts.events, 5);
  EXPECT_EQ(read.counts.event_rows_duplicate, 3);
  EXPECT_EQ(read.counts.event_rows_merged, 0);
  EXPECT_EQ(read.base.journeys->events(), 5);
}

TEST(JourneysStore, OneCustomerWithNearlyAllEvents) {
  const Folder folder;
  std::string text = "who,time,item\n";
  std::mt19937 random(4);
  for (int row = 0; row < 30000; ++row) text += fmt::format("{},2020-01-{:02},{}\n", random() % 1000 == 0 ? random() % 50 : 7, 1 + random() % 28, random() % 100);
  folder.write("e.csv", text);
  static_cast<void>(prepare_in(folder, plain_job, {.out = {}, .rows_at_once = 1000}, 2));
  expect_same_read(JourneysStore(out_of(folder)).read(), read_base(job_in(folder, plain_job)));
}

TEST(JourneysStore, IsNotMadeOfNothing) {
  const Folder folder;
  folder.write("e.csv", "who,time,item\n");
  EXPECT_TRUE(says(refusal(folder, plain_job), "holds no rows"));
  folder.write("e.csv", "who,time,item\n1,2020-01-01,a\n");
  EXPECT_TRUE(says(refusal(folder, "[events]\nwhere = \"item = 'z'\"\n" + plain_job.substr(9)), "keeps none of the 1 rows"));
  folder.write("e.csv", "who,time,item\n1,2020-01-01,a\n,2020-01-02,b\n");
  EXPECT_TRUE(says(refusal(folder, plain_job), "e.csv:3: column \"who\" holds nothing"));
  EXPECT_FALSE(std::filesystem::exists(out_of(folder)));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.text()), {}), 1) << "something was left behind";
}

TEST(JourneysStore, ACustomerTwiceInTheTableIsNamedWithBothRows) {
  const Folder folder;
  folder.write("e.csv", "who,time,item\n1,2020-01-01,a\n");
  folder.write("c.csv", "who,age\n1,5\n2,6\n1,7\n");
  const std::string fault = refusal(folder, plain_job + "[customers]\nfiles = [\"c.csv\"]\ncustomer = \"who\"\nnumeric = [\"age\"]\n");
  EXPECT_TRUE(says(fault, "c.csv:4: customer \"1\" is in the table twice, first at ")) << fault;
  EXPECT_TRUE(says(fault, "c.csv:2")) << fault;
}

TEST(JourneysStore, OtherFilesUnderTheSameNamesAreNoticed) {
  const Folder folder;
  folder.write("e.csv", "who,time,item\n1,2020-01-01,a\n");
  static_cast<void>(prepare_in(folder, plain_job));
  EXPECT_TRUE(says(refusal(folder, plain_job), "exists already"));
  EXPECT_TRUE(prepare_in(folder, plain_job, {.out = {}, .resume = true}).was_there);
  folder.write("e.csv", "who,time,item\n1,2020-01-01,b\n");
  EXPECT_TRUE(says(refusal(folder, plain_job, {.out = {}, .resume = true}), "other files"));
  EXPECT_FALSE(prepare_in(folder, plain_job, {.out = {}, .overwrite = true}).was_there);
  EXPECT_EQ(JourneysStore(out_of(folder)).read().base.journeys->item.dictionary, std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace footfall
