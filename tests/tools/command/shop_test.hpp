#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/host/table/temporary_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/small_shop.hpp"

namespace footfall::test {

[[nodiscard]] inline std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in.good()) << file;
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

/// A folder with a small shop (job.toml, events.csv, customers.csv) in which the command runs.
class ShopTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t customers = 150;

  void SetUp() override {
    write("job.toml", ShopJob().text());
    write("events.csv", shop.events_csv());
    write("customers.csv", shop.customers_csv());
  }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string text(const std::string& name) const { return contents(folder.path() / name); }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder.path() / name; }
  [[nodiscard]] std::string list(const std::string& name = "") const { return listing(folder.path() / name); }

  /// Jobs run on the processor unless they name a device, so that a machine with a GPU tests the same.
  [[nodiscard]] CommandResult command(std::vector<std::string> arguments, CommandOptions options = {}) const {
    options.folder = folder.path();
    const bool job = !arguments.empty() && (arguments[0] == "fit" || arguments[0] == "score" || arguments[0] == "evaluate");
    if (job && std::find(arguments.begin(), arguments.end(), "--device") == arguments.end())
      arguments.insert(arguments.end(), {"--device", "cpu"});
    return run_command(FOOTFALL_COMMAND, arguments, options);
  }
  /// A command that must do what it was asked.
  CommandResult done(const std::vector<std::string>& arguments) const {
    CommandResult result = command(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return result;
  }
  void fit_model() const { done({"fit", "job.toml", "--out", "model", "--quiet"}); }

  /// A command that must end with this status, say all of `words` in its last line, and leave every file as it was.
  void expect_refusal(const std::vector<std::string>& arguments, const std::vector<std::string>& words, int status = 2,
                      const CommandOptions& options = {}) const {
    const std::string before = list();
    const CommandResult result = command(arguments, options);
    EXPECT_EQ(result.status, status) << result.err;
    for (const std::string& word : words)
      EXPECT_NE(result.last_line().find(word), std::string::npos) << "\"" << word << "\" is not in: " << result.last_line();
    EXPECT_EQ(list(), before) << "the command left something behind, or took something away";
  }

  testing::TemporaryFolder folder;
  SmallShop shop = make_small_shop(customers);
};

}  // namespace footfall::test
