// model/job.toml holds every key with a value, nothing that was left to footfall.
#include "host/job/job.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

class KeptJob : public ShopTest {};

TEST_F(KeptJob, HoldsEveryKeyDecided) {
  ShopJob job;
  job.model.clear();
  job.train = "epochs = 1\n";  // fewer than footfall would choose: the test is of the others
  write("job.toml", job.text());
  const CommandResult result = done({"fit", "job.toml", "--out", "model"});
  const std::string kept = text("model/job.toml");
  EXPECT_EQ(kept.find("auto"), std::string::npos) << kept;
  for (const char* key :
       {"files",      "customer",       "time",   "type",  "item",          "amount",       "numeric",    "categorical", "max_length",
        "ignore",     "missing_tokens", "name",   "kind",  "event",         "horizon",      "column",     "cutoff",      "test",
        "steps_back", "seed",           "refit",  "lstm",  "cell",          "profile",      "derived",    "members",     "scale",
        "dropout",    "network",        "epochs", "batch", "learning_rate", "weight_decay", "validation", "patience",    "precision"})
    EXPECT_NE(kept.find("\n" + std::string(key) + " "), std::string::npos) << key;
  EXPECT_NE(kept.find("\"" + path("events.csv").string() + "\""), std::string::npos) << "paths must work from any folder";
  for (const char* choice : {"members = ", "batch = ", "learning_rate = ", "patience = "})
    EXPECT_NE(result.err.find(choice), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("epochs = "), std::string::npos) << result.err;
}

TEST_F(KeptJob, KeepsWhatWasAsked) {
  ShopJob job;
  job.split = "cutoff = \"2025-05-20\"\nfolds = 3\nsteps_back = 1\nseed = 9\n";
  job.model = "lstm = [4, 3]\ncell = \"gru\"\nprofile = [6]\nmembers = 3\ndropout = 0.25\nscale = \"minmax\"\nderived = false\n";
  job.train = "epochs = 1\nbatch = 50\nlearning_rate = 0.004\nweight_decay = 0.01\nvalidation = 0.25\npatience = 2\n";
  write("job.toml", job.text());
  fit_model();
  Job asked = read_job(path("job.toml").string()), kept = read_job(path("model/job.toml").string());
  asked.train.precision = Precision::float32;  // the two keys that were left out
  asked.train.algorithms.assign(2, RnnAlgorithm::standard);
  EXPECT_EQ(kept, asked);
}

TEST_F(KeptJob, OfATableNamesWhatWasInferred) {
  const CommandResult result = done({"fit", "customers.csv", "--label", "member", "--positive", "no", "--out", "model"});
  const Job kept = read_job(path("model/job.toml").string());
  ASSERT_TRUE(kept.customers.has_value());
  EXPECT_FALSE(kept.events.has_value());
  EXPECT_EQ(kept.customers->customer, "customer_id");
  EXPECT_EQ(kept.customers->numeric.names, (std::vector<std::string>{"age"}));
  EXPECT_EQ(kept.customers->categorical.names, (std::vector<std::string>{"city", "plan"}));
  ASSERT_EQ(kept.targets.size(), 1U);
  EXPECT_EQ(kept.targets[0].column, "member");
  EXPECT_EQ(kept.targets[0].positive, "no");
  for (const char* finding : {"customer: customer_id", "numbers (1): age", "names (2): city, plan", "predicted: member"})
    EXPECT_NE(result.err.find(finding), std::string::npos) << result.err;
}

}  // namespace
}  // namespace footfall::test
