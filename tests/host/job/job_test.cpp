// The job file: what it means, what is refused and how, and that it can be written out and read again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "host/job/job.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr const char* events = "[events]\nfiles = [\"e.csv\"]\ncustomer = \"c\"\ntime = \"t\"\ntype = \"kind\"\namount = \"money\"\n";
constexpr const char* customers = "[customers]\nfiles = [\"c.csv\"]\ncustomer = \"c\"\nnumeric = \"auto\"\ncategorical = \"auto\"\n";
constexpr const char* happens = "[[target]]\nname = \"purchase\"\nkind = \"happens\"\nhorizon = \"30d\"\n";
constexpr const char* column = "[[target]]\nname = \"label\"\nkind = \"column\"\ncolumn = \"Label\"\n";
constexpr const char* split = "[split]\ncutoff = \"2011-09-10\"\n";

Job parsed(const std::string& text) { return parse_job(text, "job.toml", "/data/shop"); }

/// The message with which a job is refused; empty when it is taken.
std::string refusal(const std::string& text) {
  try {
    static_cast<void>(parsed(text));
    return {};
  } catch (const Error& problem) {
    EXPECT_EQ(problem.kind(), ErrorKind::bad_input);
    return problem.what();
  }
}

std::string job_of(const std::string& more) { return std::string(events) + happens + split + more; }

TEST(JobFile, FillsInTheDefaults) {
  const Job job = parsed(job_of(""));
  ASSERT_TRUE(job.events);
  EXPECT_FALSE(job.customers);
  EXPECT_EQ(job.events->table.files, std::vector<std::string>{"/data/shop/e.csv"});
  EXPECT_FALSE(job.events->table.delimiter);
  EXPECT_EQ(job.events->max_length, 64);
  EXPECT_EQ(job.missing.numeric, MissingNumber::mean);
  EXPECT_EQ(job.missing.categorical, MissingCategory::own);
  EXPECT_EQ(job.missing.missing_tokens, (std::vector<std::string>{"", "NA"}));
  EXPECT_EQ(job.split.kind, SplitKind::test);
  EXPECT_EQ(job.split.test, 0.2);
  EXPECT_EQ(job.split.steps_back, 0);
  EXPECT_EQ(job.split.seed, 42u);
  EXPECT_TRUE(job.split.refit);
  EXPECT_EQ(job.model.lstm, (std::vector<std::int32_t>{128, 64}));
  EXPECT_EQ(job.model.cell, CellKind::lstm);
  EXPECT_FALSE(job.model.profile.has_value());
  EXPECT_TRUE(job.model.derived);
  EXPECT_EQ(job.model.network, "none");
  EXPECT_FALSE(job.model.members || job.model.dropout || job.train.epochs || job.train.batch || job.train.learning_rate ||
               job.train.weight_decay || job.train.validation || job.train.patience || job.train.precision);
}

TEST(JobFile, ReadsEveryKey) {
  const Job job = parsed(
      std::string("[events]\nfiles = [\"/logs/*.csv\", \"../b.csv\"]\nheader = [\"a\", \"b\"]\ndelimiter = \"\\t\"\ncustomer = \"c\"\ntime "
                  "= \"t\"\n"
                  "time_format = \"%Y%m%d\"\ntype = \"kind\"\nitem = \"i\"\namount = \"q * p\"\nnumeric = [\"q\"]\ncategorical = "
                  "[\"kind\"]\nmerge = \"m\"\n"
                  "max_length = 8\nwhere = \"c is not null\"\n") +
      "[customers]\nfiles = [\"c.csv\"]\ncustomer = \"id\"\nnumeric = [\"age\"]\ncategorical = \"auto\"\nignore = [\"name\"]\n"
      "[missing]\nnumeric = \"median\"\ncategorical = \"mode\"\nmissing_tokens = [\"?\"]\n"
      "[[target]]\nname = \"buy\"\nkind = \"happens\"\nevent = \"purchase\"\nhorizon = \"4w\"\n"
      "[[target]]\nname = \"gone\"\nkind = \"silent\"\nhorizon = \"24h\"\n"
      "[[target]]\nname = \"money\"\nkind = \"sum\"\nhorizon = \"90s\"\n"
      "[[target]]\nname = \"plan\"\nkind = \"column\"\ncolumn = \"Plan\"\nas = \"class\"\n"
      "[[target]]\nname = \"left\"\nkind = \"column\"\ncolumn = \"Left\"\npositive = \"Yes\"\n"
      "[split]\ncutoff = 2011-09-10\nfolds = 5\nsteps_back = 2\nseed = 7\n"
      "[model]\nlstm = [32]\ncell = \"gru\"\nprofile = []\nderived = false\nmembers = 4\nscale = \"minmax\"\ndropout = 0.25\nnetwork = "
      "\"none\"\n"
      "[train]\nepochs = 3\nbatch = 16\nlearning_rate = 1\nweight_decay = 0.01\nvalidation = 0.1\npatience = 0\nprecision = \"bf16\"\n"
      "algorithms = [\"persistent-small\"]\nclass_weight = \"balanced\"\n");
  EXPECT_EQ(job.events->table.files, (std::vector<std::string>{"/logs/*.csv", "/data/b.csv"}));
  EXPECT_EQ(job.events->table.header, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(job.events->table.delimiter, '\t');
  EXPECT_EQ(job.events->merge, "m");
  EXPECT_TRUE(job.customers->categorical.automatic);
  EXPECT_EQ(job.customers->numeric.names, std::vector<std::string>{"age"});
  EXPECT_EQ(job.missing.missing_tokens, std::vector<std::string>{"?"});
  ASSERT_EQ(job.targets.size(), 5u);
  EXPECT_EQ(job.targets[0].horizon.amount, 28LL * 86'400 * 1'000'000);
  EXPECT_EQ(job.targets[1].horizon.amount, 86'400LL * 1'000'000);
  EXPECT_EQ(job.targets[2].horizon.amount, 90LL * 1'000'000);
  EXPECT_TRUE(job.targets[3].as_class);
  EXPECT_EQ(job.targets[4].positive, "Yes");
  EXPECT_EQ(job.longest_horizon().text, "4w");
  EXPECT_EQ(job.target_columns(), (std::vector<std::string>{"Plan", "Left"}));
  EXPECT_EQ(job.split.cutoff, "2011-09-10");
  EXPECT_EQ(job.split.kind, SplitKind::folds);
  EXPECT_EQ(job.split.folds, 5);
  EXPECT_EQ(job.model.members, 4);
  EXPECT_EQ(job.model.dropout, 0.25);
  EXPECT_EQ(job.train.learning_rate, 1.0);
  EXPECT_EQ(job.train.patience, 0);
  EXPECT_EQ(job.train.precision, Precision::bf16);
  EXPECT_TRUE(job.train.balanced);
  EXPECT_EQ(job.train.algorithms, std::vector{RnnAlgorithm::persistent_small});
  EXPECT_EQ(parse_job(to_toml(job), "again.toml", "/elsewhere"), job);
}

TEST(JobFile, WrittenOutReadsBackAsItself) {
  for (const std::string& text :
       {job_of(""), job_of("out_of_time = true\n"), job_of("test = 0.1\nrefit = false\n"), job_of("test_files = [\"t.csv\"]\n"),
        std::string(customers) + column + "positive = \"a \\\"quoted\\\" \\\\ one\\n\\u0001é\"\n",
        std::string(events) + "where = \"kind in ('a', 'b')\"\ndelimiter = \";\"\n[[target]]\nname = \"p\"\nkind = \"happens\"\nhorizon = "
                              "7\n[split]\ncutoff = 12\n",
        job_of("[train]\nlearning_rate = 1e-5\nweight_decay = 0\nepochs = \"auto\"\n[model]\nprofile = []\nmembers = \"auto\"\n")}) {
    const Job job = parsed(text);
    EXPECT_EQ(parse_job(to_toml(job), "again.toml", "/elsewhere"), job) << to_toml(job);
  }
}

TEST(JobFile, StepsAreWholeNumbers) {
  const Job job = parsed(std::string(events) + "[[target]]\nname = \"p\"\nkind = \"happens\"\nhorizon = 7\n[split]\ncutoff = 12\n");
  EXPECT_TRUE(job.targets[0].horizon.steps);
  EXPECT_EQ(job.targets[0].horizon.amount, 7);
  EXPECT_EQ(job.split.cutoff, "12");
}

struct Refused {
  const char* what;
  std::string text;
  std::vector<std::string> says;
};

class BadJob : public testing::TestWithParam<Refused> {};

TEST_P(BadJob, IsRefusedWithPlaceCauseAndRemedy) {
  const std::string message = refusal(GetParam().text);
  for (const std::string& part : GetParam().says)
    EXPECT_NE(message.find(part), std::string::npos) << "\"" << part << "\" is not in: " << message;
  EXPECT_NE(message.find("job.toml"), std::string::npos) << message;
}

// The events take lines 1 to 6, the target 7 to 10, the split 11 and 12; what a case adds begins at line 13.
const std::vector<Refused> refused{
    {"NoToml", "[events\n", {"job.toml:1"}},
    {"UnknownKey", job_of("sed = 1\n"), {"job.toml:13", "unknown key \"sed\" in [split]", "seed"}},
    {"UnknownTable", job_of("[trian]\nepochs = 1\n"), {"job.toml:13", "[trian]", "did you mean [train]?"}},
    {"KeyOutsideOfTables", "epochs = 1\n" + job_of(""), {"job.toml:1", "epochs", "outside of every table"}},
    {"UnknownKeyOfTarget", std::string(events) + happens + "horizn = \"3d\"\n" + split, {"job.toml:11", "horizn", "horizon"}},
    {"TableForText",
     "[events]\nfiles = [\"e.csv\"]\ncustomer = 3\ntime = \"t\"\n",
     {"job.toml:3", "[events] customer", "3", "text in quotes"}},
    {"TextForList", "[events]\nfiles = \"e.csv\"\n", {"job.toml:2", "files", "a list of text"}},
    {"NumberInList", job_of("").replace(0, 0, "[customers]\nfiles = [\"a\", 2]\n"), {"job.toml:2", "files", "list of text only"}},
    {"TextForNumber", job_of("[train]\nbatch = \"big\"\n"), {"job.toml:14", "[train] batch", "\"big\"", "whole number"}},
    {"FractionForWhole", job_of("[train]\nepochs = 2.5\n"), {"job.toml:14", "epochs", "2.5"}},
    {"ZeroEpochs", job_of("[train]\nepochs = 0\n"), {"job.toml:14", "epochs", "1"}},
    {"NegativeRate", job_of("[train]\nlearning_rate = -1.0\n"), {"job.toml:14", "learning_rate", "above 0"}},
    {"NotFinite", job_of("[train]\nlearning_rate = nan\n"), {"job.toml:14", "learning_rate"}},
    {"WholeDropout", job_of("[model]\ndropout = 1.0\n"), {"job.toml:14", "dropout", "below 1"}},
    {"NoEncoder", job_of("[model]\nlstm = []\nprofile = []\n"), {"job.toml:14", "lstm"}},
    {"UnknownCell", job_of("[model]\ncell = \"rnn\"\n"), {"job.toml:14", "\"rnn\"", "lstm, gru"}},
    {"TextForFlag", job_of("[model]\nderived = \"yes\"\n"), {"job.toml:14", "derived", "true or false"}},
    {"UnknownPrecision", job_of("[train]\nprecision = \"float16\"\n"), {"job.toml:14", "float32, tf32, bf16"}},
    {"UnknownClassWeight", job_of("[train]\nclass_weight = \"heavy\"\n"), {"job.toml:14", "\"heavy\"", "none, balanced"}},
    {"UnknownAlgorithm", job_of("[train]\nalgorithms = [\"fast\", \"standard\"]\n"), {"job.toml:14", "\"fast\"", "persistent-small"}},
    {"AlgorithmForEachLayer", job_of("[train]\nalgorithms = [\"standard\"]\n"), {"algorithms has 1", "2 recurrent layers"}},
    {"WholeTest", job_of("test = 1.0\n"), {"job.toml:13", "test", "below 1"}},
    {"OneFold", job_of("folds = 1\n"), {"job.toml:13", "folds", "from 2"}},
    {"TwoTests", job_of("test = 0.2\nfolds = 5\n"), {"job.toml:14", "two ways of testing"}},
    {"FoldsOutOfTime", job_of("folds = 5\nout_of_time = true\n"), {"two ways of testing", "out_of_time"}},
    {"NoRefitOfFolds", job_of("folds = 5\nrefit = false\n"), {"job.toml:14", "refit"}},
    {"LongDelimiter", job_of("").replace(9, 0, "delimiter = \"||\"\n"), {"job.toml:2", "delimiter", "one character"}},
    {"NextItem",
     std::string(events) + "[[target]]\nname = \"n\"\nkind = \"next-item\"\n",
     {"job.toml:9", "next-item", "not available", "happens"}},
    {"UnknownKind",
     std::string(events) + "[[target]]\nname = \"n\"\nkind = \"count\"\n",
     {"job.toml:9", "\"count\"", "happens, silent, sum, column"}},
    {"TargetWhere", std::string(events) + happens + "where = \"a = 1\"\n" + split, {"job.toml:11", "where", "not available"}},
    {"Examples", job_of("[examples]\nactive = \"90d\"\n"), {"job.toml:13", "[examples]", "not available"}},
    {"Network", job_of("[model]\nnetwork = \"tree\"\n"), {"job.toml:14", "network", "no structure", "chow-liu"}},
    {"Positions", job_of("positions = \"every\"\n"), {"job.toml:13", "positions", "not available"}},
    {"NoHorizon", std::string(events) + "[[target]]\nname = \"p\"\nkind = \"happens\"\n" + split, {"job.toml:7", "horizon"}},
    {"BadHorizon",
     std::string(events) + "[[target]]\nname = \"p\"\nkind = \"happens\"\nhorizon = \"3 months\"\n" + split,
     {"job.toml:10", "3 months", "30d"}},
    {"HugeHorizon",
     std::string(events) + "[[target]]\nname = \"p\"\nkind = \"happens\"\nhorizon = \"9000000000000w\"\n" + split,
     {"job.toml:10", "length of time"}},
    {"ColumnOfWindow", std::string(events) + happens + "column = \"x\"\n" + split, {"job.toml:11", "column"}},
    {"HorizonOfColumn", std::string(customers) + column + "horizon = \"3d\"\n", {"job.toml:10", "horizon"}},
    {"PositiveClass", std::string(customers) + column + "positive = \"a\"\nas = \"class\"\n", {"job.toml:10", "contradict"}},
    {"NoCutoff", std::string(events) + happens, {"cutoff", "purchase"}},
    {"CutoffWithoutEvents", std::string(customers) + column + split, {"cutoff", "[events]"}},
    {"WindowWithoutEvents", std::string(customers) + happens, {"purchase", "[events]"}},
    {"ColumnWithoutTable", std::string(events) + column, {"label", "[customers]"}},
    {"NothingToRead", happens, {"neither [events] nor [customers]"}},
    {"NothingToPredict", events, {"[[target]]"}},
    {"TargetIsATable", std::string(events) + "[target]\nname = \"a\"\n", {"job.toml:7", "[[target]]"}},
    {"SumWithoutAmount",
     "[events]\nfiles = [\"e.csv\"]\ncustomer = \"c\"\ntime = \"t\"\n[[target]]\nname = \"s\"\nkind = \"sum\"\nhorizon = "
     "\"3d\"\n[split]\ncutoff = \"2011-01-01\"\n",
     {"amount"}},
    {"TypeWithoutTypes",
     "[events]\nfiles = [\"e.csv\"]\ncustomer = \"c\"\ntime = \"t\"\n[[target]]\nname = \"s\"\nkind = \"happens\"\nevent = "
     "\"buy\"\nhorizon = \"3d\"\n[split]\ncutoff = \"2011-01-01\"\n",
     {"buy", "type"}},
    {"TwoOfAName", std::string(events) + happens + happens + split, {"job.toml:12", "purchase", "two targets"}},
    {"NameOfAnotherColumn",
     std::string(events) + happens + "[[target]]\nname = \"purchase_decile\"\nkind = \"silent\"\nhorizon = \"3d\"\n" + split,
     {"purchase_decile", "share"}},
    {"NameWithABlank", std::string(events) + "[[target]]\nname = \"a b\"\nkind = \"silent\"\nhorizon = \"3d\"\n", {"job.toml:8", "a b"}},
    {"MixedHorizons",
     std::string(events) + happens + "[[target]]\nname = \"b\"\nkind = \"silent\"\nhorizon = 3\n" + split,
     {"30d", "steps"}},
    {"InterpolatedTable", std::string(customers) + column + "[missing]\nnumeric = \"interpolate\"\n", {"interpolate", "no order"}},
    {"InterpolatedColumns",
     std::string(events) + customers + happens + split + "[missing]\nnumeric = \"interpolate\"\n",
     {"interpolate", "no time"}},
    {"TableWithoutCustomer", std::string(events) + "[customers]\nfiles = [\"c.csv\"]\n" + happens + split, {"[customers]", "customer"}},
    {"ColumnTwice",
     std::string("[events]\nfiles = [\"e.csv\"]\nnumeric = [\"a\", \"a\"]\ncustomer = \"c\"\ntime = \"t\"\n"),
     {"job.toml:3", "\"a\" twice"}},
    {"NumberAndName",
     std::string(events) + "numeric = [\"a\"]\ncategorical = [\"a\"]\n" + happens + split,
     {"\"a\"", "numeric", "categorical"}},
    {"CustomerAsFeature", std::string(events) + "categorical = [\"c\"]\n" + happens + split, {"\"c\"", "customer"}},
    {"StepsBackOfATable", std::string(customers) + column + "[split]\nsteps_back = 1\n", {"steps_back"}},
    {"OutOfTimeOfATable", std::string(customers) + column + "[split]\nout_of_time = true\n", {"out_of_time"}},
    {"EmptyFiles", "[events]\nfiles = []\ncustomer = \"c\"\ntime = \"t\"\n", {"job.toml:2", "files"}},
    {"NoFiles", "[events]\ncustomer = \"c\"\ntime = \"t\"\n", {"job.toml:1", "files"}},
};

INSTANTIATE_TEST_SUITE_P(All, BadJob, testing::ValuesIn(refused), [](const auto& info) { return info.param.what; });

TEST(JobFile, AMissingFileIsNamed) {
  EXPECT_THROW(
      {
        try {
          static_cast<void>(read_job("/nowhere/job.toml"));
        } catch (const Error& problem) {
          EXPECT_NE(std::string(problem.what()).find("/nowhere/job.toml"), std::string::npos);
          throw;
        }
      },
      Error);
}

TEST(JobFile, TheExamplesAreJobs) {
  const Job seed = read_job("examples/seed.toml");
  EXPECT_TRUE(seed.model.profile->empty());
  EXPECT_FALSE(seed.model.derived);
  EXPECT_EQ(seed.model.members, 1);
  EXPECT_EQ(seed.train.epochs, 10);
  EXPECT_EQ(seed.train.batch, 32);
  EXPECT_EQ(seed.train.learning_rate, 1e-3);
  EXPECT_EQ(seed.train.patience, 0);
  const Job whole = read_job("examples/job.toml");
  EXPECT_EQ(whole.targets.size(), 3u);
  EXPECT_TRUE(whole.customers->numeric.automatic);
}

/// Job files of random edits are taken or refused as bad input, and nothing else happens.
TEST(JobFile, DamagedJobsAreRefusedInOrder) {
  std::mt19937 random(20240607);
  const std::string whole =
      std::string(events) + customers + happens + column + split + "folds = 5\n[model]\nlstm = [8]\n[train]\nepochs = 3\n";
  const std::string letters = "[]\"'=#.,\n\t \\{}-+0189aezT:\x01\xC3\xFF";
  int taken = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = whole;
    for (int edit = static_cast<int>(random() % 4) + 1; edit > 0; --edit) {
      const std::size_t at = random() % text.size();
      const char letter = letters[random() % letters.size()];
      switch (random() % 4) {
        case 0: text[at] = letter; break;
        case 1: text.insert(at, 1, letter); break;
        case 2: text.erase(at, random() % 8 + 1); break;
        default: text.insert(at, text.substr(random() % text.size(), random() % 40)); break;
      }
      if (text.empty()) text = " ";
    }
    try {
      const Job job = parsed(text);
      EXPECT_EQ(parse_job(to_toml(job), "again.toml", "/elsewhere"), job) << text;
      ++taken;
    } catch (const Error& problem) {
      EXPECT_EQ(problem.kind(), ErrorKind::bad_input) << text << "\n" << problem.what();
    }
  }
  EXPECT_GT(taken, 0);
}

TEST(Columns, AutoTakesEveryOtherColumnByItsType) {
  Job job = parsed(std::string(customers) + "ignore = [\"name\"]\n" + column);
  using Kind = SeenColumn::Kind;
  resolve_columns(job, {{"c", Kind::name},
                        {"age", Kind::number},
                        {"name", Kind::name},
                        {"city", Kind::name},
                        {"born", Kind::other},
                        {"Label", Kind::name},
                        {"income", Kind::number}});
  EXPECT_EQ(job.customers->numeric.names, (std::vector<std::string>{"age", "income"}));
  EXPECT_EQ(job.customers->categorical.names, std::vector<std::string>{"city"});
  EXPECT_FALSE(job.customers->numeric.automatic || job.customers->categorical.automatic);
}

TEST(Columns, ATargetIsNoFeatureEvenWhereNamed) {
  Job job = parsed("[customers]\nfiles = [\"c.csv\"]\nnumeric = [\"age\", \"Label\"]\n" + std::string(column));
  resolve_columns(job, {{"age", SeenColumn::Kind::number}, {"Label", SeenColumn::Kind::number}});
  EXPECT_EQ(job.customers->numeric.names, std::vector<std::string>{"age"});
}

TEST(Columns, AMissingOneIsNamedWithItsNearest) {
  Job job = parsed("[customers]\nfiles = [\"c.csv\"]\nnumeric = [\"agee\"]\n" + std::string(column));
  try {
    resolve_columns(job, {{"age", SeenColumn::Kind::number}, {"Label", SeenColumn::Kind::number}});
    FAIL() << "a column that is absent was taken";
  } catch (const Error& problem) {
    EXPECT_NE(std::string(problem.what()).find("\"agee\""), std::string::npos) << problem.what();
    EXPECT_NE(std::string(problem.what()).find("\"age\""), std::string::npos) << problem.what();
  }
}

}  // namespace
}  // namespace footfall
