"""Loss of the seed model before and after one step of Adam, by PyTorch: LSTM(4, 128) -> LSTM(128, 64) -> last state -> Linear(64, 1),
binary cross-entropy, learning rate 1e-3. One bias a gate is trained, the other is zero and stays so.

Value k of a tensor that is filled with (scale, phase) is float32(scale * sin(0.7 k + phase)); seed_model_test.cpp computes the same.
Run it with any PyTorch of 2.x; it prints what seed_model_test.cpp holds.
"""

import torch

BATCH, TIME, INPUT, HIDDEN = 8, 6, 4, (128, 64)


def fill(shape, scale, phase):
    count = 1
    for n in shape:
        count *= n
    return (scale * torch.sin(0.7 * torch.arange(count, dtype=torch.float64) + phase)).float().reshape(shape)


def main():
    layers, width = [], INPUT
    for number, hidden in enumerate(HIDDEN):
        layer = torch.nn.LSTM(width, hidden, batch_first=True)
        for name, scale, phase in (("weight_ih_l0", 0.3, 1.0), ("weight_hh_l0", 0.1, 2.0), ("bias_ih_l0", 0.5, 3.0)):
            getattr(layer, name).data = fill(getattr(layer, name).shape, scale, phase + 10 * number)
        layer.bias_hh_l0.data.zero_()
        layer.bias_hh_l0.requires_grad = False
        layers.append(layer)
        width = hidden
    head = torch.nn.Linear(width, 1)
    head.weight.data = fill((1, width), 0.5, 4.0)
    head.bias.data = fill((1,), 0.5, 5.0)
    x = fill((BATCH, TIME, INPUT), 1.0, 0.0)
    y = torch.tensor([float(i % 3 == 0) for i in range(BATCH)])
    parameters = [p for part in layers + [head] for p in part.parameters() if p.requires_grad]
    adam = torch.optim.Adam(parameters, lr=1e-3)

    def loss():
        steps = x
        for layer in layers:
            steps, _ = layer(steps)
        return torch.nn.functional.binary_cross_entropy_with_logits(head(steps[:, -1]).squeeze(1), y)

    print("torch", torch.__version__, "trained parameters", sum(p.numel() for p in parameters))
    before = loss()
    before.backward()
    norm = torch.sqrt(sum(p.grad.double().square().sum() for p in parameters))
    adam.step()
    print(f"before {before.item():.9f} after {loss().item():.9f} gradient norm {norm.item():.9f}")


if __name__ == "__main__":
    main()
