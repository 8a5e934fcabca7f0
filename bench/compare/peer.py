#!/usr/bin/env python3
"""One piece of work in one other program, on the bytes that `footfall bench --dump` wrote.

    peer.py WORK PEER FILE [--batch 32] [--threads 2] [--repeats 3] [--rows N]
    WORK  train: epochs over batches in random order; ragged: the same on sequences of unequal length; score; standardize
    PEER  torch, torch-sorted, keras, onnxruntime; polars, sklearn, numpy

Prints one JSON line: seconds of each repeat, the peak memory, what was in memory before the work, and how far the answers are from footfall's.
"""
import argparse
import json
import os
import resource
import sys
import tempfile
import time

import numpy as np
from safetensors.numpy import load_file


def mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work, repeats: int) -> list[float]:
    work()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


def dense(tensors: dict) -> tuple[np.ndarray, np.ndarray, int]:
    """[sequences, time, ...] of sequences of one length."""
    length = tensors["length"].astype(np.int64)
    time_steps = int(length[0])
    assert (length == time_steps).all()
    n = len(length)
    return tensors["numbers"].reshape(n, time_steps, -1), tensors["codes"].astype(np.int64).reshape(n, time_steps, -1), time_steps


def train(a, tensors):
    numbers, codes, steps = dense(tensors)
    labels = tensors["labels"]
    epochs = len(tensors["losses"])
    if a.peer == "keras":
        import keras
        import models
        import tensorflow as tf
        tf.config.threading.set_intra_op_parallelism_threads(a.threads)
        keras.utils.set_random_seed(1)
        model = models.keras_model(tensors, steps)
        losses, seconds = [], []
        for epoch in range(epochs):
            began = time.perf_counter()
            history = model.fit(numbers, labels, batch_size=a.batch, epochs=1, verbose=0)
            losses.append(history.history["loss"][0])
            if epoch > 0:
                seconds.append(time.perf_counter() - began)
        return seconds, losses
    import models
    import torch
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    model = models.torch_model(tensors, True)
    optimizer, loss = torch.optim.Adam(model.parameters(), 1e-3), torch.nn.BCEWithLogitsLoss()
    x, y = torch.from_numpy(numbers), torch.from_numpy(labels)
    losses, seconds = [], []
    for epoch in range(epochs):
        began = time.perf_counter()
        total = 0.0
        order = torch.randperm(len(x))
        for first in range(0, len(x), a.batch):
            rows = order[first:first + a.batch]
            optimizer.zero_grad(set_to_none=True)
            value = loss(model(x[rows]), y[rows])
            value.backward()
            optimizer.step()
            total += value.item()
        losses.append(total / ((len(x) + a.batch - 1) // a.batch))
        if epoch > 0:
            seconds.append(time.perf_counter() - began)
    return seconds, losses


def ragged(a, tensors):
    """torch: batches in arbitrary order, padded to their longest; torch-sorted: batches of like lengths, as a careful user makes them."""
    import models
    import torch
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    length = tensors["length"].astype(np.int64)
    first = np.concatenate([[0], np.cumsum(length)[:-1]])
    order = np.argsort(-length, kind="stable") if a.peer == "torch-sorted" else np.arange(len(length))
    batches = []
    for begin in range(0, len(length), a.batch):
        rows = order[begin:begin + a.batch]
        x = np.zeros((len(rows), length[rows].max(), tensors["numbers"].shape[1]), np.float32)
        for i, row in enumerate(rows):
            x[i, :length[row]] = tensors["numbers"][first[row]:first[row] + length[row]]
        batches.append((torch.from_numpy(x), torch.from_numpy(length[rows] - 1), torch.from_numpy(tensors["labels"][rows])))
    model = models.torch_model(tensors, True)
    optimizer, loss = torch.optim.Adam(model.parameters(), 1e-3), torch.nn.BCEWithLogitsLoss()
    losses, seconds = [], []
    for epoch in range(min(len(tensors["losses"]), 1 + a.repeats)):
        began = time.perf_counter()
        total = 0.0
        for k in torch.randperm(len(batches)).tolist():
            x, last, y = batches[k]
            optimizer.zero_grad(set_to_none=True)
            value = loss(model(x, None, last), y)
            value.backward()
            optimizer.step()
            total += value.item()
        losses.append(total / len(batches))
        if epoch > 0:
            seconds.append(time.perf_counter() - began)
    return seconds, losses


def score(a, tensors):
    numbers, codes, steps = dense(tensors)
    n, has_codes = len(numbers), codes.shape[2] > 0
    out = np.empty(n, np.float32)
    if a.peer == "keras":
        import models
        import tensorflow as tf
        tf.config.threading.set_intra_op_parallelism_threads(a.threads)
        model = models.keras_model(tensors, steps)

        def run():
            out[:] = model.predict([numbers, codes.astype(np.int32)] if has_codes else numbers, batch_size=a.batch, verbose=0)[:, 0]
    elif a.peer == "onnxruntime":
        import models
        with tempfile.TemporaryDirectory() as folder:
            session = models.onnx_session(tensors, steps, a.threads, folder)

        def run():
            for k in range(0, n, a.batch):
                feed = {"numbers": numbers[k:k + a.batch]}
                if has_codes:
                    feed["codes"] = codes[k:k + a.batch]
                out[k:k + a.batch] = 1.0 / (1.0 + np.exp(-session.run(None, feed)[0]))
    else:
        import models
        import torch
        torch.set_num_threads(a.threads)
        model = models.torch_model(tensors)
        x, z = torch.from_numpy(numbers), torch.from_numpy(codes)

        def run():
            with torch.inference_mode():
                for k in range(0, n, a.batch):
                    out[k:k + a.batch] = torch.sigmoid(model(x[k:k + a.batch], z[k:k + a.batch] if has_codes else None)).numpy()
    seconds = timed(run, a.repeats)
    return seconds, out


def standardize(a, tensors):
    """Fit, then transform; a list of pairs of seconds."""
    drawn = tensors["drawn"]
    columns, rows = drawn.shape[1], a.rows
    if a.peer == "polars":
        os.environ.setdefault("POLARS_MAX_THREADS", str(a.threads))
        import polars as pl
        data = {}
        for c in range(columns):
            data[f"c{c}"] = np.resize(drawn[:, c], rows)
        frame = pl.DataFrame(data).with_columns(pl.all().fill_nan(None))
        del data
        before = mebibytes()

        def fit():
            f = frame.lazy().select(pl.all().mean().name.suffix("_m"), pl.all().std(ddof=0).name.suffix("_s")).collect().row(0)
            return np.array(f[:columns]), np.array(f[columns:])

        def transform(mean, deviation):
            def scaled(c):
                m, s = pl.lit(mean[c], pl.Float32), pl.lit(deviation[c], pl.Float32)
                return (pl.col(f"c{c}").fill_null(m) - m) / s
            return frame.lazy().select([scaled(c) for c in range(columns)]).collect()

        def head(z):
            return z.head(len(drawn)).to_numpy()
    elif a.peer == "sklearn":
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        table = np.resize(drawn, (rows, columns))
        before = mebibytes()
        steps = make_pipeline(SimpleImputer(), StandardScaler())

        def fit():
            steps.fit(table)
            return steps[0].statistics_, steps[1].scale_

        def transform(mean, deviation):
            return steps.transform(table)

        def head(z):
            return z[:len(drawn)]
    else:
        table = np.resize(drawn, (rows, columns))
        before = mebibytes()

        def fit():
            return np.nanmean(table, axis=0, dtype=np.float64), np.nanstd(table, axis=0, dtype=np.float64)

        def transform(mean, deviation):
            m = mean.astype(np.float32)
            return (np.where(np.isnan(table), m, table) - m) / deviation.astype(np.float32)

        def head(z):
            return z[:len(drawn)]
    fits, transforms, z = [], [], None
    for _ in range(max(1, a.repeats)):
        z = None
        began = time.perf_counter()
        mean, deviation = fit()
        middle = time.perf_counter()
        z = transform(mean, deviation)
        transforms.append(time.perf_counter() - middle)
        fits.append(middle - began)
    # scikit-learn's deviation is that of the imputed column, ours and polars' that of the cells that are there.
    ours, theirs = tensors["standardized"], np.asarray(head(z), np.float32)
    if a.peer == "sklearn":
        theirs = theirs * np.sqrt(1.0 - np.isnan(table).mean(axis=0))
    apart = float(np.abs(ours - theirs)[np.isfinite(theirs)].max())
    return fits, transforms, before, apart


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=["train", "ragged", "score", "standardize"])
    parser.add_argument("peer")
    parser.add_argument("file")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rows", type=int, default=8_000_000)
    a = parser.parse_args()
    tensors = load_file(a.file)
    answer = {"work": a.work, "peer": a.peer}
    if a.work == "standardize":
        fits, transforms, before, apart = standardize(a, tensors)
        answer |= {"fit_s": fits, "transform_s": transforms, "before_mib": before, "apart": apart}
    elif a.work == "score":
        seconds, out = score(a, tensors)
        answer |= {"seconds": seconds, "apart": float(np.abs(out - tensors["predictions"]).max())}
    else:
        seconds, losses = train(a, tensors) if a.work == "train" else ragged(a, tensors)
        # Batches come in another order, so the mean loss of an epoch is alike, not the same.
        ours = tensors["losses"][:len(losses)]
        answer |= {"seconds": seconds, "apart": float(np.abs(np.array(losses) - ours).max() / ours.max())}
    answer["peak_mib"] = mebibytes()
    print(json.dumps(answer))


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
