#pragma once

#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "host/table/read.hpp"
#include "host/table/write.hpp"
#include "tests/host/journeys/folder.hpp"

namespace footfall {

/// A made-up event log and customer table with everything that can be odd about them, and a job over them.
struct RandomLog {
  bool text_ids = false, merge = false, where = false, table = false, steps = false;
  int files = 1, customers = 10, rows = 100, moments = 50;

  explicit RandomLog(std::mt19937& random) {
    text_ids = random() % 2 == 0;
    merge = random() % 3 == 0;
    where = random() % 3 == 0;
    table = random() % 2 == 0;
    steps = random() % 4 == 0;
    files = 1 + static_cast<int>(random() % 4);
    customers = 1 + static_cast<int>(random() % 60);
    rows = 1 + static_cast<int>(random() % 600);
    moments = 1 + static_cast<int>(random() % 80);
  }

  [[nodiscard]] std::string id(int customer) const { return text_ids ? fmt::format("customer {}", customer * 7919 % 1000) : std::to_string(customer * 7919 - 100); }

  /// Writes the files; every second one as Parquet.
  void write(const Folder& folder, std::mt19937& random) const {
    for (int file = 0; file < files; ++file) {
      std::string text = file % 3 == 1 ? "kind,item,invoice,price,quantity,time,who\n" : "who,time,kind,item,price,quantity,invoice\n";
      for (int row = 0; row < rows; ++row) {
        // A third of all events is one customer's.
        const std::string who = id(static_cast<int>(random() % 3 == 0 ? 0 : random() % static_cast<unsigned>(customers)));
        const int moment = static_cast<int>(random() % static_cast<unsigned>(moments));
        const std::string time = steps ? std::to_string(moment) : fmt::format("2020-01-{:02}T{:02}:00:{:02}", 1 + moment % 28, moment % 24, random() % 2);
        const std::string kind = random() % 10 == 0 ? "" : std::string(1, static_cast<char>('a' + random() % 4));
        const std::string item = random() % 10 == 0 ? "" : std::to_string(random() % 40);
        const std::string invoice = random() % 10 == 0 ? "" : fmt::format("I{}", random() % 50);
        const std::string price = random() % 8 == 0 ? "" : fmt::format("{:.2f}", static_cast<double>(random() % 4000) / 100.0 - 5.0);
        const std::string quantity = random() % 8 == 0 ? "" : std::to_string(random() % 9);
        text += file % 3 == 1 ? fmt::format("{},{},{},{},{},{},{}\n", kind, item, invoice, price, quantity, time, who)
                              : fmt::format("{},{},{},{},{},{},{}\n", who, time, kind, item, price, quantity, invoice);
      }
      const std::string name = fmt::format("e{}.csv", file);
      folder.write(name, text);
      if (file % 2 == 1) to_parquet(folder, name, random);
    }
    if (!table) return;
    std::string text = "age,city,who,label,spend\n";
    for (int customer = customers / 2; customer < customers + 10; ++customer)
      text += fmt::format("{},{},{},{},{}\n", random() % 5 == 0 ? "" : std::to_string(random() % 90), random() % 5 == 0 ? "NA" : fmt::format("c{}", random() % 6), id(customer),
                          random() % 6 == 0 ? "" : random() % 2 == 0 ? "yes" : "no", random() % 6 == 0 ? "" : fmt::format("{:.1f}", static_cast<double>(random() % 100) / 10.0));
    folder.write("customers.csv", text);
  }

  [[nodiscard]] std::string job() const {
    std::string text = "[events]\nfiles = [\"e*\"]\ncustomer = \"who\"\ntime = \"time\"\ntype = \"kind\"\nitem = \"item\"\nnumeric = [\"price\", \"quantity\"]\n"
                       "categorical = [\"kind\", \"invoice\"]\namount = \"price * quantity\"\n";
    if (merge) text += "merge = \"invoice\"\n";
    if (where) text += "where = \"price > 3 or quantity is null\"\n";
    if (table) text += "[customers]\nfiles = [\"customers.csv\"]\ncustomer = \"who\"\nnumeric = \"auto\"\ncategorical = \"auto\"\n";
    if (table) text += "[[target]]\nname = \"label\"\nkind = \"column\"\ncolumn = \"label\"\n[[target]]\nname = \"spend\"\nkind = \"column\"\ncolumn = \"spend\"\n";
    text += steps ? "[[target]]\nname = \"t\"\nkind = \"happens\"\nhorizon = 1\n[split]\ncutoff = 2\n"
                  : "[[target]]\nname = \"t\"\nkind = \"happens\"\nhorizon = \"1d\"\n[split]\ncutoff = \"2020-01-02\"\n";
    return text;
  }

 private:
  /// Replaces a text file by a Parquet file of the same rows.
  static void to_parquet(const Folder& folder, const std::string& name, std::mt19937& random) {
    ReadRequest request;
    request.files = {folder.text() + "/" + name};
    request.kinds = {{"time", ColumnKind::time}};
    const Table table = read_table(request);
    std::filesystem::remove(request.files[0]);
    write_table(request.files[0].substr(0, request.files[0].size() - 4) + ".parquet", table, {.row_group = 1 + static_cast<std::int64_t>(random() % 300)});
  }
};

}  // namespace footfall
