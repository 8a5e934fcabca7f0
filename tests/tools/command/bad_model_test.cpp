// A model folder that is damaged, of another version, or does not suit the data: exit 2 and nothing left, by `score` and by `evaluate`.
#include <functional>

#include <nlohmann/json.hpp>

#include "host/model_folder/digest.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

class Model : public ShopTest {
 protected:
  void SetUp() override {
    ShopTest::SetUp();
    fit_model();
  }

  /// Refused by everything that reads a model.
  void expect_useless(const std::vector<std::string>& words) const {
    expect_refusal({"score", "model", "--out", "scores.csv"}, words);
    expect_refusal({"evaluate", "model", "job.toml", "--out", "metrics.json"}, words);
  }
  /// Damages one file of the model, looks, and puts it back.
  void expect_damage(const std::string& file, const std::function<std::string(std::string)>& damage,
                     const std::vector<std::string>& words) const {
    SCOPED_TRACE(file);
    const std::string good = text("model/" + file);
    write("model/" + file, damage(good));
    expect_useless(words);
    write("model/" + file, good);
  }
};

TEST_F(Model, WithoutModelJsonIsNone) {
  std::filesystem::remove(path("model/model.json"));
  expect_useless({"model holds no model", "model.json is missing", "fit one"});
}

TEST_F(Model, FolderThatIsNotThere) { expect_refusal({"score", "modle", "--out", "scores.csv"}, {"modle holds no model", "fit one"}); }

TEST_F(Model, OfAnotherVersionIsRefused) {
  // As a later version would write it: whole, with a digest that fits.
  expect_damage("model.json",
                [](const std::string& good) {
                  auto json = nlohmann::ordered_json::parse(good);
                  json["format"] = json["format"].get<int>() + 1;
                  json.erase("digest");
                  json["digest"] = digest_of(json.dump());
                  return json.dump(1);
                },
                {"model.json", "has format", "this footfall reads format", "fit the model anew"});
}

TEST_F(Model, DamagedDescriptionIsFound) {
  const std::vector<std::string> words = {"model/model.json", "damaged", "fit the model anew"};
  expect_damage(
      "model.json", [](const std::string& good) { return good.substr(0, good.size() / 3); }, words);
  expect_damage(
      "model.json", [](const std::string&) { return std::string(); }, words);
  expect_damage(
      "model.json", [](const std::string&) { return std::string("[1, 2]"); }, words);
  expect_damage(
      "model.json", [](const std::string& good) { return with(good, "\"max_length\": 16", "\"max_length\": 61"); }, words);
  expect_damage(
      "model.json", [](const std::string& good) { return with(good, "\"hidden\"", "\"hiden\""); }, words);
}

TEST_F(Model, DamagedWeightsAreFound) {
  const std::vector<std::string> words = {"model/weights.safetensors", "damaged", "fit the model"};
  expect_damage(
      "weights.safetensors", [](const std::string& good) { return good.substr(0, good.size() - 4); }, words);
  expect_damage(
      "weights.safetensors", [](const std::string& good) { return good.substr(0, 100); }, words);
  expect_damage("weights.safetensors", [](const std::string&) { return std::string(); }, {"model/weights.safetensors", ";"});
  // One bit of one weight: the file is whole by its form.
  expect_damage(
      "weights.safetensors",
      [](std::string bytes) {
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
        return bytes;
      },
      words);
  std::filesystem::remove(path("model/weights.safetensors"));
  expect_useless({"model/weights.safetensors", "does not exist"});
}

TEST_F(Model, DamagedJobIsFound) {
  expect_damage("job.toml", [](const std::string& good) { return good.substr(0, good.find("[split]") + 3); }, {"model/job.toml", ";"});
  expect_damage("job.toml", [](const std::string& good) { return with(good, "epochs ", "epocs  "); },
                {"model/job.toml:", "unknown key \"epocs\"", "did you mean \"epochs\"?"});
  expect_damage("job.toml", [](const std::string& good) { return with(good, "\"spend\"", "\"spent\""); },
                {"model/job.toml", "targets", "model.json"});
  // A job that is whole but reads less than the model was fitted with; `evaluate` reads the job that it is given.
  const std::string good = text("model/job.toml");
  write("model/job.toml", with(good, "numeric        = [\"price\"]", "numeric = []"));
  expect_refusal({"score", "model", "--out", "scores.csv"}, {"column \"price\"", "fitted with", ";"});
  std::filesystem::remove(path("model/job.toml"));
  expect_useless({"model/job.toml", ";"});
}

TEST_F(Model, DataThatLacksAColumnOfTheModel) {
  write("new.csv", with(shop.events_csv(), "price", "cost"));
  expect_refusal({"score", "model", "--events", "new.csv", "--out", "scores.csv"}, {"new.csv", "no column \"price\"", ";"});
  write("new.csv", with(shop.customers_csv(), "city", "town"));
  expect_refusal({"score", "model", "--customers", "new.csv", "--out", "scores.csv"}, {"column \"city\"", "customer table", ";"});
}

TEST_F(Model, DataOfAnotherTypeThanTheModels) {
  write("new.csv", with_field(shop.events_csv(), 6, 4, "cheap"));
  expect_refusal({"score", "model", "--events", "new.csv", "--out", "scores.csv"},
                 {"new.csv:6: ", "column \"price\"", "\"cheap\"", "no number"});
  write("new.csv", with_field(shop.events_csv(), 6, 4, "-inf"));
  expect_refusal({"score", "model", "--events", "new.csv", "--out", "scores"}, {"new.csv:6: ", "column \"price\"", "infinite"});
  write("new.csv", with_field(shop.customers_csv(), 6, 0, "2"));
  expect_refusal({"score", "model", "--customers", "new.csv", "--out", "scores.csv"}, {"new.csv:6: ", "customer \"2\"", "twice"});
}

TEST_F(Model, RefusalsLeaveTheScoresThatWereThere) {
  done({"score", "model", "--out", "scores.csv", "--quiet"});
  done({"score", "model", "--out", "shards", "--quiet"});
  write("new.csv", with_field(shop.events_csv(), 6, 4, "cheap"));
  const std::string before = text("scores.csv");
  expect_refusal({"score", "model", "--events", "new.csv", "--out", "scores.csv", "--overwrite"}, {"new.csv:6: "});
  expect_refusal({"score", "model", "--events", "new.csv", "--out", "shards", "--overwrite"}, {"new.csv:6: "});
  EXPECT_EQ(text("scores.csv"), before);
}

TEST_F(Model, FilesOfASourceThatTheModelLacks) {
  ShopJob job;
  job.customers.clear();
  job.targets = with(job.targets, "[[target]]\nname = \"tariff\"\nkind = \"column\"\ncolumn = \"plan\"\n", "");
  write("events_alone.toml", job.text());
  done({"fit", "events_alone.toml", "--out", "events_alone", "--quiet"});
  expect_refusal({"score", "events_alone", "--customers", "customers.csv", "--out", "scores.csv"},
                 {"--customers", "without a customer table", "leave it out"});
}

TEST_F(Model, AsOfThatIsNoMoment) {
  expect_refusal({"score", "model", "--as-of", "yesterday", "--out", "scores.csv"},
                 {"--as-of", "\"yesterday\"", "no moment", "2011-09-10"});
}

TEST_F(Model, NobodyToScore) {
  ShopJob job;
  job.customers.clear();
  job.targets = with(job.targets, "[[target]]\nname = \"tariff\"\nkind = \"column\"\ncolumn = \"plan\"\n", "");
  write("events_alone.toml", job.text());
  done({"fit", "events_alone.toml", "--out", "events_alone", "--quiet"});
  for (const char* out : {"scores.parquet", "scores.csv", "shards"})
    expect_refusal({"score", "events_alone", "--as-of", "2020-01-01", "--out", out}, {"no customer to score", "--as-of"});
}

TEST_F(Model, EvaluateWantsTheTargetsOfTheModel) {
  const ShopJob job;
  write("other.toml", with(job.text(), "name = \"spend\"", "name = \"spent\""));
  expect_refusal({"evaluate", "model", "other.toml"}, {"other.toml", "targets", "purchase, spend, tariff", "same order"});
  write("other.toml", with(job.text(), "kind = \"sum\"", "kind = \"silent\""));
  expect_refusal({"evaluate", "model", "other.toml"}, {"other.toml", "targets", "same kinds"});
  write("other.toml", with(job.text(), "[\"price\"]", "[]"));
  expect_refusal({"evaluate", "model", "other.toml"}, {"column \"price\"", "fitted with"});
}

}  // namespace
}  // namespace footfall::test
