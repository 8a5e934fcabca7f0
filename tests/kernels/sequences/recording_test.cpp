// A step that was recorded and is replayed leaves what the step itself leaves, also after the values below its views have changed.
#include <gtest/gtest.h>

#include "tests/kernels/sequences/rnn_run.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

class SequencesRecording : public BackendTest {};

std::vector<float> floats(const std::vector<double>& values) { return std::vector<float>(values.begin(), values.end()); }

TEST_F(SequencesRecording, lstm_batches_of_one_length) {
  const ProblemShape shape{Cell::lstm, 5, {12, 7}, std::vector<std::int32_t>(9, 6), false};
  const RnnProblem first = make_problem(shape, 81);
  RnnProblem second = make_problem(shape, 82);
  const auto plan = backend().sequences().make_rnn(first.spec, stream());
  Array<float> x = upload(floats(first.x), stream());
  Array<float> w = upload(floats(first.weights), stream());
  Array<float> dhn = upload(floats(first.dhn), stream());
  Array<float> dw(stream(), w.size());
  Array<float> hn(stream(), dhn.size());
  RnnBackward run;
  run.forward.x = x.matrix(54, 5);
  run.forward.lengths = view_of(first.lengths);
  run.forward.weights = w.view();
  run.forward.hn = hn.view();
  run.dhn = dhn.view();
  run.dweights = dw.view();
  const auto recording = stream().record([&] {
    clear(dw.view(), stream());
    plan->forward(run.forward, true, stream());
    plan->backward(run, stream());
  });
  for (RnnProblem problem : {first, second, first}) {
    problem.dy.clear();
    problem.dcn.clear();
    copy<float>(view_of(floats(problem.x)), x.view(), stream());
    copy<float>(view_of(floats(problem.weights)), w.view(), stream());
    copy<float>(view_of(floats(problem.dhn)), dhn.view(), stream());
    recording->replay();
    const RnnAnswer answer = solve(problem);
    expect_array(download(hn.view(), stream()), answer.hn, 1e-5, "hn");
    expect_array(download(dw.view(), stream()), answer.dweights, 1e-5, "dweights");
  }
}

TEST_F(SequencesRecording, packing_and_its_gradient) {
  PackSpec spec;
  spec.tables = {{0, 3, 2}};
  spec.max_steps = 4;
  const auto plan = backend().sequences().make_pack(spec, stream());
  const Array<EmbeddingTable> tables = upload(spec.tables, stream());
  Array<std::int32_t> codes = upload(std::vector<std::int32_t>{0, 0, 0, 0}, stream());
  const Array<float> parameters = upload(std::vector<float>{1, 2, 3, 4, 5, 6}, stream());
  const Array<std::int64_t> starts = upload(std::vector<std::int64_t>{0, 2}, stream());
  Array<std::int32_t> lengths = upload(std::vector<std::int32_t>{2, 1}, stream());
  Array<float> out(stream(), 8);
  Array<float> gradient(stream(), 6);
  PackInput in;
  in.codes = codes.matrix(4, 1);
  in.tables = tables.view();
  in.parameters = parameters.view();
  in.first = starts.view();
  in.length = lengths.view();
  const auto recording = stream().record([&] {
    clear(gradient.view(), stream());
    plan->forward(in, 2, out.matrix(4, 2), stream());
    plan->backward(in, 2, out.matrix(4, 2), gradient.view(), stream());
  });
  // The packed steps stand for their own gradients: vector v gets its values as often as it was taken.
  copy<std::int32_t>(view_of(std::vector<std::int32_t>{2, 1, 2, 0}), codes.view(), stream());
  recording->replay();
  EXPECT_EQ(download(out.view(), stream()), (std::vector<float>{5, 6, 5, 6, 3, 4, 0, 0}));
  EXPECT_EQ(download(gradient.view(), stream()), (std::vector<float>{0, 0, 3, 4, 10, 12}));
  copy<std::int32_t>(view_of(std::vector<std::int32_t>{2, 2}), lengths.view(), stream());
  recording->replay();
  EXPECT_EQ(download(out.view(), stream()), (std::vector<float>{5, 6, 5, 6, 3, 4, 1, 2}));
  EXPECT_EQ(download(gradient.view(), stream()), (std::vector<float>{1, 2, 3, 4, 10, 12}));
}

}  // namespace
}  // namespace footfall::test
