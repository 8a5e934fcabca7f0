// The page as a whole: well-formed, nothing from outside, every figure there with something drawn in it, names escaped, errors told.

#include "host/report/report.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "host/report/number_text.hpp"
#include "host/report/scores.hpp"
#include "host/table/atomic_file.hpp"
#include "tests/host/report/fitted_models.hpp"
#include "tests/host/report/page_reader.hpp"

namespace footfall {
namespace {

using testing::Element;
using testing::fitted_models;
using testing::message_of;
using testing::TemporaryFolder;

std::string page_of(const std::filesystem::path& model, const std::optional<std::filesystem::path>& scores) {
  const TemporaryFolder folder;
  const std::string out = folder.file("report.html");
  report({model, scores, out, false}, {});
  EXPECT_EQ(folder.entries(), 1U);  // nothing half-written beside it
  return read_file(out);
}

const std::string& table_page() {
  static const std::string page = page_of(fitted_models().table, fitted_models().table_scores);
  return page;
}
const std::string& shop_page() {
  static const std::string page = page_of(fitted_models().shop, fitted_models().shop_scores);
  return page;
}

std::unique_ptr<Element> parsed(const std::string& page) { return testing::PageReader(page).read(); }

const Element* section(const Element& page, const std::string& anchor) {
  for (const Element* found : page.all("section"))
    if (found->attribute("id") == anchor) return found;
  return nullptr;
}

std::vector<std::string> titles_in(const Element& section) {
  std::vector<std::string> titles;
  for (const Element* figure : section.all("figure")) titles.push_back(figure->all("h4").at(0)->text);
  return titles;
}

const Element* figure_in(const Element& section, const std::string& title) {
  for (const Element* figure : section.all("figure"))
    if (figure->all("h4").at(0)->text == title) return figure;
  return nullptr;
}

/// The numbers of a path or of attributes must lie inside the picture.
void expect_inside(const Element& svg) {
  const std::set<std::string> across = {"x", "x1", "x2", "cx"}, down = {"y", "y1", "y2", "cy"};
  for (const Element* shape : svg.all("")) {
    for (const auto& [key, value] : shape->attributes) {
      if (across.contains(key)) {
        EXPECT_GE(std::stod(value), 0.0) << key;
        EXPECT_LE(std::stod(value), 440.0) << key;
      }
      if (down.contains(key)) {
        EXPECT_GE(std::stod(value), 0.0) << key;
        EXPECT_LE(std::stod(value), 292.0) << key;
      }
    }
    if (shape->name != "path") continue;
    std::string path = shape->attribute("d");
    std::replace_if(
        path.begin(), path.end(), [](char c) { return c == 'M' || c == 'L'; }, ' ');
    std::istringstream numbers(path);
    std::size_t points = 0;
    for (double x = 0.0, y = 0.0; numbers >> x >> y; ++points) {
      EXPECT_TRUE(x >= 0.0 && x <= 440.0 && y >= 0.0 && y <= 292.0) << x << " " << y;
    }
    EXPECT_TRUE(numbers.eof());
    EXPECT_GE(points, 2U);
  }
}

void expect_figure(const Element& figure) {
  const std::string title = figure.all("h4").at(0)->text;
  const Element* chart = nullptr;
  for (const Element* svg : figure.all("svg"))
    if (svg->attribute("role") == "img") chart = svg;
  ASSERT_NE(chart, nullptr) << title;
  EXPECT_FALSE(chart->attribute("aria-label").empty()) << title;
  EXPECT_GE(chart->all("path", "line").size() + chart->all("rect", "bar").size() + chart->all("circle", "dot").size(), 1U) << title;
  const std::vector<const Element*> labels = chart->all("text", "label");
  ASSERT_EQ(labels.size(), 2U) << title;
  for (const Element* label : labels) EXPECT_FALSE(label->text.empty()) << title;
  EXPECT_GE(chart->all("text").size(), 2U + 4U) << title;  // two marks an axis at the least
  EXPECT_GT(figure.all("figcaption").at(0)->text.size(), 20U) << title;
  expect_inside(*chart);
}

TEST(Report, IsWellFormedAndEveryFigureHasSomethingInIt) {
  for (const std::string* text : {&table_page(), &shop_page()}) {
    const auto page = parsed(*text);
    const std::vector<const Element*> figures = page->all("figure");
    EXPECT_GE(figures.size(), 10U);
    for (const Element* figure : figures) expect_figure(*figure);
    for (const Element* table : page->all("table")) EXPECT_GE(table->all("tbody").at(0)->children.size(), 1U);
    for (const char* never : {"nan", "inf", "-0.0<", "{}"})
      EXPECT_EQ(page->all("main").at(0)->text.find(std::string(" ") + never + " "), std::string::npos) << never;
  }
}

TEST(Report, LoadsNothingAndRunsNothing) {
  for (const std::string* text : {&table_page(), &shop_page()}) {
    std::string rest = *text;
    for (const char* name : {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"})  // names of languages, never fetched
      for (std::size_t at = rest.find(name); at != std::string::npos; at = rest.find(name)) rest.erase(at, std::string(name).size());
    for (const char* outside : {"http:", "https:", "src=", "<script", "<link", "@import", "url(", "<iframe", "<img"})
      EXPECT_EQ(rest.find(outside), std::string::npos) << outside;
  }
}

TEST(Report, AnchorsLeadSomewhere) {
  const auto page = parsed(table_page());
  std::set<std::string> ids;
  for (const Element* element : page->all("")) {
    const std::string id = element->attribute("id");
    EXPECT_TRUE(id.empty() || ids.insert(id).second) << id;
  }
  const auto links = page->all("a");
  EXPECT_EQ(links.size(), 3U + 4U);
  for (const Element* link : links) EXPECT_TRUE(ids.contains(link->attribute("href").substr(1))) << link->attribute("href");
}

TEST(Report, ShowsEachKindOfTargetItsFigures) {
  const auto page = parsed(table_page());
  EXPECT_EQ(titles_in(*section(*page, "target-1")),
            (std::vector<std::string>{"Gain", "Lift", "Calibration", "ROC curve", "Precision and recall", "How far apart they are"}));
  EXPECT_EQ(titles_in(*section(*page, "target-2")), (std::vector<std::string>{"Found, by class", "Named and actual, by class"}));
  EXPECT_EQ(titles_in(*section(*page, "target-3")),
            (std::vector<std::string>{"Predicted and actual, by tenths of the prediction", "Gain"}));
  EXPECT_EQ(titles_in(*section(*page, "training")).size(), 3U);
  EXPECT_EQ(titles_in(*section(*page, "scores")), (std::vector<std::string>{"Distribution of the scores", "Likeliest class",
                                                                            "Distribution of the scores", "Distribution of the scores"}));
  for (const char* anchor : {"data", "making"}) EXPECT_NE(section(*page, anchor), nullptr);
}

TEST(Report, DrawsTheBaselinesBesideTheModel) {
  const auto page = parsed(shop_page());
  for (const char* anchor : {"target-1", "target-2", "target-3"})
    for (const char* title : {"Gain", "Lift", "ROC curve", "Precision and recall"}) {
      const Element* figure = figure_in(*section(*page, anchor), title);
      if (figure == nullptr) {
        EXPECT_STREQ(anchor, "target-3");  // a number has no ROC
        continue;
      }
      const Element* chart = figure->all("svg").back();
      for (const char* tone : {"model", "logistic", "recency", "constant"})
        EXPECT_EQ(chart->all("path", tone).size(), 1U) << anchor << " " << title << " " << tone;
      EXPECT_NE(figure->all("ul", "legend").at(0)->text.find("Recency alone"), std::string::npos);
    }
}

TEST(Report, SaysWhatItPredictsAndHowItWasTested) {
  const auto shop = parsed(shop_page());
  const std::string purchase = section(*shop, "target-1")->text, churn = section(*shop, "target-2")->text,
                    spend = section(*shop, "target-3")->text;
  EXPECT_NE(purchase.find("Which customers have a \u201cbuy\u201d event in the 60\u00a0steps from 180 on?"), std::string::npos)
      << purchase.substr(0, 300);
  EXPECT_NE(purchase.find("out of time"), std::string::npos);
  EXPECT_NE(churn.find("fall silent: no event"), std::string::npos);
  EXPECT_NE(spend.find("the sum of \u201cprice\u201d"), std::string::npos);
  const auto table = parsed(table_page());
  const std::string left = section(*table, "target-1")->text;
  EXPECT_NE(left.find("For which customers is \u201cleft\u201d \u201cyes\u201d?"), std::string::npos) << left.substr(0, 300);
  EXPECT_NE(left.find("2 groups (folds)"), std::string::npos);
  EXPECT_NE(left.find("300\u00a0customers were tested"), std::string::npos);
}

TEST(Report, TellsTheFiguresOfTheModelFolder) {
  const auto page = parsed(table_page());
  const auto metrics = nlohmann::json::parse(read_file(fitted_models().table / "metrics.json"));
  const std::string left = section(*page, "target-1")->text, worth = section(*page, "target-3")->text, data = section(*page, "data")->text;
  for (const char* figure : {"auroc", "auprc", "log_loss", "brier"}) {
    EXPECT_NE(left.find(figure_text(metrics.at("test").at(testing::first_target).at(figure))), std::string::npos) << figure;
    EXPECT_NE(left.find(figure_text(metrics.at("baselines").at(testing::first_target).at("logistic").at(figure))), std::string::npos)
        << figure;
  }
  EXPECT_NE(worth.find(figure_text(metrics.at("test").at("worth").at("mae"))), std::string::npos);
  EXPECT_NE(data.find(testing::nasty_column + "3010.0\u00a0%"), std::string::npos) << data;  // its row: name, 30 missing, 10 %
}

TEST(Report, EscapesEveryName) {
  const std::string& text = table_page();
  for (const std::string* name : {&testing::nasty_class, &testing::nasty_column}) EXPECT_EQ(text.find(*name), std::string::npos) << *name;
  const auto page = parsed(text);
  EXPECT_NE(page->all("title").at(0)->text.find(testing::first_target), std::string::npos);
  EXPECT_NE(section(*page, "target-2")->text.find(testing::nasty_class), std::string::npos);
  EXPECT_NE(section(*page, "data")->text.find(testing::nasty_column), std::string::npos);
}

TEST(Report, WithoutScoresHasNoPartAboutThem) {
  const auto page = parsed(page_of(fitted_models().table, std::nullopt));
  EXPECT_EQ(section(*page, "scores"), nullptr);
  EXPECT_NE(section(*page, "target-1"), nullptr);
}

TEST(Report, ReadsScoresOfEveryKind) {
  const TemporaryFolder folder;
  const SavedModel model = load_model(fitted_models().table);
  const ScoreRecord parquet = read_scores(fitted_models().table_scores, model);
  EXPECT_EQ(parquet.customers, 300);
  for (const std::string& name : {folder.file("scores.csv"), folder.file("shards")}) {
    testing::score_to(fitted_models().table, name);
    const ScoreRecord other = read_scores(name, model);
    EXPECT_EQ(other.customers, parquet.customers);
    for (std::size_t t = 0; t < parquet.targets.size(); ++t) {
      std::multiset<std::int32_t> a(parquet.targets[t].decile.begin(), parquet.targets[t].decile.end()),
          b(other.targets[t].decile.begin(), other.targets[t].decile.end());
      EXPECT_EQ(a, b) << name;
      EXPECT_EQ(parquet.targets[t].likeliest, other.targets[t].likeliest) << name;
    }
  }
}

TEST(Report, RefusesWhatIsThereUnlessTold) {
  const TemporaryFolder folder;
  const std::string out = folder.write("report.html", "mine");
  EXPECT_EQ(message_of(folder,
                       [&] {
                         report({fitted_models().table, {}, out, false}, {});
                       }),
            "report.html exists already; give --overwrite to replace it, or another --out");
  EXPECT_EQ(read_file(out), "mine");
  report({fitted_models().table, {}, out, true}, {});
  EXPECT_NE(read_file(out), "mine");
  EXPECT_NE(message_of(folder,
                       [&] {
                         report({fitted_models().table, {}, folder.path(), true}, {});
                       })
                .find("is a folder"),
            std::string::npos);
}

TEST(Report, TellsThatThereIsNoModel) {
  const TemporaryFolder folder;
  EXPECT_NE(message_of(folder,
                       [&] {
                         report({folder.path() / "nothing", {}, folder.file("report.html"), false}, {});
                       })
                .find("nothing"),
            std::string::npos);
  EXPECT_EQ(folder.entries(), 0U);
}

TEST(Report, RefusesScoresOfAnotherModel) {
  const TemporaryFolder folder;
  const auto message = [&](const std::filesystem::path& model, const std::string& scores) {
    return message_of(folder, [&] { report({model, scores, folder.file("r.html"), false}, {}); });
  };
  EXPECT_NE(message(fitted_models().table, fitted_models().shop_scores).find("holds no scores of this model"), std::string::npos);
  EXPECT_NE(message(fitted_models().table, folder.file("absent.parquet")).find("there are no scores at"), std::string::npos);
  // The same columns, but a tenth that this model's boundaries do not give.
  std::string csv = folder.file("scores.csv");
  testing::score_to(fitted_models().shop, csv);
  std::string text = read_file(csv);
  const std::size_t first = text.find('\n') + 1, comma = text.find(',', text.find(',', first) + 1);  // before the decile of purchase
  const std::size_t end = text.find(',', comma + 1);
  const std::string decile = text.substr(comma + 1, end - comma - 1);
  text.replace(comma + 1, end - comma - 1, decile == "1" ? "9" : "1");
  folder.write("scores.csv", text);
  const std::string told = message(fitted_models().shop, csv);
  EXPECT_NE(told.find("scores.csv:2: purchase"), std::string::npos) << told;
  EXPECT_NE(told.find("scores of another one"), std::string::npos) << told;
}

TEST(Report, NamesTheDamagedFile) {
  const TemporaryFolder folder;
  for (const char* file : {"metrics.json", "history.csv", "test_predictions.parquet"}) {
    const std::filesystem::path copy = folder.path() / "copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(fitted_models().table, copy);
    std::string text = read_file(copy / file);
    std::ofstream(copy / file, std::ios::binary) << text.substr(0, text.size() / 2 - 3);
    EXPECT_NE(message_of(folder, [&] { report({copy, {}, folder.file("r.html"), false}, {}); }).find(file), std::string::npos) << file;
  }
}

TEST(Report, IsTheSameTwice) { EXPECT_EQ(page_of(fitted_models().shop, fitted_models().shop_scores), shop_page()); }

}  // namespace
}  // namespace footfall
