#include "tests/host/report/fitted_models.hpp"

#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/jobs/fit.hpp"
#include "host/jobs/score.hpp"

namespace footfall::testing {
namespace {

RunOptions on_cpu() {
  RunOptions options;
  options.device = Device{};
  options.threads = 1;
  return options;
}

std::string csv(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// 300 customers; one number decides all three targets, the other is noise with holes.
std::string customers() {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  std::string out = "id,strength," + csv(nasty_column) + ",city,left,plan,worth\n";
  for (int i = 0; i < 300; ++i) {
    const double x = uniform(random), noise = uniform(random);
    const std::string plan = x + 0.3 * noise < 0.4 ? nasty_class : x + 0.3 * noise < 0.9 ? "it's B" : "C";
    out += fmt::format("{},{:.4f},{},{},{},{},{:.2f}\n", i, x, i % 10 == 0 ? std::string() : fmt::format("{:.3f}", noise),
                       i % 3 == 0 ? "Oslo" : "Rome & co", x > uniform(random) ? "yes" : "no", csv(plan), 100.0 * x * x + noise);
  }
  return out;
}

/// 200 customers with a rate of their own, 240 days.
std::string events() {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  std::string out = "who,day,what,price\n";
  for (int c = 0; c < 200; ++c) {
    const double rate = 0.002 + 0.04 * uniform(random) * uniform(random);
    for (int day = 0; day < 240; ++day)
      if (uniform(random) < rate || day == c % 60)
        out += fmt::format("{},{},{},{:.2f}\n", c, day, uniform(random) < 0.5 ? "buy" : "look", 5.0 + 20.0 * uniform(random));
  }
  return out;
}

std::string table_job() {
  return "[customers]\nfiles = [\"customers.csv\"]\ncustomer = \"id\"\nnumeric = \"auto\"\ncategorical = \"auto\"\n"
         "[[target]]\nname = '" +
         first_target +
         "'\nkind = \"column\"\ncolumn = \"left\"\n[[target]]\nname = \"plan\"\nkind = \"column\"\ncolumn = \"plan\"\n"
         "[[target]]\nname = \"worth\"\nkind = \"column\"\ncolumn = \"worth\"\n[split]\nfolds = 2\n[model]\nprofile = [8]\nmembers = "
         "2\n[train]\nepochs = 3\nbatch = 32\n";
}

std::string shop_job() {
  return "[events]\nfiles = [\"events.csv\"]\ncustomer = \"who\"\ntime = \"day\"\ntype = \"what\"\namount = \"price\"\nnumeric = "
         "[\"price\"]\ncategorical = [\"what\"]\nmax_length = 8\n"
         "[[target]]\nname = \"purchase\"\nkind = \"happens\"\nevent = \"buy\"\nhorizon = 60\n[[target]]\nname = \"churn\"\nkind = "
         "\"silent\"\nhorizon = 60\n"
         "[[target]]\nname = \"spend\"\nkind = \"sum\"\nhorizon = 60\n[split]\ncutoff = 180\nout_of_time = true\n[model]\nlstm = "
         "[8]\nprofile = [8]\nmembers = 2\n"
         "[train]\nepochs = 2\nbatch = 32\n";
}

}  // namespace

FittedModels::FittedModels()
    : table(folder.path() / "table-model"),
      shop(folder.path() / "shop-model"),
      table_scores(folder.file("table.parquet")),
      shop_scores(folder.file("shop.parquet")) {
  folder.write("customers.csv", customers());
  folder.write("events.csv", events());
  fit(read_job(folder.write("table.toml", table_job())), table, Existing::refuse, on_cpu());
  fit(read_job(folder.write("shop.toml", shop_job())), shop, Existing::refuse, on_cpu());
  score_to(table, table_scores);
  score_to(shop, shop_scores);
}

const FittedModels& fitted_models() {
  static const FittedModels models;
  return models;
}

void score_to(const std::filesystem::path& model, const std::string& out) {
  ScoreRequest request;
  request.model = model;
  request.out = out;
  request.overwrite = true;
  score(request, on_cpu());
}

}  // namespace footfall::testing
