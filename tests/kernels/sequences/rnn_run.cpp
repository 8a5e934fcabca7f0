#include "tests/kernels/sequences/rnn_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace footfall::test {
namespace {

std::vector<float> floats(const std::vector<double>& values) { return std::vector<float>(values.begin(), values.end()); }

/// The device copies that a run works on. Outputs start as NaN, so that a place that is not written is seen.
struct Arrays {
  Arrays(const RnnProblem& p, Stream& stream)
      : x(upload(floats(p.x), stream)),
        weights(upload(floats(p.weights), stream)),
        h0(upload(floats(p.h0), stream)),
        c0(upload(floats(p.c0), stream)),
        dy(upload(floats(p.dy), stream)),
        dhn(upload(floats(p.dhn), stream)),
        dcn(upload(floats(p.dcn), stream)),
        y(unwritten(p.time * p.batch() * p.spec.hidden.back(), stream)),
        hn(unwritten(states(p), stream)),
        cn(unwritten(cell_states(p), stream)),
        dx(unwritten(static_cast<std::int64_t>(p.x.size()), stream)),
        dh0(unwritten(states(p), stream)),
        dc0(unwritten(cell_states(p), stream)),
        dweights(upload(std::vector<float>(p.weights.size()), stream)) {}

  static Array<float> unwritten(std::int64_t size, Stream& stream) {
    return upload(std::vector<float>(static_cast<std::size_t>(size), std::nanf("")), stream);
  }
  static std::int64_t states(const RnnProblem& p) { return p.batch() * state_width(p.spec); }
  static std::int64_t cell_states(const RnnProblem& p) { return p.spec.cell == Cell::lstm ? states(p) : 0; }

  RnnForward forward(const RnnProblem& p) {
    RnnForward run;
    run.x = x.matrix(p.time * p.batch(), p.spec.input);
    run.lengths = view_of(p.lengths);
    run.weights = weights.view();
    run.h0 = h0.view();
    run.c0 = c0.view();
    run.y = y.matrix(p.time * p.batch(), p.spec.hidden.back());
    run.hn = hn.view();
    run.cn = cn.view();
    return run;
  }

  Array<float> x, weights, h0, c0, dy, dhn, dcn, y, hn, cn, dx, dh0, dc0, dweights;
};

void zero_ended_steps(const RnnProblem& p, std::vector<float>& dx) {
  for (std::int64_t b = 0; b < p.batch(); ++b) {
    for (std::int64_t t = p.lengths[static_cast<std::size_t>(b)]; t < p.time; ++t) {
      std::fill_n(dx.begin() + (t * p.batch() + b) * p.spec.input, p.spec.input, 0.0F);
    }
  }
}

}  // namespace

RnnResult train_once(const RnnProblem& p, Rnn& plan, Stream& stream) {
  Arrays on(p, stream);
  RnnBackward run;
  run.forward = on.forward(p);
  if (!p.dy.empty()) run.dy = on.dy.matrix(p.time * p.batch(), p.spec.hidden.back());
  run.dhn = on.dhn.view();
  run.dcn = on.dcn.view();
  run.dx = on.dx.matrix(p.time * p.batch(), p.spec.input);
  run.dh0 = on.dh0.view();
  run.dc0 = on.dc0.view();
  run.dweights = on.dweights.view();
  plan.forward(run.forward, true, stream);
  plan.backward(run, stream);
  RnnResult r;
  r.y = download(on.y.view(), stream);
  r.hn = download(on.hn.view(), stream);
  r.cn = download(on.cn.view(), stream);
  r.dx = download(on.dx.view(), stream);
  r.dh0 = download(on.dh0.view(), stream);
  r.dc0 = download(on.dc0.view(), stream);
  r.dweights = download(on.dweights.view(), stream);
  zero_ended_steps(p, r.dx);
  return r;
}

RnnResult train_once(const RnnProblem& p, Backend& backend, Stream& stream) {
  const std::unique_ptr<Rnn> plan = backend.sequences().make_rnn(p.spec, stream);
  return train_once(p, *plan, stream);
}

RnnResult score_once(const RnnProblem& p, Backend& backend, Stream& stream) {
  RnnSpec spec = p.spec;
  spec.training = false;
  const std::unique_ptr<Rnn> plan = backend.sequences().make_rnn(spec, stream);
  Arrays on(p, stream);
  plan->forward(on.forward(p), false, stream);
  RnnResult r;
  r.y = download(on.y.view(), stream);
  r.hn = download(on.hn.view(), stream);
  r.cn = download(on.cn.view(), stream);
  return r;
}

void expect_array(const std::vector<float>& a, const std::vector<double>& b, double relative, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  double largest = 0, furthest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_FALSE(std::isnan(a[i])) << what << " is not written at " << i;
    largest = std::max(largest, std::abs(b[i]));
    furthest = std::max(furthest, std::abs(static_cast<double>(a[i]) - b[i]));
  }
  EXPECT_LE(furthest, relative * largest) << what << ", largest " << largest;
}

void expect_agreement(const RnnResult& r, const RnnAnswer& a, const RnnProblem& p, bool gradients, double relative) {
  const bool has_cell = p.spec.cell == Cell::lstm;
  expect_array(r.y, a.y, relative, "y");
  expect_array(r.hn, a.hn, relative, "hn");
  if (has_cell) expect_array(r.cn, a.cn, relative, "cn");
  if (!gradients) return;
  expect_array(r.dx, a.dx, relative, "dx");
  expect_array(r.dh0, a.dh0, relative, "dh0");
  if (has_cell) expect_array(r.dc0, a.dc0, relative, "dc0");
  expect_array(r.dweights, a.dweights, relative, "dweights");
}

}  // namespace footfall::test
