#!/usr/bin/env python3
"""Writes the events that the file-to-file chain reads: Parquet, grouped by customer and in order of time, and the job file for footfall.

    events.py FOLDER [--customers 20000] [--mean 50] [--seed 1]

Events a customer are geometric around the mean; time, a type of 4, a category of 500, price and quantity an event. FOLDER/few holds the
first ten customers alone, FOLDER/fit the first thousand, which the model is fitted to.
"""
import argparse
import os

import numpy as np
import polars as pl

JOB = """[events]
files = ["events/*.parquet"]
customer = "customer_id"
time = "time"
type = "event"
numeric = ["price", "quantity"]
categorical = ["event", "category"]
max_length = 64
[[target]]
name = "purchase"
kind = "happens"
event = "purchase"
horizon = "30d"
[split]
cutoff = "2024-12-01"
[model]
lstm = [128, 64]
profile = []
derived = false
[train]
epochs = 1
batch = 32
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--mean", type=float, default=50.0)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    draw = np.random.default_rng(a.seed)
    counts = draw.geometric(1.0 / a.mean, a.customers)
    events = int(counts.sum())
    customer = np.repeat(np.arange(1, a.customers + 1), counts)
    begin = np.datetime64("2024-01-01", "us").astype(np.int64)
    time = begin + draw.integers(0, 364 * 86_400, events) * 1_000_000
    order = np.lexsort((time, customer))
    kind = draw.choice(4, events, p=[0.7, 0.15, 0.08, 0.07])
    frame = pl.DataFrame({
        "customer_id": customer,
        "time": pl.Series(time[order]).cast(pl.Datetime("us")),
        "event": pl.Series(np.array(["view", "cart", "favourite", "purchase"])[kind]),
        "category": pl.Series([f"c{k:03}" for k in draw.integers(0, 500, events)]),
        "price": np.round(np.exp(draw.normal(3.0, 1.0, events)), 2).astype(np.float32),
        "quantity": np.where(kind == 3, draw.geometric(0.7, events), 1).astype(np.float32),
    })
    for name, customers in (("all", a.customers), ("fit", min(1000, a.customers)), ("few", min(10, a.customers))):
        os.makedirs(f"{a.folder}/{name}/events", exist_ok=True)
        frame.filter(pl.col("customer_id") <= customers).write_parquet(f"{a.folder}/{name}/events/part-0.parquet", compression="zstd", row_group_size=1_000_000)
    with open(f"{a.folder}/fit/job.toml", "w", encoding="utf-8") as job:
        job.write(JOB)
    print(f"{events} events of {a.customers} customers")


if __name__ == "__main__":
    main()
