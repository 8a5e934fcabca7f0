#include "host/simulate/simulate.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "host/simulate/shop_folder.hpp"
#include "host/simulate/shop_tables.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/device/team.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t customers_a_chunk = 8192;
constexpr std::int64_t customers_a_tile = 256;
constexpr std::int64_t customers_a_file = 100'000;
constexpr std::int64_t fewest_files = 4;

constexpr const char* job_text = R"(# A simulated shop: what is true of each customer stands in truth.parquet, which no model may see.
[events]
files       = ["events/*.parquet"]
customer    = "customer_id"
time        = "time"
type        = "event"
item        = "item_id"
amount      = "revenue"
numeric     = ["price", "quantity"]
categorical = ["event", "category"]

[customers]
files       = ["customers.parquet"]
customer    = "customer_id"
numeric     = ["age", "income"]
categorical = ["gender", "city", "channel"]

[[target]]
name    = "purchase"
kind    = "happens"
event   = "purchase"
horizon = "30d"

[[target]]
name    = "churn"
kind    = "silent"
horizon = "30d"

[[target]]
name    = "spend"
kind    = "sum"
horizon = "30d"

[split]
cutoff = "2025-06-01"
test   = 0.2
)";

/// Event files of ranges of customers: file k holds those from first(k) to first(k + 1).
class EventFiles {
 public:
  EventFiles(std::filesystem::path folder, std::int64_t customers) : folder_(std::move(folder)) {
    const std::int64_t files = std::min(customers, std::max(fewest_files, (customers + customers_a_file - 1) / customers_a_file));
    a_file_ = (customers + files - 1) / files;
  }

  void write(const Catalogue& catalogue, std::span<const SimulatedCustomer> customers) {
    while (!customers.empty()) {
      const std::int64_t file = (customers.front().id - 1) / a_file_;
      if (file != file_) open(file);
      const auto here = static_cast<std::size_t>(
          std::min<std::int64_t>((file + 1) * a_file_ - (customers.front().id - 1), static_cast<std::int64_t>(customers.size())));
      writer_->write(event_table(catalogue, customers.first(here)));
      customers = customers.subspan(here);
    }
  }

  std::int64_t finish() {
    if (writer_) {
      writer_->finish();
      rows_ += writer_->rows();
    }
    writer_.reset();
    return rows_;
  }

 private:
  void open(std::int64_t file) {
    finish();
    writer_.emplace((folder_ / fmt::format("part-{:05}.parquet", file)).string(), event_columns());
    file_ = file;
  }

  std::filesystem::path folder_;
  std::int64_t a_file_ = 1;
  std::int64_t file_ = -1;
  std::int64_t rows_ = 0;
  std::optional<TableWriter> writer_;
};

bool buys_in_horizon(const SimulatedCustomer& customer) {
  return std::any_of(customer.sessions.begin(), customer.sessions.end(), [](const SimulatedSession& session) {
    return session.purchase && session.start >= ShopCalendar::cutoff && session.start < ShopCalendar::horizon_end;
  });
}

/// Some customers in the order of their ids, with the truth about each.
struct Chunk {
  std::vector<SimulatedCustomer> customers;
  std::vector<ShopTruth> truths;
};

void fill_chunk(const Shop& shop, std::int64_t first_id, std::int64_t size, Team& team, Chunk& chunk) {
  chunk.customers.resize(static_cast<std::size_t>(size));
  chunk.truths.resize(static_cast<std::size_t>(size));
  team.run((size + customers_a_tile - 1) / customers_a_tile, [&](std::int64_t tile, int) {
    for (std::int64_t i = tile * customers_a_tile; i < std::min(size, (tile + 1) * customers_a_tile); ++i) {
      const auto at = static_cast<std::size_t>(i);
      chunk.customers[at] = shop.simulate(first_id + i);
      chunk.truths[at] = shop.truth(chunk.customers[at]);
    }
  });
}

}  // namespace

SimulateSummary simulate(const SimulateRequest& request, const RunOptions& options) {
  if (request.customers < 1)
    throw bad_input(fmt::format("a shop of {} customers is none", request.customers), "give --customers 1 or more");
  const auto began = std::chrono::steady_clock::now();
  ShopFolder folder(request.out, request.overwrite);
  const Shop shop(request.seed);
  Team team(options.threads);
  EventFiles events(folder.growing() / "events", request.customers);
  TableWriter customers((folder.growing() / "customers.parquet").string(), customer_columns());
  TableWriter truth((folder.growing() / "truth.parquet").string(), truth_columns());
  SimulateSummary summary;
  Chunk chunk;
  for (std::int64_t done = 0; done < request.customers;) {
    const std::int64_t size = std::min(customers_a_chunk, request.customers - done);
    fill_chunk(shop, done + 1, size, team, chunk);
    team.run(3, [&](std::int64_t table, int) {
      if (table == 0) events.write(shop.catalogue(), chunk.customers);
      if (table == 1) customers.write(customer_table(chunk.customers));
      if (table == 2) truth.write(truth_table(chunk.customers, chunk.truths));
    });
    for (std::size_t i = 0; i < chunk.customers.size(); ++i) {
      summary.buyers += buys_in_horizon(chunk.customers[i]) ? 1 : 0;
      summary.expected_buyers += chunk.truths[i].purchase;
    }
    done += size;
    options.observer.progress("simulate", done, request.customers, "customers");
  }
  summary.events = events.finish();
  customers.finish();
  truth.finish();
  write_file(folder.growing() / "job.toml", job_text);
  folder.hand_over();
  summary.customers = request.customers;
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return summary;
}

}  // namespace footfall
