#!/usr/bin/env python3
"""The seed LSTM in PyTorch on one GPU, as `footfall bench lstm` measures it: 32 steps of 32 features, LSTM 128 -> 64 -> sigmoid.

    gpu_pytorch.py [--device cuda:0]

Prints lines for the ledger's table. A step of training is forward, loss, backward and Adam; work counts gates only, two operations a
multiply-add, and a training step as three forward passes.
"""
import argparse
import time

import torch

STEPS, FEATURES, WIDTHS = 32, 32, (128, 64)


class Seed(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.LSTM(FEATURES, WIDTHS[0], batch_first=True)
        self.second = torch.nn.LSTM(WIDTHS[0], WIDTHS[1], batch_first=True)
        self.head = torch.nn.Linear(WIDTHS[1], 1)

    def forward(self, events: torch.Tensor) -> torch.Tensor:
        sequence, _ = self.first(events)
        sequence, _ = self.second(sequence)
        return self.head(sequence[:, -1]).squeeze(-1)


def forward_operations(batch: int) -> float:
    inputs, operations = FEATURES, 0
    for width in WIDTHS:
        operations += 2 * 4 * width * (inputs + width)
        inputs = width
    return float(batch * STEPS * operations)


def seconds(device: torch.device, work, least: float = 1.0) -> float:
    """Median time of one call, after a warm-up."""
    for _ in range(10):
        work()
    torch.cuda.synchronize(device)
    times, begin = [], time.perf_counter()
    while time.perf_counter() - begin < least or len(times) < 5:
        start = time.perf_counter()
        for _ in range(20):
            work()
        torch.cuda.synchronize(device)
        times.append((time.perf_counter() - start) / 20)
    return sorted(times)[len(times) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda:0")
    device = torch.device(parser.parse_args().device)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False   # float32, as footfall's default
    torch.manual_seed(1)
    for name, batch, train in (("train", 32, True), ("train", 4096, True), ("score", 4096, False)):
        model = Seed().to(device)
        events = torch.randn(batch, STEPS, FEATURES, device=device)
        labels = torch.randint(0, 2, (batch,), device=device).float()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        loss = torch.nn.BCEWithLogitsLoss()

        def step() -> None:
            optimizer.zero_grad(set_to_none=True)
            loss(model(events), labels).backward()
            optimizer.step()

        @torch.no_grad()
        def score() -> None:
            torch.sigmoid(model(events))

        spent = seconds(device, step if train else score)
        operations = forward_operations(batch) * (3 if train else 1)
        print(f"| PyTorch {torch.__version__} lstm/{name}/{batch} | {batch / spent:.4g} sequences/s | {operations / spent / 1e9:.4g} GFLOP/s |")


if __name__ == "__main__":
    main()
