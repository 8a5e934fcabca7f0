// The page in a real browser, where there is one: nothing on its console, every picture drawn and of some size, nothing beyond the edge of
// a telephone, labels that do not cover each other.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "host/report/report.hpp"
#include "host/table/atomic_file.hpp"
#include "tests/host/report/fitted_models.hpp"

namespace footfall {
namespace {

using testing::fitted_models;
using testing::TemporaryFolder;

std::optional<std::string> browser() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
      if (std::filesystem::exists(std::filesystem::path(folder) / name)) return (std::filesystem::path(folder) / name).string();
  return std::nullopt;
}

/// What the browser says: the document after it was laid out, and its log.
struct Seen {
  std::string document, log;

  [[nodiscard]] bool console() const { return log.find("CONSOLE") != std::string::npos; }
};

Seen open_in(const std::string& program, const TemporaryFolder& folder, const std::string& file, int width, bool dark) {
  const std::string document = folder.file("document.html"), log = folder.file("log.txt");
  const std::string command =
      "timeout 100 '" + program + "' --headless --no-sandbox --disable-gpu --enable-logging=stderr --user-data-dir='" +
      folder.file("profile") + "' --window-size=" + std::to_string(width) + ",900" +
      (dark ? " --blink-settings=preferredColorScheme=0" : "") + " --dump-dom 'file://" + file + "' > '" + document + "' 2> '" + log + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << read_file(log);
  return {read_file(document), read_file(log)};
}

/// Measures the laid-out page and leaves the result in an attribute of its body.
constexpr const char* measure = R"(<script>//<![CDATA[
const charts = [...document.querySelectorAll('svg[role=img]')], found = {charts: charts.length, empty: [], cut: [], covered: []};
for (const svg of charts) {
  const box = svg.getBoundingClientRect(), shapes = [...svg.querySelectorAll('.line, .bar, .dot')];
  if (box.width < 100 || box.height < 60 || !shapes.some(s => { const b = s.getBoundingClientRect(); return b.width + b.height > 3; })) found.empty.push(svg.ariaLabel);
  const texts = [...svg.querySelectorAll('text')].map(t => t.getBoundingClientRect());
  for (const t of texts) if (t.left < box.left - 1 || t.right > box.right + 1 || t.top < box.top - 1 || t.bottom > box.bottom + 1) found.cut.push(svg.ariaLabel);
  for (let i = 0; i < texts.length; ++i) for (let j = 0; j < i; ++j) {
    const a = texts[i], b = texts[j], x = Math.min(a.right, b.right) - Math.max(a.left, b.left), y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (x > 1 && y > 3) found.covered.push(svg.ariaLabel);
  }
}
found.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
const light = c => { const p = c.match(/[0-9.]+/g).map(Number); return (0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2]) / 255; };
found.page = light(getComputedStyle(document.body).backgroundColor);
found.ink = light(getComputedStyle(document.body).color);
document.body.setAttribute('data-found', btoa(unescape(encodeURIComponent(JSON.stringify(found)))));
console.error('measured');
//]]></script></body>)";

std::string from_base64(const std::string& text) {
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::size_t value = std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").find(c);
    if (value == std::string::npos) break;
    bits = bits << 6U | static_cast<unsigned>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> static_cast<unsigned>(held) & 0xFFU);
  }
  return out;
}

nlohmann::json found_in(const std::string& document) {
  const std::string key = "data-found=\"";
  const std::size_t at = document.find(key);
  if (at == std::string::npos) throw std::runtime_error("the page was not measured: " + document.substr(0, 200));
  return nlohmann::json::parse(from_base64(document.substr(at + key.size())));
}

class Browser : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::optional<std::string> found = browser();
    if (!found) GTEST_SKIP() << "no Chromium on PATH";
    program_ = *found;
    report({fitted_models().table, fitted_models().table_scores, folder_.file("table.html"), false}, {});
    report({fitted_models().shop, fitted_models().shop_scores, folder_.file("shop.html"), false}, {});
  }

  nlohmann::json measured(const std::string& name, int width, bool dark) {
    std::string page = read_file(folder_.file(name));
    page.replace(page.rfind("</body>"), 7, measure);
    const Seen seen = open_in(program_, folder_, folder_.write("measured.html", page), width, dark);
    EXPECT_TRUE(seen.console());  // the script's own word: what is silent elsewhere would have been heard
    return found_in(seen.document);
  }

  TemporaryFolder folder_;
  std::string program_;
};

TEST_F(Browser, SaysNothingOnItsConsole) {
  for (const char* name : {"table.html", "shop.html"}) {
    const Seen seen = open_in(program_, folder_, folder_.file(name), 1200, false);
    EXPECT_FALSE(seen.console()) << seen.log;
    EXPECT_NE(seen.document.find("</html>"), std::string::npos);
  }
}

TEST_F(Browser, DrawsEveryPictureOnAScreenAndOnATelephone) {
  for (const char* name : {"table.html", "shop.html"})
    for (const int width : {1200, 500}) {  // headless windows are 500 wide at least
      const nlohmann::json found = measured(name, width, false);
      EXPECT_GE(found.at("charts").get<int>(), 10) << name;
      for (const char* fault : {"empty", "cut", "covered"})
        EXPECT_TRUE(found.at(fault).empty()) << name << " " << width << " " << fault << ": " << found.at(fault);
      EXPECT_LE(found.at("overflow").get<int>(), 0) << name << " " << width;
    }
}

TEST_F(Browser, FollowsTheColourScheme) {
  const nlohmann::json light = measured("shop.html", 1200, false), dark = measured("shop.html", 1200, true);
  EXPECT_GT(light.at("page").get<double>(), 0.9);
  EXPECT_LT(light.at("ink").get<double>(), 0.3);
  EXPECT_LT(dark.at("page").get<double>(), 0.2);
  EXPECT_GT(dark.at("ink").get<double>(), 0.8);
}

}  // namespace
}  // namespace footfall
