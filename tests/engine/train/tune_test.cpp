// The measured choice of the recurrent layers' algorithms, on the backend under test.
#include "engine/train/tune.hpp"

#include <gtest/gtest.h>

#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using enum RnnAlgorithm;
using TuneTest = test::BackendTest;

TEST_F(TuneTest, lstm_times_what_the_device_has) {
  Architecture model;
  model.event_numbers = 3;
  model.hidden = {128, 20};
  std::vector<std::pair<std::size_t, RnnAlgorithm>> asked;
  for (const AlgorithmTime& each : time_algorithms(model, 8, 3, backend(), stream())) {
    EXPECT_GT(each.milliseconds, 0.0);
    asked.emplace_back(each.layer, each.algorithm);
  }
  // 20 units are no multiple of 128, which `persistent` needs; a processor has one way.
  const std::vector<std::pair<std::size_t, RnnAlgorithm>> here = test::on_cpu()
      ? std::vector<std::pair<std::size_t, RnnAlgorithm>>{{0, standard}, {1, standard}}
      : std::vector<std::pair<std::size_t, RnnAlgorithm>>{{0, standard}, {0, persistent}, {0, persistent_small}, {1, standard}, {1, persistent_small}};
  EXPECT_EQ(asked, here);
}

TEST_F(TuneTest, lstm_nothing_is_timed_without_recurrent_layers) { EXPECT_TRUE(time_algorithms(Architecture{}, 8, 3, backend(), stream()).empty()); }

TEST(Fastest, lstm_is_the_least_time_of_each_layer_and_of_equals_the_first) {
  const std::vector<AlgorithmTime> times = {{0, standard, 2.0}, {0, persistent, 1.5}, {0, persistent_small, 1.6}, {1, standard, 1.0}, {1, persistent_small, 1.0}};
  EXPECT_EQ(fastest_algorithms(times, 2), (std::vector{persistent, standard}));
  EXPECT_EQ(fastest_algorithms({}, 1), std::vector{standard});
}

}  // namespace
}  // namespace footfall
