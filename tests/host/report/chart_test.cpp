// Where things are drawn, how numbers are written, how axes are marked.

#include <algorithm>
#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

#include "host/report/html.hpp"
#include "host/report/number_text.hpp"
#include "host/report/style.hpp"
#include "host/report/svg_chart.hpp"
#include "tests/host/report/page_reader.hpp"

namespace footfall {
namespace {

using testing::Element;

std::unique_ptr<Element> parsed(const std::string& svg) {
  return testing::PageReader("<!DOCTYPE html>" + svg.substr(0, svg.find_last_not_of('\n') + 1)).read();
}

TEST(NumberText, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(-1234567), "\u22121,234,567");
  EXPECT_EQ(percent_text(0.1547), "15.5\u00a0%");
  EXPECT_EQ(percent_text(0.0035), "0.35\u00a0%");
  EXPECT_EQ(percent_text(1.0), "100\u00a0%");
  EXPECT_EQ(percent_text(0.0), "0\u00a0%");
  EXPECT_EQ(figure_text(0.93483), "0.935");
  EXPECT_EQ(figure_text(18.313), "18.31");
  EXPECT_EQ(figure_text(119780.4), "119,780");
  EXPECT_EQ(figure_text(-0.00016), "\u22120.00016");
  EXPECT_EQ(figure_text(std::nan("")), "\u2013");
  EXPECT_EQ(figure_text(-0.0), "0.000");
  EXPECT_EQ(ratio_text(3.256), "3.3\u00d7");
  EXPECT_EQ(seconds_text(0.0336), "34\u00a0ms");
  EXPECT_EQ(seconds_text(2.04), "2.0\u00a0s");
  EXPECT_EQ(seconds_text(42.97), "43\u00a0s");
  EXPECT_EQ(seconds_text(125.0), "2\u00a0min 5\u00a0s");
  EXPECT_EQ(seconds_text(3780.0), "1\u00a0h 3\u00a0min");
  EXPECT_EQ(counted(1, "customer", "customers"), "1\u00a0customer");
  EXPECT_EQ(counted(1200, "customer", "customers"), "1,200\u00a0customers");
}

TEST(NumberText, TicksHaveTheDigitsTheyNeed) {
  EXPECT_EQ(tick_text(0.25, 0.25, Unit::number), "0.25");
  EXPECT_EQ(tick_text(0.5, 0.25, Unit::number), "0.50");
  EXPECT_EQ(tick_text(12500, 2500, Unit::count), "12,500");
  EXPECT_EQ(tick_text(2.5e6, 5e5, Unit::count), "2.5\u00a0M");
  EXPECT_EQ(tick_text(0.025, 0.025, Unit::percent), "2.5\u00a0%");
  EXPECT_EQ(tick_text(-0.0, 0.2, Unit::number), "0.0");
}

TEST(Ticks, AreRoundAndCoverTheData) {
  for (const double low : {-3.0, 0.0, 0.0123, 400.0})
    for (const double width : {1e-4, 0.37, 1.0, 12.0, 98765.0, 3e9}) {
      const Ticks ticks = ticks_for(low, low + width, {}, 5);
      EXPECT_LE(ticks.low, low + 1e-9 * width);
      EXPECT_GE(ticks.high, low + width - 1e-9 * width);
      EXPECT_GE(ticks.at.size(), 3U);
      EXPECT_LE(ticks.at.size(), 9U);
      const double digits = ticks.step / std::pow(10.0, std::floor(std::log10(ticks.step) + 1e-9));
      EXPECT_TRUE(std::abs(digits - 1.0) < 1e-6 || std::abs(digits - 2.0) < 1e-6 || std::abs(digits - 2.5) < 1e-6 ||
                  std::abs(digits - 5.0) < 1e-6)
          << ticks.step;
    }
}

TEST(Ticks, OfCountsAreWhole) {
  for (const double high : {1.0, 2.0, 3.0, 8.0, 30.0}) {
    const Ticks ticks = ticks_for(0.0, high, {"", Unit::count, {}, {}, {}}, 5);
    for (const double at : ticks.at) EXPECT_EQ(at, std::round(at));
  }
}

TEST(Ticks, StandAroundDataThatDoesNotVary) {
  for (const double value : {0.0, 5.0, -2.0}) {
    const Ticks ticks = ticks_for(value, value, {}, 5);
    EXPECT_LT(ticks.low, ticks.high);
    EXPECT_GE(ticks.at.size(), 2U);
  }
}

TEST(LineChart, PutsPointsWhereTheAxesSay) {
  LineChart chart{"t",
                  {"across", Unit::number, 0.0, 1.0, {}},
                  {"up", Unit::number, 0.0, 2.0, {}},
                  {{"a", "model", {{0.0, 0.0}, {0.5, 2.0}, {1.0, 1.0}}, false, {}}}};
  const auto svg_element = parsed(svg(chart));
  const auto axes = svg_element->all("line", "axis");  // first the lower, then the left
  ASSERT_EQ(axes.size(), 2U);
  const double left = std::stod(axes[0]->attribute("x1")), right = std::stod(axes[0]->attribute("x2")),
               bottom = std::stod(axes[0]->attribute("y1")), top = std::stod(axes[1]->attribute("y1"));
  std::string path = svg_element->all("path", "model").at(0)->attribute("d");
  std::replace_if(
      path.begin(), path.end(), [](char c) { return c == 'M' || c == 'L'; }, ' ');
  std::istringstream numbers(path);
  for (const auto& [x, y] : {std::pair{left, bottom}, std::pair{(left + right) / 2.0, top}, std::pair{right, (top + bottom) / 2.0}}) {
    double px = 0.0, py = 0.0;
    ASSERT_TRUE(numbers >> px >> py);
    EXPECT_NEAR(px, x, 0.11);  // coordinates have one decimal
    EXPECT_NEAR(py, y, 0.11);
  }
}

TEST(LineChart, ShowsASinglePointAsADot) {
  const auto svg_element = parsed(
      svg(LineChart{"t", {"x", Unit::count, {}, {}, {}}, {"y", Unit::number, {}, {}, {}}, {{"a", "model", {{1.0, 0.4}}, false, {}}}}));
  EXPECT_EQ(svg_element->all("circle", "model").size(), 1U);
  EXPECT_TRUE(svg_element->all("path").empty());
}

TEST(LineChart, IsWholeWithoutAnyPoint) {
  EXPECT_NO_THROW(
      parsed(svg(LineChart{"t", {"x", Unit::number, {}, {}, {}}, {"y", Unit::number, {}, {}, {}}, {{"a", "model", {}, false, {}}}})));
}

TEST(BarChart, HeightsAreTheValuesAndStandOnZero) {
  const auto svg_element = parsed(svg(BarChart{
      "t", "x", {"y", Unit::number, -1.0, 3.0, {}}, {"first", "second <&>"}, {{"a", "model", {3.0, -1.0}}, {"b", "second", {1.5, 0.0}}}}));
  const auto bars = svg_element->all("rect", "bar");
  ASSERT_EQ(bars.size(), 4U);
  const auto height = [&](std::size_t i) { return std::stod(bars[i]->attribute("height")); };
  const auto top = [&](std::size_t i) { return std::stod(bars[i]->attribute("y")); };
  EXPECT_NEAR(height(1), height(0) / 2.0, 0.11);
  EXPECT_NEAR(height(2), height(0) / 3.0, 0.11);
  EXPECT_NEAR(height(3), 0.0, 0.11);
  EXPECT_NEAR(top(2), top(0) + height(0), 0.11);  // the negative one hangs from where the others stand
  EXPECT_EQ(bars[2]->all("title").at(0)->text, "second <&>, a: \u22121.000");
}

TEST(BarChart, CutsLongNamesBetweenLetters) {
  std::vector<std::string> names(9, "\u00c4\u00c4\u00c4\u00c4\u00c4\u00c4\u00c4\u00c4\u00c4\u00c4\u00c4\u00c4\u00c4\u00c4");
  const std::string text = svg(BarChart{"t", "x", {"y", Unit::number, {}, {}, {}}, names, {{"a", "model", std::vector<double>(9, 1.0)}}});
  EXPECT_NE(text.find("\u00c4\u2026"), std::string::npos);
  EXPECT_EQ(text.find("\xc3\xe2"), std::string::npos);  // half a letter before the dots
}

TEST(Histogram, DrawsCountsAndMarksInside) {
  Histogram chart{"t", {"x", Unit::number, {}, {}, {}}, {"n", Unit::count, {}, {}, {}}, {0.0, 1.0, 2.0}, {4, 2}, {0.5, 7.0}, figure_text};
  const auto svg_element = parsed(svg(chart));
  const auto bars = svg_element->all("rect", "bar");
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_NEAR(std::stod(bars[0]->attribute("height")), 2.0 * std::stod(bars[1]->attribute("height")), 0.2);
  EXPECT_EQ(svg_element->all("line", "mark").size(), 1U);  // the other lies beyond the axis
}

TEST(Html, EscapesWhatHtmlKnows) {
  EXPECT_EQ(escape("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
  EXPECT_EQ(escape(std::string("x\x01y\x7fz", 5)), "x\ufffdy\ufffdz");
  EXPECT_EQ(escape("caf\u00e9"), "caf\u00e9");
}

TEST(Html, ThePageIsWellFormedWhateverItsTitle) {
  const auto read = testing::PageReader(page("<&\">", "</p>", {{"a", "'<'", "<p>x</p>"}})).read();
  EXPECT_EQ(read->all("h1").at(0)->text, "<&\">");
  EXPECT_EQ(read->all("h2").at(0)->text, "'<'");
}

TEST(Style, IsForLightDarkAndPaper) {
  for (const char* part : {"prefers-color-scheme: dark", "@media print", "color-scheme"})
    EXPECT_NE(page_style().find(part), std::string::npos) << part;
  EXPECT_EQ(page_style().find_first_of("<&"), std::string::npos);  // it stands in the page unescaped
}

}  // namespace
}  // namespace footfall
