// Bad input to `fit`: exit 2, a message with the file, the row or column, the cause and the remedy, and nothing left behind.
#include <functional>

#include "host/table/read.hpp"
#include "host/table/write.hpp"
#include "tests/tools/command/shop_test.hpp"

namespace footfall::test {
namespace {

/// A shop on its way to being damaged.
struct Files {
  std::filesystem::path folder;
  SmallShop shop;
  ShopJob job;
  std::string events, customers;

  /// The event log as Parquet, and the job that reads it.
  void to_parquet() {
    std::ofstream(folder / "events.csv", std::ios::binary) << events;
    ReadRequest request;
    request.files = {(folder / "events.csv").string()};
    request.kinds["time"] = ColumnKind::time;
    write_table((folder / "events.parquet").string(), read_table(request));
    job.events = "files = [\"events.parquet\"]\n";
  }
  [[nodiscard]] std::string parquet() const { return contents(folder / "events.parquet"); }
  void parquet(const std::string& bytes) const { std::ofstream(folder / "events.parquet", std::ios::binary) << bytes; }
};

struct BadData {
  const char* name;
  std::function<void(Files&)> damage;
  std::vector<std::string> words;  ///< of the message
};

class Fit : public ShopTest, public ::testing::WithParamInterface<BadData> {};

TEST_P(Fit, Refuses) {
  Files files{folder.path(), shop, {}, shop.events_csv(), shop.customers_csv()};
  GetParam().damage(files);
  write("events.csv", files.events);
  write("customers.csv", files.customers);
  write("job.toml", files.job.text());
  expect_refusal({"fit", "job.toml", "--out", "out/model"}, GetParam().words);
}

const BadData bad_data[] = {
    {"MissingFile", [](Files& f) { f.job.events = "files = [\"evnts.csv\"]\n"; }, {"evnts.csv", "does not exist", "check the name"}},
    {"PatternWithoutFiles", [](Files& f) { f.job.events = "files = [\"log/*.parquet\"]\n"; }, {"log/*.parquet", ";"}},
    {"MissingColumnOfTheEvents",
     [](Files& f) { f.events = with(f.events, "price", "prices"); },
     {"events.csv", "no column \"price\"", "did you mean \"prices\"?"}},
    {"MissingColumnOfTheCustomers",
     [](Files& f) { f.customers = with(f.customers, "age", "ages"); },
     {"column \"age\"", "customer table", "did you mean \"ages\"?"}},
    {"MissingTargetColumn",
     [](Files& f) { f.customers = with(f.customers, "plan", "plans"); },
     {"target \"tariff\"", "\"plan\"", "did you mean \"plans\"?"}},
    {"TextInANumberColumnOfTheEvents",
     [](Files& f) { f.events = with_field(f.events, 18, 4, "n/a"); },
     {"events.csv:18: ", "column \"price\"", "\"n/a\"", "no number", "missing_tokens"}},
    {"TextInANumberColumnOfTheCustomers",
     [](Files& f) { f.customers = with_field(f.customers, 7, 1, "forty"); },
     {"customers.csv:7: ", "column \"age\"", "\"forty\"", "no number", "missing_tokens"}},
    {"UnparsableTime",
     [](Files& f) { f.events = with_field(f.events, 9, 1, "2025-02-30"); },
     {"events.csv:9: ", "column \"time\"", "\"2025-02-30\"", "no time", "time_format"}},
    {"MissingTime",
     [](Files& f) { f.events = with_field(f.events, 9, 1, ""); },
     {"events.csv:9: ", "column \"time\"", "nothing", "is not null"}},
    {"NoCustomerInTheEvents",
     [](Files& f) { f.events = with_field(f.events, 12, 0, ""); },
     {"events.csv:12: ", "column \"customer_id\"", "nothing", "is not null"}},
    {"NoCustomerInTheTable",
     [](Files& f) { f.customers = with_field(f.customers, 12, 0, "NA"); },
     {"customers.csv:12: ", "column \"customer_id\"", "nothing", "fix the file"}},
    {"EmptyFile", [](Files& f) { f.events.clear(); }, {"events.csv", "is empty", ";"}},
    {"HeaderAlone", [](Files& f) { f.events = line_of(f.events, 1) + "\n"; }, {"events.csv", "holds no rows", ";"}},
    {"RaggedLine",
     [](Files& f) { f.events = with_field(f.events, 11, 2, "view,more"); },
     {"events.csv:11: ", "7 fields where 6 are expected", "quotes"}},
    {"LastLineCutOff",
     [](Files& f) { f.customers.resize(f.customers.size() - 5); },
     {"customers.csv:", "does not end", "cut off", "fetch it again"}},
    {"OneClassInTheWindow",
     [](Files& f) {
       for (SmallShop::Event& e : f.shop.events)
         if (e.time >= shop_cutoff && e.type == "purchase") e.type = "view";
       f.events = f.shop.events_csv();
     },
     {"target \"purchase\"", "one class only", "choose another cutoff, horizon or event"}},
    {"NoEventOfTheType",
     [](Files& f) { f.job.targets = with(f.job.targets, "event = \"purchase\"", "event = \"purchases\""); },
     {"target \"purchase\"", "\"purchases\"", "no event is of it", "did you mean \"purchase\"?"}},
    {"OneClassInTheTable",
     [](Files& f) {
       for (SmallShop::Customer& c : f.shop.customers) c.plan = "plus";
       f.customers = f.shop.customers_csv();
     },
     {"target \"tariff\"", "column \"plan\"", "one class only", "\"plus\""}},
    {"CutoffBeforeAllEvents",
     [](Files& f) { f.job.split = "cutoff = \"2020-05-20\"\n"; },
     {"cutoff 2020-05-20", "before all events", "2025-03-01", "choose a later cutoff"}},
    {"CutoffAfterAllEvents",
     [](Files& f) { f.job.split = "cutoff = \"2030-05-20\"\n"; },
     {"cutoff 2030-05-20", "after all events", "2025-06-2", "choose an earlier cutoff"}},
    {"InfiniteNumber",
     [](Files& f) { f.events = with_field(f.events, 18, 4, "inf"); },
     {"events.csv:18: ", "column \"price\"", "infinite", "fix the file"}},
    {"NumberBeyondDoubles",
     [](Files& f) { f.events = with_field(f.events, 18, 4, "-1e999"); },
     {"events.csv:18: ", "column \"price\"", "-1e999", "infinite"}},
    {"NumberBeyondFloats",
     [](Files& f) { f.events = with_field(f.events, 18, 4, "1e39"); },
     {"events.csv:18: ", "column \"price\"", "too large", "3.4e38"}},
    {"AmountBeyondFloats",
     [](Files& f) { f.events = with_field(f.events, 18, 5, "1e39"); },
     {"events.csv:18: ", "revenue", "too large", "3.4e38"}},
    {"InfiniteNumberOfACustomer",
     [](Files& f) { f.customers = with_field(f.customers, 5, 1, "Infinity"); },
     {"customers.csv:5: ", "column \"age\"", "infinite"}},
    {"CustomerTwice",
     [](Files& f) { f.customers = with_field(f.customers, 9, 0, "3"); },
     {"customers.csv:9: ", "customer \"3\"", "twice", "customers.csv:4", "one row a customer"}},
    {"CustomersOfTwoKinds",
     [](Files& f) { f.customers = with_field(f.customers, 2, 0, "c1"); },
     {"customers.csv:2: ", "\"c1\"", "text", "whole numbers", "one kind"}},
    {"UnknownKey",
     [](Files& f) { f.job.train = "epoch = 1\n"; },
     {"job.toml:", "unknown key \"epoch\"", "[train]", "did you mean \"epochs\"?"}},
    {"UnknownTable",
     [](Files& f) { f.job.train = "[trian]\nepochs = 1\n"; },
     {"job.toml:", "unknown table [trian]", "did you mean [train]?"}},
    {"WrongType", [](Files& f) { f.job.train = "epochs = \"one\"\n"; }, {"job.toml:", "[train] epochs", "\"one\"", "text", "whole number"}},
    {"NoToml", [](Files& f) { f.job.train = "epochs 1\n"; }, {"job.toml:", ";"}},
    {"TwoWaysOfTesting", [](Files& f) { f.job.split += "test = 0.2\nfolds = 3\n"; }, {"job.toml:", "folds", "test", "keep one"}},
    {"ParquetCutOff",
     [](Files& f) {
       f.to_parquet();
       f.parquet(f.parquet().substr(0, f.parquet().size() / 2));
     },
     {"events.parquet", "cut off", ";"}},
    {"ParquetWithoutItsEnd",
     [](Files& f) {
       f.to_parquet();
       f.parquet(f.parquet().substr(0, f.parquet().size() - 1));
     },
     {"events.parquet", ";"}},
    {"ParquetDamagedInside",
     [](Files& f) {
       f.to_parquet();
       std::string bytes = f.parquet();
       for (std::size_t i = 4; i < bytes.size() / 2; ++i) bytes[i] = static_cast<char>(0xA5);
       f.parquet(bytes);
     },
     {"events.parquet", ";"}},
    {"ParquetThatIsNone",
     [](Files& f) { f.job.events = "files = [\"events.parquet\"]\n", f.parquet(std::string(1000, 'x')); },
     {"events.parquet", ";"}},
    {"NoEncoder", [](Files& f) { f.job.model = "lstm = []\nprofile = []\n"; }, {"job.toml:", "lstm", "profile", "keep one encoder"}},
};

INSTANTIATE_TEST_SUITE_P(BadInput, Fit, ::testing::ValuesIn(bad_data), [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace footfall::test
