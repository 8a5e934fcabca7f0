#include "tests/emulator/src/rnn_arithmetic.hpp"

namespace footfall_emulator {
namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

double rounded(double value, Format format) {
  double keep = 0;
  store(&keep, format, 0, value);
  return load(&keep, format, 0);
}

std::size_t at(int value) { return static_cast<std::size_t>(value); }

// out[j] += sum over k of matrix[j, k] * in[k], with the matrix given transposed so that the inner loop runs along j.
void multiply_add(const std::vector<double>& transposed, const double* in, std::size_t columns, double* out, std::size_t rows) {
  for (std::size_t k = 0; k < columns; ++k) {
    const double x = in[k];
    const double* line = &transposed[k * rows];
    for (std::size_t j = 0; j < rows; ++j) out[j] += line[j] * x;
  }
}

// out[k] += sum over j of matrix[j, k] * in[j].
void multiply_add_back(const std::vector<double>& matrix, const double* in, std::size_t rows, double* out, std::size_t columns) {
  for (std::size_t j = 0; j < rows; ++j) {
    const double d = in[j];
    if (d == 0) continue;
    const double* line = &matrix[j * columns];
    for (std::size_t k = 0; k < columns; ++k) out[k] += line[k] * d;
  }
}

std::vector<double> transposed(const std::vector<double>& matrix, std::size_t rows, std::size_t columns) {
  std::vector<double> out(matrix.size());
  for (std::size_t j = 0; j < rows; ++j)
    for (std::size_t k = 0; k < columns; ++k) out[k * rows + j] = matrix[j * columns + k];
  return out;
}

std::vector<double> for_products(const double* values, std::size_t count, bool use_tf32) {
  std::vector<double> out(values, values + count);
  if (use_tf32)
    for (double& v : out) v = tf32(v);
  return out;
}

// The steps of a sequence in the order in which a direction visits them.
int visited(const NetworkShape& s, int sequence, int direction, int i) { return direction == 0 ? i : s.lengths[at(sequence)] - 1 - i; }

struct Sizes {
  std::size_t hidden, batch, gate_rows, input;
};
Sizes sizes_of(const NetworkShape& s, int p) { return {at(s.hidden), at(s.batch), at(s.gates()) * at(s.hidden), at(s.input_of(p))}; }

// One step of a cell. x_part and h_part are the two products with their biases.
void step(CellKind cell, std::size_t hidden, const double* x_part, const double* h_part, const double* h_before, const double* c_before, double* gate, double* candidate,
          double* h, double* c) {
  for (std::size_t u = 0; u < hidden; ++u) {
    const auto sum = [&](std::size_t g) { return x_part[g * hidden + u] + h_part[g * hidden + u]; };
    if (cell == CellKind::lstm) {
      const double i = sigmoid(sum(0)), f = sigmoid(sum(1)), g = std::tanh(sum(2)), o = sigmoid(sum(3));
      gate[u] = i, gate[hidden + u] = f, gate[2 * hidden + u] = g, gate[3 * hidden + u] = o;
      c[u] = f * c_before[u] + i * g;
      h[u] = o * std::tanh(c[u]);
    } else if (cell == CellKind::gru) {
      const double r = sigmoid(sum(0)), z = sigmoid(sum(1));
      const double n = std::tanh(x_part[2 * hidden + u] + r * h_part[2 * hidden + u]);
      gate[u] = r, gate[hidden + u] = z, gate[2 * hidden + u] = n;
      candidate[u] = h_part[2 * hidden + u];
      h[u] = (1 - z) * n + z * h_before[u];
    } else {
      gate[u] = h[u] = cell == CellKind::tanh ? std::tanh(sum(0)) : std::max(sum(0), 0.0);
    }
  }
}

}  // namespace

std::vector<double> forward(NetworkTrace& trace, const std::vector<LayerParameters>& parameters, States& hy, States& cy) {
  const NetworkShape& s = trace.shape;
  const int layers = s.layers, directions = s.directions;
  for (auto* list : {&trace.gates, &trace.recurrent_candidate, &trace.h, &trace.c, &hy, &cy}) list->assign(at(s.pseudo_layers()), {});
  trace.layer_input.resize(at(layers));
  std::vector<double> y;
  for (int layer = 0; layer < layers; ++layer) {
    std::vector<double>& in = trace.layer_input[at(layer)];
    if (layer > 0) in = y;
    if (layer < static_cast<int>(trace.mask.size()) && !trace.mask[at(layer)].empty())
      for (std::size_t i = 0; i < in.size(); ++i) in[i] *= trace.mask[at(layer)][i];
    y.assign(s.rows() * at(s.hidden) * at(directions), 0.0);
    for (int direction = 0; direction < directions; ++direction) {
      const std::size_t p = at(layer * directions + direction);
      const Sizes n = sizes_of(s, static_cast<int>(p));
      const LayerParameters& w = parameters[p];
      const std::vector<double> input_t = transposed(for_products(w.input.data(), w.input.size(), s.tf32), n.gate_rows, n.input);
      const std::vector<double> recurrent_t = transposed(for_products(w.recurrent.data(), w.recurrent.size(), s.tf32), n.gate_rows, n.hidden);
      trace.gates[p].assign(s.rows() * n.gate_rows, 0.0);
      for (auto* list : {&trace.recurrent_candidate, &trace.h, &trace.c}) (*list)[p].assign(s.rows() * n.hidden, 0.0);
      hy[p].assign(n.batch * n.hidden, 0.0);
      cy[p].assign(n.batch * n.hidden, 0.0);
      std::vector<double> x_part(n.gate_rows), h_part(n.gate_rows);
      for (std::size_t b = 0; b < n.batch; ++b) {
        std::vector<double> h(trace.h0[p].begin() + static_cast<std::ptrdiff_t>(b * n.hidden), trace.h0[p].begin() + static_cast<std::ptrdiff_t>((b + 1) * n.hidden));
        std::vector<double> c(trace.c0[p].begin() + static_cast<std::ptrdiff_t>(b * n.hidden), trace.c0[p].begin() + static_cast<std::ptrdiff_t>((b + 1) * n.hidden));
        std::vector<double> next_h(n.hidden), next_c(n.hidden);
        for (int i = 0; i < s.lengths[b]; ++i) {
          const std::size_t row = at(visited(s, static_cast<int>(b), direction, i)) * n.batch + b;
          x_part = w.input_bias;
          h_part = w.recurrent_bias;
          multiply_add(input_t, for_products(&in[row * n.input], n.input, s.tf32).data(), n.input, x_part.data(), n.gate_rows);
          multiply_add(recurrent_t, for_products(h.data(), n.hidden, s.tf32).data(), n.hidden, h_part.data(), n.gate_rows);
          step(s.cell, n.hidden, x_part.data(), h_part.data(), h.data(), c.data(), &trace.gates[p][row * n.gate_rows], &trace.recurrent_candidate[p][row * n.hidden],
               next_h.data(), next_c.data());
          for (std::size_t u = 0; u < n.hidden; ++u) {
            h[u] = trace.h[p][row * n.hidden + u] = rounded(next_h[u], s.format);
            c[u] = trace.c[p][row * n.hidden + u] = rounded(next_c[u], s.format == Format::float64 ? Format::float64 : Format::float32);
            y[(row * at(directions) + at(direction)) * n.hidden + u] = h[u];
          }
        }
        std::copy(h.begin(), h.end(), hy[p].begin() + static_cast<std::ptrdiff_t>(b * n.hidden));
        std::copy(c.begin(), c.end(), cy[p].begin() + static_cast<std::ptrdiff_t>(b * n.hidden));
      }
    }
  }
  return y;
}

std::vector<double> backward_data(NetworkTrace& trace, const std::vector<LayerParameters>& parameters, const std::vector<double>& dy, const States& dhy, const States& dcy,
                                  States& dhx, States& dcx) {
  const NetworkShape& s = trace.shape;
  for (auto* list : {&trace.d_input_gates, &trace.d_recurrent_gates, &dhx, &dcx}) list->assign(at(s.pseudo_layers()), {});
  std::vector<double> above = dy;
  for (int layer = s.layers - 1; layer >= 0; --layer) {
    const std::size_t width = at(s.input_of(layer * s.directions));
    std::vector<double> below(s.rows() * width, 0.0);
    for (int direction = 0; direction < s.directions; ++direction) {
      const std::size_t p = at(layer * s.directions + direction);
      const Sizes n = sizes_of(s, static_cast<int>(p));
      const std::vector<double> input = for_products(parameters[p].input.data(), parameters[p].input.size(), s.tf32);
      const std::vector<double> recurrent = for_products(parameters[p].recurrent.data(), parameters[p].recurrent.size(), s.tf32);
      trace.d_input_gates[p].assign(s.rows() * n.gate_rows, 0.0);
      trace.d_recurrent_gates[p].assign(s.rows() * n.gate_rows, 0.0);
      dhx[p].assign(n.batch * n.hidden, 0.0);
      dcx[p].assign(n.batch * n.hidden, 0.0);
      for (std::size_t b = 0; b < n.batch; ++b) {
        std::vector<double> dh(n.hidden, 0.0), dc(n.hidden, 0.0);
        for (std::size_t u = 0; u < n.hidden; ++u) {
          if (!dhy.empty()) dh[u] = dhy[p][b * n.hidden + u];
          if (!dcy.empty()) dc[u] = dcy[p][b * n.hidden + u];
        }
        for (int i = s.lengths[b] - 1; i >= 0; --i) {
          const std::size_t row = at(visited(s, static_cast<int>(b), direction, i)) * n.batch + b;
          const bool first = i == 0;
          const std::size_t before = first ? 0 : at(visited(s, static_cast<int>(b), direction, i - 1)) * n.batch + b;
          double* din = &trace.d_input_gates[p][row * n.gate_rows];
          double* drec = &trace.d_recurrent_gates[p][row * n.gate_rows];
          const double* gate = &trace.gates[p][row * n.gate_rows];
          std::vector<double> dh_before(n.hidden, 0.0);
          for (std::size_t u = 0; u < n.hidden; ++u) {
            const double d = dh[u] + above[(row * at(s.directions) + at(direction)) * n.hidden + u];
            const double h_before = first ? trace.h0[p][b * n.hidden + u] : trace.h[p][before * n.hidden + u];
            if (s.cell == CellKind::lstm) {
              const double ig = gate[u], f = gate[n.hidden + u], g = gate[2 * n.hidden + u], o = gate[3 * n.hidden + u];
              const double c_before = first ? trace.c0[p][b * n.hidden + u] : trace.c[p][before * n.hidden + u];
              const double t = std::tanh(trace.c[p][row * n.hidden + u]);
              const double dcell = dc[u] + d * o * (1 - t * t);
              din[u] = dcell * g * ig * (1 - ig);
              din[n.hidden + u] = dcell * c_before * f * (1 - f);
              din[2 * n.hidden + u] = dcell * ig * (1 - g * g);
              din[3 * n.hidden + u] = d * t * o * (1 - o);
              dc[u] = dcell * f;
            } else if (s.cell == CellKind::gru) {
              const double r = gate[u], z = gate[n.hidden + u], c = gate[2 * n.hidden + u];
              const double dn = d * (1 - z) * (1 - c * c);
              din[u] = dn * trace.recurrent_candidate[p][row * n.hidden + u] * r * (1 - r);
              din[n.hidden + u] = d * (h_before - c) * z * (1 - z);
              din[2 * n.hidden + u] = dn;
              drec[2 * n.hidden + u] = dn * r;
              dh_before[u] = d * z;
            } else {
              din[u] = s.cell == CellKind::tanh ? d * (1 - gate[u] * gate[u]) : gate[u] > 0 ? d : 0;
            }
          }
          const std::size_t shared_rows = s.cell == CellKind::gru ? 2 * n.hidden : n.gate_rows;
          std::copy(din, din + shared_rows, drec);
          multiply_add_back(input, for_products(din, n.gate_rows, s.tf32).data(), n.gate_rows, &below[row * width], width);
          multiply_add_back(recurrent, for_products(drec, n.gate_rows, s.tf32).data(), n.gate_rows, dh_before.data(), n.hidden);
          dh = dh_before;
        }
        std::copy(dh.begin(), dh.end(), dhx[p].begin() + static_cast<std::ptrdiff_t>(b * n.hidden));
        std::copy(dc.begin(), dc.end(), dcx[p].begin() + static_cast<std::ptrdiff_t>(b * n.hidden));
      }
    }
    if (layer < static_cast<int>(trace.mask.size()) && !trace.mask[at(layer)].empty())
      for (std::size_t i = 0; i < below.size(); ++i) below[i] *= trace.mask[at(layer)][i];
    above = std::move(below);
  }
  return above;
}

std::vector<LayerParameters> backward_weights(const NetworkTrace& trace) {
  const NetworkShape& s = trace.shape;
  std::vector<LayerParameters> out(at(s.pseudo_layers()));
  for (int p_index = 0; p_index < s.pseudo_layers(); ++p_index) {
    const std::size_t p = at(p_index);
    const int direction = p_index % s.directions;
    const Sizes n = sizes_of(s, p_index);
    const std::vector<double>& in = trace.layer_input[at(p_index / s.directions)];
    LayerParameters& g = out[p];
    g.input.assign(n.gate_rows * n.input, 0.0);
    g.recurrent.assign(n.gate_rows * n.hidden, 0.0);
    g.input_bias.assign(n.gate_rows, 0.0);
    g.recurrent_bias.assign(n.gate_rows, 0.0);
    for (std::size_t b = 0; b < n.batch; ++b)
      for (int i = 0; i < s.lengths[b]; ++i) {
        const std::size_t row = at(visited(s, static_cast<int>(b), direction, i)) * n.batch + b;
        const double* before = i == 0 ? &trace.h0[p][b * n.hidden] : &trace.h[p][(at(visited(s, static_cast<int>(b), direction, i - 1)) * n.batch + b) * n.hidden];
        const std::vector<double> x = for_products(&in[row * n.input], n.input, s.tf32);
        const std::vector<double> h = for_products(before, n.hidden, s.tf32);
        const std::vector<double> din = for_products(&trace.d_input_gates[p][row * n.gate_rows], n.gate_rows, s.tf32);
        const std::vector<double> drec = for_products(&trace.d_recurrent_gates[p][row * n.gate_rows], n.gate_rows, s.tf32);
        for (std::size_t j = 0; j < n.gate_rows; ++j) {
          double* input_line = &g.input[j * n.input];
          for (std::size_t k = 0; k < n.input; ++k) input_line[k] += din[j] * x[k];
          double* recurrent_line = &g.recurrent[j * n.hidden];
          for (std::size_t k = 0; k < n.hidden; ++k) recurrent_line[k] += drec[j] * h[k];
          g.input_bias[j] += trace.d_input_gates[p][row * n.gate_rows + j];
          g.recurrent_bias[j] += trace.d_recurrent_gates[p][row * n.gate_rows + j];
        }
      }
  }
  return out;
}

}  // namespace footfall_emulator
