#!/usr/bin/env python3
"""The model that `footfall fit customers.csv --label LABEL` trains, in PyTorch: the same layers, members, epochs, batches and schedule, five folds
and one fit on everything.

    fit.py CUSTOMERS.csv LABEL MODEL [--folds 5] [--threads 2]

MODEL is the folder that footfall wrote: its job.toml says how it trained, its model.json which columns are numbers, its metrics.json what came out.
Inputs are normal scores, scaled logarithms and one-hot words, as footfall's engine/transform makes them.
"""
import argparse
import json
import math
import resource
import time
import tomllib


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("customers")
    parser.add_argument("label")
    parser.add_argument("model")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    began = time.perf_counter()
    import numpy as np
    import polars as pl
    import torch
    from scipy.special import ndtri
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    torch.set_num_threads(a.threads)
    imported = time.perf_counter()
    with open(f"{a.model}/job.toml", "rb") as file:
        job = tomllib.load(file)
    with open(f"{a.model}/model.json", encoding="utf-8") as file:
        transform = json.load(file)["transform"]
    members, widths, drop = job["model"]["members"], job["model"]["profile"], job["model"]["dropout"]
    epochs, batch, rate = job["train"]["epochs"], job["train"]["batch"], job["train"]["learning_rate"]
    frame = pl.read_csv(a.customers, infer_schema_length=None)
    numbers = frame.select(pl.col(transform["profile_numbers"]).cast(pl.Float64)).to_numpy()
    words = [np.unique(frame[w["name"]].cast(pl.String).fill_null("").to_numpy(), return_inverse=True)[1] for w in transform["profile_words"]]
    labels = frame[a.label].cast(pl.String).str.to_lowercase().is_in(["true", "yes", "1", "y"]).to_numpy().astype(np.float32)

    def encode(training):
        parts = []
        for column in numbers.T:
            x = np.where(np.isnan(column), np.nanmean(column[training]), column)
            order = np.sort(x[training])
            rank = (np.searchsorted(order, x, "left") + np.searchsorted(order, x, "right")) / 2
            z = ndtri(np.clip(rank / len(order), 0.5 / len(order), 1 - 0.5 / len(order)))
            for y in (z, np.sign(x) * np.log1p(np.abs(x))):
                deviation = y[training].std()
                parts.append(np.clip((y - y[training].mean()) / (deviation if deviation > 0 else 1.0), -4, 4)[:, None])
        for codes in words:
            parts.append(np.eye(codes.max() + 1)[codes])
        return torch.from_numpy(np.concatenate(parts, 1).astype(np.float32))

    class Layer(torch.nn.Module):
        """A linear layer that members share, each with scales of its inputs and outputs and a bias of its own (BatchEnsemble, TabM)."""

        def __init__(self, inputs, outputs, signs):
            super().__init__()
            self.weight = torch.nn.Parameter((torch.rand(outputs, inputs) * 2 - 1) / math.sqrt(inputs))
            self.inputs = torch.nn.Parameter(torch.randint(0, 2, (members, 1, inputs)) * 2.0 - 1 if signs else torch.ones(members, 1, inputs))
            self.outputs = torch.nn.Parameter(torch.ones(members, 1, outputs))
            self.bias = torch.nn.Parameter(((torch.rand(outputs) * 2 - 1) / math.sqrt(inputs)).repeat(members, 1, 1))

        def forward(self, x):
            return torch.nn.functional.dropout(torch.relu(torch.nn.functional.linear(x * self.inputs, self.weight) * self.outputs + self.bias), drop, self.training)

    def train(x, rows, seed):
        torch.manual_seed(seed)
        sizes = [x.shape[1]] + widths
        body = torch.nn.Sequential(*[Layer(i, o, k == 0) for k, (i, o) in enumerate(zip(sizes, sizes[1:]))])
        head = torch.nn.Parameter((torch.rand(members, widths[-1], 1) * 2 - 1) / math.sqrt(widths[-1]))
        share = float(labels[rows].mean())
        bias = torch.nn.Parameter(torch.full((members, 1, 1), math.log(share / (1 - share))))
        parameters = [*body.parameters(), head, bias]
        optimizer = torch.optim.Adam(parameters, rate)
        y = torch.from_numpy(labels)
        rows = torch.from_numpy(rows)
        steps, step = epochs * ((len(rows) + batch - 1) // batch), 0
        for _ in range(epochs):
            order = rows[torch.randperm(len(rows))]
            for begin in range(0, len(order), batch):
                step += 1
                t = step / steps
                for group in optimizer.param_groups:
                    group["lr"] = rate * min(1.0, t / 0.05) * (1 + math.cos(math.pi * t)) / 2
                at = order[begin:begin + batch]
                z = torch.baddbmm(bias, body(x[at]), head)[..., 0]
                loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y[at].expand(members, -1))
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
        body.eval()

        def predict(at):
            with torch.inference_mode():
                return torch.sigmoid(torch.baddbmm(bias, body(x[torch.from_numpy(at)]), head)[..., 0]).mean(0).numpy()
        return predict

    areas = []
    for fold, (training, test) in enumerate(StratifiedKFold(a.folds, shuffle=True, random_state=0).split(numbers, labels)):
        areas.append(roc_auc_score(labels[test], train(encode(training), training, fold)(test)))
    everything = np.arange(len(labels))
    train(encode(everything), everything, a.folds)
    done = time.perf_counter()
    with open(f"{a.model}/metrics.json", encoding="utf-8") as file:
        ours = next(iter(json.load(file)["test"].values()))["auroc"]
    print(json.dumps({"work": "fit", "inside_s": done - imported, "seconds": done - began, "auroc": float(np.mean(areas)), "apart": abs(float(np.mean(areas)) - ours),
                      "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
