// The LSTM and GRU cases of ONNX's node tests, from $FOOTFALL_DATA/onnx_rnn_node_tests/decoded_cases.json.
//
// ONNX has gates in the order i, o, f, c (LSTM) and z, r, h (GRU), W and R apart and B = [Wb, Rb]; layout 1 puts the batch first.
// Its GRU with linear_before_reset = 0, which all these cases use, applies the reset gate before the recurrent product:
//   n = tanh(W x + Wb + R (r * h) + Rb),  ours: n = tanh(W x + Wb + r * (R h + Rb)).
// The two differ in general. They are the same function for a single step from a zero state once Rb of n has moved to Wb of n, because R h
// is then zero in both; every one of these cases is such a step, and the test refuses one that is not.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/kernels/sequences/rnn_run.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

/// A node's tensor by its name in the node, empty where there is none.
Tensor tensor(const json& test, const std::string& name) {
  for (const auto& [key, entry] : test.at("tensors").items()) {
    if (entry.at("name") == name) return {entry.at("shape").get<std::vector<std::int64_t>>(), entry.at("data").get<std::vector<double>>()};
  }
  return {};
}

/// [batch, time, width] to [time, batch, width].
std::vector<double> time_first(const std::vector<double>& values, std::int64_t batch, std::int64_t time, std::int64_t width) {
  std::vector<double> out(values.size());
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t t = 0; t < time; ++t) {
      std::copy_n(values.begin() + (b * time + t) * width, width, out.begin() + (t * batch + b) * width);
    }
  }
  return out;
}

/// Blocks of `size` values in the order of our gates.
void append_gates(Cell cell, const std::vector<double>& from, std::int64_t begin, std::int64_t size, std::vector<double>& to) {
  const std::vector<std::int64_t> order = cell == Cell::lstm ? std::vector<std::int64_t>{0, 2, 3, 1} : std::vector<std::int64_t>{1, 0, 2};
  for (const std::int64_t gate : order) to.insert(to.end(), from.begin() + begin + gate * size, from.begin() + begin + (gate + 1) * size);
}

class OnnxVectors : public BackendTest {
 protected:
  void check(const std::string& name) {
    const char* data = std::getenv("FOOTFALL_DATA");
    const fs::path file = data == nullptr ? fs::path() : fs::path(data) / "onnx_rnn_node_tests" / "decoded_cases.json";
    if (!fs::exists(file)) GTEST_SKIP() << "FOOTFALL_DATA has no onnx_rnn_node_tests";
    std::ifstream in(file);
    const json test = json::parse(in).at(name);
    const json attributes = test.at("node").at("attrs");
    const bool batch_first = attributes.value("layout", 0) == 1;
    const Tensor x = tensor(test, "X"), w = tensor(test, "W"), r = tensor(test, "R"), bias = tensor(test, "B");
    ASSERT_EQ(w.shape.at(0), 1) << "one direction";

    RnnProblem p;
    RnnSpec& spec = p.spec;
    spec.cell = test.at("node").at("op") == "LSTM" ? Cell::lstm : Cell::gru;
    spec.input = x.shape.at(2);
    const std::int64_t hidden = attributes.at("hidden_size");
    spec.hidden = {hidden};
    p.time = x.shape.at(batch_first ? 1 : 0);
    const std::int64_t batch = x.shape.at(batch_first ? 0 : 1);
    p.lengths.assign(static_cast<std::size_t>(batch), static_cast<std::int32_t>(p.time));
    spec.max_batch = batch;
    spec.max_time = p.time;
    p.x = batch_first ? time_first(x.values, batch, p.time, spec.input) : x.values;

    append_gates(spec.cell, w.values, 0, hidden * spec.input, p.weights);
    append_gates(spec.cell, r.values, 0, hidden * hidden, p.weights);
    std::vector<double> b = bias.values;
    if (b.empty()) b.resize(static_cast<std::size_t>(2 * gates(spec.cell) * hidden));
    if (spec.cell == Cell::gru && attributes.value("linear_before_reset", 0) == 0) {
      ASSERT_EQ(p.time, 1) << "the two kinds of GRU agree on one step only";
      ASSERT_TRUE(tensor(test, "initial_h").values.empty()) << "the two kinds of GRU agree from a zero state only";
      for (std::int64_t u = 0; u < hidden; ++u) {
        double& of_r = b[static_cast<std::size_t>(5 * hidden + u)];
        b[static_cast<std::size_t>(2 * hidden + u)] += of_r;
        of_r = 0;
      }
    }
    append_gates(spec.cell, b, 0, hidden, p.weights);
    append_gates(spec.cell, b, gates(spec.cell) * hidden, hidden, p.weights);

    const RnnResult result = score_once(p, backend(), stream());
    const Tensor last = tensor(test, "Y_h"), every = tensor(test, "Y");
    ASSERT_FALSE(last.values.empty());
    expect_array(result.hn, last.values, 1e-5, "Y_h");
    if (every.values.empty()) return;
    expect_array(result.y, batch_first ? time_first(every.values, batch, p.time, hidden) : every.values, 1e-5, "Y");
  }
};

TEST_F(OnnxVectors, lstm_defaults) { check("test_lstm_defaults"); }
TEST_F(OnnxVectors, lstm_with_initial_bias) { check("test_lstm_with_initial_bias"); }
TEST_F(OnnxVectors, lstm_batchwise) { check("test_lstm_batchwise"); }
TEST_F(OnnxVectors, gru_defaults) { check("test_gru_defaults"); }
TEST_F(OnnxVectors, gru_with_initial_bias) { check("test_gru_with_initial_bias"); }
TEST_F(OnnxVectors, gru_batchwise) { check("test_gru_batchwise"); }

}  // namespace
}  // namespace footfall::test
