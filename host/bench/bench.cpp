#include "host/bench/bench.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "host/bench/subject.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

using nlohmann::ordered_json;

struct Subject {
  const char* name;
  void (*measure)(BenchRun& run);
};
constexpr Subject subjects[] = {{"standardize", bench_standardize}, {"lstm", bench_lstm}, {"posterior", bench_posterior}, {"pipeline", bench_pipeline}};

}  // namespace

std::filesystem::path BenchRun::dump_file(std::string name) const {
  if (request.dump.empty()) return {};
  std::replace(name.begin(), name.end(), '/', '_');
  return request.dump / (name + ".safetensors");
}

std::vector<std::string> bench_subjects() {
  std::vector<std::string> names;
  for (const Subject& subject : subjects) names.emplace_back(subject.name);
  return names;
}

std::vector<BenchFigure> bench(const BenchRequest& request, const RunOptions& options, const std::function<void(const BenchFigure&)>& done) {
  std::vector<BenchFigure> figures;
  bool known = false;
  for (const Subject& subject : subjects) {
    if (request.subject != "all" && request.subject != subject.name) continue;
    known = true;
    Workshop shop(options);
    BenchRun run{request, options, shop, [&](BenchFigure figure) {
                   if (done) done(figure);
                   figures.push_back(std::move(figure));
                 }};
    subject.measure(run);
  }
  if (known && figures.empty()) throw bad_input("no figure of " + request.subject + " begins with \"" + request.only + "\"", "leave --only out to see their names");
  if (!known) throw bad_input("there is no benchmark \"" + request.subject + "\"", "footfall bench --help lists them");
  return figures;
}

std::string bench_json(const BenchFigure& figure, const RunOptions& options) {
  ordered_json line = {{"name", figure.name},
                       {"rate", figure.rate},
                       {"unit", figure.unit},
                       {"limit", figure.limit},
                       {"share", figure.share()},
                       {"device", options.device.name()},
                       {"limit_of", figure.limit_of},
                       {"spread", figure.spread},
                       {"limit_spread", figure.limit_spread},
                       {"threads", options.threads},
                       {"wall_s", figure.wall},
                       {"kernel_s", figure.kernel},
                       {"copy_s", figure.copy}};
  for (const auto& [name, value] : figure.more) line[name] = value;
  return line.dump();
}

}  // namespace footfall
