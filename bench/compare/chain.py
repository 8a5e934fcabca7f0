#!/usr/bin/env python3
"""The file-to-file chain in polars and PyTorch, with the very model that footfall fitted: events in, a probability a customer out.

    chain.py MODEL EVENTS OUT.parquet [--threads 2] [--batch 1024] [--pad batch|max]

Reads model.json and weights.safetensors for the features of a step, their scales, the vocabularies and the weights. --pad batch: customers sorted by
length, each batch padded to its own longest, as a careful user does it; max: every journey padded to the longest.
"""
import argparse
import glob
import json
import os
import resource
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
MICROSECONDS_A_DAY = 86_400_000_000


def read_events(pattern: str, model: dict, kept: int):
    """Columns of the newest events of each customer, oldest first, and where each customer begins."""
    import polars as pl

    frame = pl.scan_parquet(sorted(glob.glob(pattern))).group_by("customer_id", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("time").shift(1).tail(kept).alias("before"), *[pl.col(c).tail(kept) for c in ("time", "event", "category", "price", "quantity")]).collect()
    lengths = frame["time"].list.len().cast(pl.Int64).to_numpy()
    flat = frame.select("time", "before", "event", "category", "price", "quantity").explode(pl.all())
    newest = int(flat["time"].dt.epoch("us").max()) + model["features"]["clock"]["resolution"]
    return frame["customer_id"].to_numpy(), frame["count"].cast(pl.Int64).to_numpy(), lengths, flat, newest


def steps_of(model: dict, counts, lengths, flat, as_of: int):
    """The numbers and codes of every step, the closing one of each customer last, as footfall's engine/features has them."""
    import numpy as np

    names = model["transform"]["event_numbers"]
    first = np.concatenate([[0], np.cumsum(lengths + 1)[:-1]])
    total = int((lengths + 1).sum())
    closing = first + lengths
    step = np.ones(total, bool)
    step[closing] = False
    when = np.full(total, as_of, np.int64)
    when[step] = flat["time"].dt.epoch("us").to_numpy()
    before = np.empty(total, np.int64)
    before[step] = flat["before"].fill_null(flat["time"]).dt.epoch("us").to_numpy()   # the first event of a customer has no gap
    before[closing] = when[closing - 1]
    day = np.floor_divide(when, MICROSECONDS_A_DAY)
    hour, weekday = (when - day * MICROSECONDS_A_DAY) / MICROSECONDS_A_DAY, ((day + 3) % 7) / 7.0
    inside = np.arange(total) - np.repeat(first, lengths + 1)
    position = inside + 1 + np.repeat(counts - lengths, lengths + 1)
    position[closing] = counts
    known = {"gap": np.log1p((when - before) / MICROSECONDS_A_DAY), "position": np.log1p(position), "closing": (~step).astype(float),
             "hour_sine": np.sin(2 * np.pi * hour), "hour_cosine": np.cos(2 * np.pi * hour), "weekday_sine": np.sin(2 * np.pi * weekday), "weekday_cosine": np.cos(2 * np.pi * weekday)}
    for name in ("price", "quantity"):
        values = np.full(total, np.nan)
        values[step] = flat[name].to_numpy()
        known[name] = values
    columns = []
    for name, logarithm in zip(names, model["transform"]["event_logarithms"]):
        x = known[name].astype(np.float32)
        columns.append(np.sign(x) * np.log1p(np.abs(x)) if logarithm else x)
    return np.stack(columns, 1).astype(np.float32), codes_of(model, flat, step), first, lengths + 1


def codes_of(model: dict, flat, step):
    import numpy as np
    import polars as pl

    out = np.zeros((len(step), len(model["transform"]["event_words"])), np.int64)
    for c, words in enumerate(model["transform"]["event_words"]):
        out[:, c] = words["missing_code"]
        codes = flat[words["name"]].replace_strict({word: k + 2 for k, word in enumerate(words["words"])}, default=1, return_dtype=pl.Int64)
        out[step, c] = codes.to_numpy()
    return out


def scaled(numbers, tensors):
    """Fill, scale, clip, and the indicator columns behind the numbers. The scale is [columns, 6]: fill, mean, inverse, low, high, indicator."""
    import numpy as np

    scale = tensors["transform.event_scale"]
    fill, mean, inverse, low, high, indicator = scale.T
    gone = np.isnan(numbers)
    out = np.clip((np.where(gone, fill, numbers) - mean) * inverse, low, high).astype(np.float32)
    marks = [c for c in np.argsort(indicator) if indicator[c] >= 0]
    return np.concatenate([out, gone[:, marks].astype(np.float32)], 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("events")
    parser.add_argument("out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--pad", choices=["batch", "max"], default="batch")
    a = parser.parse_args()
    began = time.perf_counter()
    os.environ.setdefault("POLARS_MAX_THREADS", str(a.threads))
    import models
    import numpy as np
    import polars as pl
    import torch
    from safetensors.numpy import load_file

    torch.set_num_threads(a.threads)
    with open(f"{a.model}/model.json", encoding="utf-8") as file:
        model = json.load(file)
    tensors = load_file(f"{a.model}/weights.safetensors")
    loaded = time.perf_counter()
    customers, counts, lengths, flat, as_of = read_events(f"{a.events}/*.parquet", model, model["features"]["max_length"])
    grouped = time.perf_counter()
    numbers, codes, first, lengths = steps_of(model, counts, lengths, flat, as_of)
    numbers = scaled(numbers, tensors)
    encoded = time.perf_counter()
    net = models.torch_model(tensors)
    order = np.argsort(lengths, kind="stable") if a.pad == "batch" else np.arange(len(lengths))
    longest = int(lengths.max())
    out = np.empty(len(customers), np.float32)
    with torch.inference_mode():
        for begin in range(0, len(order), a.batch):
            rows = order[begin:begin + a.batch]
            width = int(lengths[rows].max()) if a.pad == "batch" else longest
            inside = np.arange(width)[None] < lengths[rows][:, None]
            at = np.where(inside, first[rows][:, None] + np.arange(width)[None], 0)
            x = numbers[at] * inside[..., None]
            out[rows] = torch.sigmoid(net(torch.from_numpy(x), torch.from_numpy(codes[at]), torch.from_numpy(lengths[rows] - 1))).numpy()
    scored = time.perf_counter()
    pl.DataFrame({"customer": customers, "purchase": out}).write_parquet(a.out, compression="zstd")
    done = time.perf_counter()
    # The interpreter's start and the imports are counted by whoever started this program; `inside` is the work alone.
    print(json.dumps({"work": "chain", "inside_s": done - loaded, "load_s": loaded - began, "read_s": grouped - loaded, "encode_s": encoded - grouped, "model_s": scored - encoded,
                      "write_s": done - scored, "customers": len(customers), "steps": int(lengths.sum()), "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
