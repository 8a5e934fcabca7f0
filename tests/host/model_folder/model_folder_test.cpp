// What is saved comes back, and no damaged byte goes unnoticed.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "host/jobs/fit.hpp"
#include "host/model_folder/digest.hpp"
#include "host/model_folder/model_folder.hpp"
#include "tests/host/table/temporary_folder.hpp"
#include "tests/support/small_shop.hpp"

namespace footfall::test {
namespace {

class SavedModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const SmallShop shop = make_small_shop(60);
    ShopJob job;
    job.model = "lstm = [3]\nprofile = [4]\nmembers = 2\n";
    folder.write("events.csv", shop.events_csv());
    folder.write("customers.csv", shop.customers_csv());
    folder.write("job.toml", job.text());
    RunOptions options;
    options.threads = 1;
    fit(read_job(folder.file("job.toml")), model(), Existing::refuse, options);
  }
  [[nodiscard]] std::filesystem::path model() const { return folder.path() / "model"; }
  [[nodiscard]] std::string bytes(const std::string& file) const {
    std::ifstream in(folder.path() / file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
  }
  [[nodiscard]] std::string refusal() const {
    return footfall::testing::message_of(folder, [&] { (void)load_model(model()); });
  }

  footfall::testing::TemporaryFolder folder;
};

TEST_F(SavedModelTest, IsSavedAgainAsTheSameBytes) {
  std::filesystem::create_directories(folder.path() / "again");
  save_model(folder.path() / "again", load_model(model()));
  for (const char* file : {"model.json", "weights.safetensors", "job.toml"})
    EXPECT_TRUE(bytes(std::string("again/") + file) == bytes(std::string("model/") + file)) << file;
}

TEST_F(SavedModelTest, IsWholeWhenModelJsonIsThere) {
  EXPECT_TRUE(holds_model(model()));
  std::filesystem::remove(model() / "model.json");
  EXPECT_FALSE(holds_model(model()));
  EXPECT_EQ(refusal(), "model holds no model: model.json is missing; fit one: footfall fit JOB --out model");
}

TEST_F(SavedModelTest, NoDamagedByteGoesUnnoticed) {
  std::mt19937_64 random(3);
  for (const std::string file : {"model/model.json", "model/weights.safetensors"}) {
    const std::string good = bytes(file);
    for (int round = 0; round < 150; ++round) {
      std::string bad = good;
      const std::size_t at = random() % bad.size();
      if (std::isspace(static_cast<unsigned char>(bad[at])) != 0) continue;  // between the values of a JSON text a blank says nothing
      bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 7));
      if (std::isspace(static_cast<unsigned char>(bad[at])) != 0) continue;
      folder.write(file, bad);
      EXPECT_NE(refusal(), "") << file << ", byte " << at;
    }
    folder.write(file, good);
  }
  (void)load_model(model());
}

TEST_F(SavedModelTest, PathsOfItsJobMayChange) {
  const std::string job = bytes("model/job.toml");
  folder.write("model/job.toml", with(job, folder.file("events.csv"), "/elsewhere/events.csv"));
  EXPECT_EQ(load_model(model()).job.events->table.files, (std::vector<std::string>{"/elsewhere/events.csv"}));
}

TEST(Digest, IsThatOfFnv) {
  // Test vectors of the authors (Fowler, Noll, Vo; FNV-1a of 64 bits).
  EXPECT_EQ(digest_of(""), "cbf29ce484222325");
  EXPECT_EQ(digest_of("a"), "af63dc4c8601ec8c");
  EXPECT_EQ(digest_of("foobar"), "85944171f73967e8");
}

}  // namespace
}  // namespace footfall::test
