"""Any events to events by customer and time, on disk: footfall prepare beside polars and DuckDB, wall time and peak memory of the same run.

prepare.py FOOTFALL WORK [--events 50000000] [--customers 1000000] [--files 8] [--memory 1GiB] [--rounds 3] [--only NAME ...] [--json FILE]

WORK/events-N/*.parquet is made when it is not there: a shop's log in time order (so not grouped by customer), row groups of a million rows.
Each round runs every program once, in turns, each in a process of its own; what it wrote is checked for rows and customers and removed. polars and
DuckDB sort all columns by customer and time and write Parquet with zstd; footfall writes a journeys store. Only figures of one run may be compared.
"""
import argparse, glob, json, os, shutil, statistics, subprocess, sys, time

def make_log(folder, events, customers, files, seed=1):
    """Customers of very different activity, some only for a part of the year, as a server would log them."""
    import numpy as np, pyarrow as pa, pyarrow.parquet as pq
    draw = np.random.default_rng(seed)
    ids = draw.choice(customers * 9, customers, replace=False).astype(np.int64) + 5_000_000
    activity = draw.gamma(0.6, 1.0, customers) + 0.01
    joined, left = np.sort(draw.random((2, customers)) * 1.4 - 0.2, axis=0)
    prices = np.round(draw.lognormal(2.8, 0.9, 150_000), 2).astype(np.float32)
    group = draw.integers(0, 400, len(prices)).astype(np.int16)
    popular = np.cumsum(1.0 / np.arange(10, 10 + len(prices)) ** 0.8)
    kinds = pa.array(["view", "cart", "purchase", "wish"])
    year, start = 365 * 86_400_000_000, np.datetime64("2024-01-01", "us").astype(np.int64)
    os.makedirs(folder + ".part", exist_ok=True)
    for f in range(files):
        n = events // files + (1 if f < events % files else 0)
        writer = None
        for piece in range(4):                      # a quarter of a file in memory
            rows = n // 4 + (1 if piece < n % 4 else 0)
            span = (f + piece / 4) / files, (f + (piece + 1) / 4) / files
            share = np.cumsum(activity * ((joined < span[1]) & (left > span[0])) + 1e-9)
            who = np.minimum(np.searchsorted(share, draw.random(rows) * share[-1]), customers - 1)
            item = np.minimum(np.searchsorted(popular, draw.random(rows) * popular[-1]), len(prices) - 1).astype(np.int32)
            when = np.sort(draw.integers(int(span[0] * year), int(span[1] * year), rows)) + start
            table = pa.table({"customer_id": ids[who], "timestamp": pa.array(when, pa.timestamp("us")),
                              "event_type": pa.DictionaryArray.from_arrays(pa.array(np.minimum(draw.geometric(0.8, rows) - 1, 3).astype(np.int8)), kinds),
                              "item_id": item, "category_id": group[item], "price": prices[item],
                              "quantity": draw.geometric(0.7, rows).clip(1, 20).astype(np.int16)})
            writer = writer or pq.ParquetWriter(f"{folder}.part/part-{f}.parquet", table.schema, compression="zstd")
            writer.write_table(table, row_group_size=1_000_000)
        writer.close()
    os.rename(folder + ".part", folder)

JOB = """[events]
files = ["{data}/*.parquet"]
customer = "customer_id"
time = "timestamp"
type = "event_type"
item = "item_id"
numeric = ["price", "quantity"]
categorical = ["event_type", "category_id"]
amount = "price * quantity"
[[target]]
name = "purchase"
kind = "happens"
event = "purchase"
horizon = "30d"
[split]
cutoff = "2024-12-01"
"""

POLARS = """import polars as pl
q = pl.scan_parquet('{data}/*.parquet').sort('customer_id', 'timestamp')
{end}"""
DUCKDB = """import duckdb
con = duckdb.connect()
con.execute('set enable_progress_bar=false')
con.execute("set threads={threads}; set memory_limit='{limit}'; set temp_directory='{work}/duck'; set preserve_insertion_order=false")
con.execute("copy (select * from read_parquet('{data}/*.parquet') order by customer_id, timestamp) to '{out}' (format parquet, compression zstd)")"""

def programs(a, data):
    out = f"{a.work}/sorted.parquet"
    python = lambda code, **more: [sys.executable, "-c", code.format(data=data, out=out, work=a.work, threads=a.threads, **more)]
    job = f"{a.work}/job.toml"
    open(job, "w").write(JOB.format(data=data))
    return {
        "footfall": ([a.footfall, "prepare", job, "--out", f"{a.work}/journeys", "--memory", a.memory, "--threads", str(a.threads), "--quiet"], f"{a.work}/journeys"),
        "duckdb": (python(DUCKDB, limit="2GB"), out),
        "polars": (python(POLARS, end=f"q.collect().write_parquet('{out}', compression='zstd')"), out),
        "polars streaming": (python(POLARS, end=f"q.sink_parquet('{out}', compression='zstd', engine='streaming')"), out),
    }

def measure(command, threads):
    began = time.time()
    process = subprocess.Popen(command, env={**os.environ, "POLARS_MAX_THREADS": str(threads)})
    _, status, used = os.wait4(process.pid, 0)
    if status != 0: sys.exit(f"{command[0]} ended with status {os.waitstatus_to_exitcode(status)}")
    return {"seconds": time.time() - began, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_bytes": used.ru_maxrss * 1024}

def counts(out):
    if os.path.isdir(out):
        partitions = json.load(open(f"{out}/manifest.json"))["partitions"]
        return sum(p["events"] for p in partitions), sum(p["customers"] for p in partitions)
    import polars as pl
    found = pl.scan_parquet(out).select(pl.len().alias("rows"), pl.col("customer_id").rle_id().max().alias("runs")).collect()
    return found["rows"][0], found["runs"][0] + 1

def size_of(out):
    return sum(os.path.getsize(f) for f in glob.glob(f"{out}/*")) if os.path.isdir(out) else os.path.getsize(out)

def remove(out):
    shutil.rmtree(out, ignore_errors=True) if os.path.isdir(out) else os.path.exists(out) and os.remove(out)

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("footfall"); p.add_argument("work")
    p.add_argument("--events", type=int, default=50_000_000); p.add_argument("--customers", type=int, default=1_000_000)
    p.add_argument("--files", type=int, default=8); p.add_argument("--memory", default="1GiB"); p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0))); p.add_argument("--only", nargs="*"); p.add_argument("--json")
    a = p.parse_args()
    a.work = os.path.abspath(a.work); os.makedirs(a.work, exist_ok=True)
    data = f"{a.work}/events-{a.events}"
    if not os.path.isdir(data): make_log(data, a.events, a.customers, a.files)
    runs, seen = {}, set()
    for round_ in range(a.rounds):
        for name, (command, out) in programs(a, data).items():
            if a.only and name not in a.only: continue
            remove(out)
            one = measure(command, a.threads)
            seen.add(counts(out)); one["bytes_written"] = size_of(out); remove(out)
            runs.setdefault(name, []).append(one)
            print(f"round {round_ + 1}  {name:18s} {one['seconds']:7.2f} s  {one['cpu_seconds']:7.2f} s of processors  {one['peak_bytes'] / 1e6:7.0f} MB", flush=True)
    if len(seen) != 1: sys.exit(f"the programs disagree about rows and customers: {sorted(seen)}")
    rows = seen.pop()[0]
    middle = {n: {k: statistics.median(r[k] for r in rs) for k in rs[0]} for n, rs in runs.items()}
    print(f"\n{rows} events in time order, by customer and time, {a.threads} threads; medians of {a.rounds} rounds\n")
    print("| program | seconds | million events/s | peak memory | processor seconds |\n| --- | --- | --- | --- | --- |")
    for name, m in middle.items(): print(f"| {name} | {m['seconds']:.1f} | {rows / m['seconds'] / 1e6:.2f} | {m['peak_bytes'] / 1e6:.0f} MB | {m['cpu_seconds']:.1f} |")
    others = {n: m for n, m in middle.items() if n != "footfall"}
    if "footfall" in middle and others:
        best, ours = min(others.values(), key=lambda m: m["seconds"]), middle["footfall"]
        print(f"\n{best['seconds'] / ours['seconds']:.2f} times as fast as the fastest of the others, in {ours['peak_bytes'] / best['peak_bytes']:.2f} of its memory")
    if a.json: json.dump({"events": rows, "runs": runs}, open(a.json, "w"), indent=1)

if __name__ == "__main__": main()
