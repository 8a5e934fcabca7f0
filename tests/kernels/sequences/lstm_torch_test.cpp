// Every folder of $FOOTFALL_DATA/lstm_torch_reference, forward and backward, as PyTorch computed it in float64.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/kernels/sequences/npy.hpp"
#include "tests/kernels/sequences/rnn_run.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

namespace fs = std::filesystem;

fs::path data_folder(const char* name) {
  const char* data = std::getenv("FOOTFALL_DATA");
  return data == nullptr ? fs::path() : fs::path(data) / name;
}

/// The lengths that the manifest has for a case; all equal to `time` where it has none.
std::vector<std::int32_t> lengths_of(const fs::path& folder, std::int64_t time, std::int64_t batch) {
  const fs::path manifest = folder.parent_path() / "manifest.json";
  if (fs::exists(manifest)) {
    std::ifstream in(manifest);
    const nlohmann::json all = nlohmann::json::parse(in);
    for (const auto& entry : all.at("cases")) {
      if (entry.at("name") == folder.filename().string() && entry.contains("lengths") && !entry["lengths"].is_null()) {
        return entry["lengths"].get<std::vector<std::int32_t>>();
      }
    }
  }
  return std::vector<std::int32_t>(static_cast<std::size_t>(batch), static_cast<std::int32_t>(time));
}

struct TorchCase {
  RnnProblem problem;
  RnnAnswer answer;
};

/// Weights (prefix "") or their gradients (prefix "grad_") of all layers in our order.
std::vector<double> weights_of(const fs::path& folder, const std::string& prefix, std::vector<std::int64_t>* hidden) {
  std::vector<double> all;
  for (int layer = 0; fs::exists(folder / (prefix + "weight_ih_l" + std::to_string(layer) + ".npy")); ++layer) {
    for (const char* part : {"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"}) {
      const Npy array = read_npy(folder / (prefix + part + std::to_string(layer) + ".npy"));
      all.insert(all.end(), array.values.begin(), array.values.end());
      if (hidden != nullptr && std::string(part) == "weight_hh_l") hidden->push_back(array.shape.at(1));
    }
  }
  return all;
}

TorchCase read_case(const fs::path& folder) {
  const auto values = [&](const char* name) {
    const fs::path file = folder / (std::string(name) + ".npy");
    return fs::exists(file) ? read_npy(file).values : std::vector<double>();
  };
  TorchCase c;
  const Npy x = read_npy(folder / "x.npy");
  RnnProblem& p = c.problem;
  p.time = x.shape.at(0);
  p.lengths = lengths_of(folder, p.time, x.shape.at(1));
  p.spec.cell = Cell::lstm;
  p.spec.input = x.shape.at(2);
  p.weights = weights_of(folder, "", &p.spec.hidden);
  p.spec.max_batch = x.shape.at(1);
  p.spec.max_time = p.time;
  p.spec.training = true;
  p.x = x.values;
  p.h0 = values("h0");
  p.c0 = values("c0");
  p.dy = values("loss_wy");
  p.dhn = values("loss_wh");
  p.dcn = values("loss_wc");
  c.answer.y = values("y");
  c.answer.hn = values("hn");
  c.answer.cn = values("cn");
  c.answer.dx = values("grad_x");
  c.answer.dh0 = values("grad_h0");
  c.answer.dc0 = values("grad_c0");
  c.answer.dweights = weights_of(folder, "grad_", nullptr);
  return c;
}

/// dweights as one run would let a large array hide a small one: each of torch's arrays is compared by itself.
void expect_weight_gradients(const RnnResult& result, const TorchCase& c) {
  const RnnSpec& spec = c.problem.spec;
  std::size_t at = 0;
  std::int64_t input = spec.input;
  for (std::size_t l = 0; l < spec.hidden.size(); ++l) {
    const std::int64_t hidden = spec.hidden[l];
    for (const std::int64_t size : {4 * hidden * input, 4 * hidden * hidden, 4 * hidden, 4 * hidden}) {
      const auto n = static_cast<std::size_t>(size);
      const std::vector<float> ours(result.dweights.begin() + static_cast<std::ptrdiff_t>(at),
                                    result.dweights.begin() + static_cast<std::ptrdiff_t>(at + n));
      const std::vector<double> theirs(c.answer.dweights.begin() + static_cast<std::ptrdiff_t>(at),
                                       c.answer.dweights.begin() + static_cast<std::ptrdiff_t>(at + n));
      expect_array(ours, theirs, 1e-5, "gradient of layer " + std::to_string(l) + ", " + std::to_string(size) + " values");
      at += n;
    }
    input = hidden;
  }
}

class RnnVectors : public BackendTest {};

TEST_F(RnnVectors, lstm_torch_reference_folders) {
  const fs::path all = data_folder("lstm_torch_reference");
  if (all.empty() || !fs::is_directory(all)) GTEST_SKIP() << "FOOTFALL_DATA has no lstm_torch_reference";
  int cases = 0;
  for (const auto& entry : fs::directory_iterator(all)) {
    if (!entry.is_directory() || !fs::exists(entry.path() / "x.npy")) continue;
    SCOPED_TRACE(entry.path().filename().string());
    ++cases;
    const TorchCase c = read_case(entry.path());
    const RnnResult trained = train_once(c.problem, backend(), stream());
    expect_agreement(trained, c.answer, c.problem, true);
    expect_weight_gradients(trained, c);
    expect_agreement(score_once(c.problem, backend(), stream()), c.answer, c.problem, false);
  }
  EXPECT_GT(cases, 0) << all << " holds no case";
}

}  // namespace
}  // namespace footfall::test
