#!/usr/bin/env python3
"""Runs footfall and its peers on the same bytes, in turns, checks that the answers agree, and writes docs/performance.md.

    compare.py [--footfall build/footfall] [--rounds 3] [--only lstm,standardize,chain,fit] [--small] [--out docs/performance.md]

Each round runs every program of a row once, each in a process of its own, which repeats its work and tells its median; a ratio is the median over the
rounds of footfall's rate over the peer's in the same round. A peer whose answers differ from footfall's ends the comparison with an error.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))

# How far answers may be apart. Scores: float32 sums of a few hundred products through 32 to 65 steps, 1e-6 of a gate each time, a hundredfold margin.
# Losses of an epoch: batches in another order. Standardized cells: values up to 4 deviations, from means and deviations that others sum in float32 over millions of rows. AUROC: other draws.
MOST_APART = {"score": 1e-4, "train": 0.1, "ragged": 0.1, "standardize": 5e-3, "chain": 1e-4, "fit": 0.01}


class Disagreement(Exception):
    pass


def run(command: list[str], threads: int) -> tuple[str, float, float]:
    """Standard output, seconds and peak MiB of a program."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), POLARS_MAX_THREADS=str(threads),
                       CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
    with tempfile.TemporaryFile("w+") as errors, tempfile.TemporaryFile("w+") as output:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if child.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}:\n{errors.read()[-2000:]}")
        return output.read(), seconds, usage.ru_maxrss / 1024


class Comparison:
    def __init__(self, a) -> None:
        self.a, self.rows, self.figures = a, [], {}
        self.folder = tempfile.TemporaryDirectory(prefix="footfall-compare-", dir=a.scratch)

    def path(self, name: str) -> str:
        return os.path.join(self.folder.name, name)

    def footfall(self, *words: str) -> tuple[float, float]:
        _, seconds, peak = run([self.a.footfall, *words, "--device", "cpu", "--threads", str(self.a.threads), "--quiet"], self.a.threads)
        return seconds, peak

    def python(self, script: str, *words: str) -> dict:
        text, seconds, peak = run([sys.executable, os.path.join(HERE, script), *words, "--threads", str(self.a.threads)], self.a.threads)
        answer = json.loads([line for line in text.splitlines() if line.startswith("{")][-1])
        return answer | {"process_s": seconds, "peak_mib": max(peak, answer.get("peak_mib", 0.0))}

    def bench(self, subject: str, only: str, *words: str) -> list[dict]:
        out = self.path("bench.jsonl")
        if os.path.exists(out):
            os.remove(out)
        _, peak = self.footfall("bench", subject, "--only", only, "--dump", self.folder.name, "--json", out, "--repeats", str(self.a.repeats), *words)
        with open(out, encoding="utf-8") as lines:
            return [json.loads(line) | {"peak_mib": peak} for line in lines]

    def agree(self, row: str, peer: str, kind: str, apart: float) -> None:
        if not apart <= MOST_APART[kind]:
            raise Disagreement(f"{row}: the answers of {peer} and footfall are {apart:.3g} apart, more than {MOST_APART[kind]:.3g}")
        print(f"  {row}: {peer} agrees, largest difference {apart:.2g}", flush=True)

    def in_rounds(self, ours, peers: dict) -> tuple[list, dict]:
        mine, theirs = [], {name: [] for name in peers}
        for _ in range(self.a.rounds):
            mine.append(ours())
            for name, peer in peers.items():
                theirs[name].append(peer())
        return mine, theirs

    def add(self, row: str, unit: str, mine: list[float], peers: dict[str, list[float]], more_is_better: bool = True, share: list[float] | None = None) -> None:
        """Rates (or seconds) of each round."""
        def ratio(other):
            values = [m / o if more_is_better else o / m for m, o in zip(mine, other)]
            return {"median": statistics.median(values), "low": min(values), "high": max(values), "value": statistics.median(other)}
        line = {"row": row, "unit": unit, "footfall": statistics.median(mine), "low": min(mine), "high": max(mine), "peers": {name: ratio(values) for name, values in peers.items()}}
        if share:
            line["share"] = statistics.median(share)
        self.rows.append(line)
        words = ", ".join(f"{name} {peer['median']:.2f} x" for name, peer in line["peers"].items())
        print(f"{row}: {line['footfall']:.4g} {unit}" + (f", {line['share']:.0%} of the limit" if share else "") + (f"; {words}" if words else ""), flush=True)

    # --- the rows ---
    def lstm(self) -> None:
        sizes = ["--sequences", "1024", "--train-batches", "32,256"] if self.a.small else []
        large = 256 if self.a.small else 1024
        works = [("lstm/train/32", "train", 32, ["torch", "keras"]), (f"lstm/train/{large}", "train", large, ["torch", "keras"]),
                 ("lstm/train/ragged", "ragged", 256, ["torch", "torch-sorted"]), ("lstm/score/4096", "score", 4096, ["torch", "onnxruntime", "keras"]),
                 ("lstm/score/embedded", "score", 4096, ["torch", "onnxruntime"])]
        for name, work, batch, peers in works:
            rates, kinds = {}, {}

            def ours(name=name):
                return self.bench("lstm", name, *sizes)[0]

            def peer_of(peer, name=name, work=work, batch=batch):
                def one():
                    file = [f for f in sorted(os.listdir(self.folder.name)) if f.startswith(name.replace("/", "_")) and f.endswith(".safetensors")][0]
                    return self.python("peer.py", work, peer, self.path(file), "--batch", str(batch), "--repeats", str(self.a.repeats))
                return one
            mine, theirs = self.in_rounds(ours, {peer: peer_of(peer) for peer in peers})
            for peer, answers in theirs.items():
                self.agree(name, peer, work, max(answer["apart"] for answer in answers))
                # The same work: footfall's operations a run over the peer's seconds.
                rates[peer] = [m["rate"] * m["kernel_s"] / statistics.median(answer["seconds"]) for m, answer in zip(mine, answers)]
                kinds[peer] = statistics.median(answer["peak_mib"] for answer in answers)
            self.add(mine[0]["name"], "GFLOP/s", [m["rate"] for m in mine], rates, share=[m["share"] for m in mine])
            self.rows[-1]["peak_mib"] = {"footfall": statistics.median(m["peak_mib"] for m in mine)} | kinds

    def standardize(self) -> None:
        rows = 500_000 if self.a.small else self.a.rows

        def peer_of(peer):
            return lambda: self.python("peer.py", "standardize", peer, self.path("standardize.safetensors"), "--rows", str(rows), "--repeats", "1" if peer == "sklearn" else "3")
        peers = {"polars": peer_of("polars"), "sklearn": peer_of("sklearn"), "numpy": peer_of("numpy")}
        mine, theirs = self.in_rounds(lambda: self.bench("standardize", "standardize", "--rows", str(rows)), peers)
        for peer, answers in theirs.items():
            apart = max(answer["apart"] for answer in answers)
            if peer == "sklearn" and rows > 1_000_000:
                # SimpleImputer sums float32 columns in float32, row after row: over millions of rows its own means are off. polars and numpy,
                # which sum in float64, are held to footfall's answers here, and scikit-learn in the small run.
                print(f"  standardize: sklearn is {apart:.2g} standard deviations off, by its sums in float32")
                continue
            self.agree("standardize", peer, "standardize", apart)
        for k, step in enumerate(("fit", "transform")):
            factor = 1 if step == "fit" else 2
            bytes_ = 4e-9 * rows * 32 * factor
            self.add(f"standardize/{step}", "GB/s", [m[k]["rate"] for m in mine],
                     {peer: [bytes_ / statistics.median(answer[f"{step}_s"]) for answer in answers] for peer, answers in theirs.items()}, share=[m[k]["share"] for m in mine])
        both = [m[0]["kernel_s"] + m[1]["kernel_s"] for m in mine]
        self.add("standardize, both", "s", both, {peer: [statistics.median(answer["fit_s"]) + statistics.median(answer["transform_s"]) for answer in answers] for peer, answers in theirs.items()},
                 more_is_better=False)
        table = 4 * rows * 32 / 2**20
        # footfall can write over a table that nobody needs any more, in a process of its own here; the peers' transforms make another one.
        in_place = self.bench("standardize", "standardize", "--rows", str(rows), "--in-place")[0]["peak_mib"]
        self.rows[-1]["peak_mib"] = {"footfall": in_place - table} | {
            peer: statistics.median(answer["peak_mib"] - table for answer in answers) for peer, answers in theirs.items()}

    def chain(self) -> None:
        customers = 1000 if self.a.small else self.a.customers
        shop, model = self.path("chain"), self.path("chain-model")
        subprocess.run([sys.executable, os.path.join(HERE, "events.py"), shop, "--customers", str(customers)], check=True, stdout=subprocess.DEVNULL)
        self.footfall("fit", f"{shop}/fit/job.toml", "--out", model)
        ours_file, theirs_file = self.path("ours.parquet"), self.path("theirs.parquet")

        def ours():
            seconds, peak = self.footfall("score", model, "--events", f"{shop}/all/events/*.parquet", "--out", ours_file, "--overwrite")
            return {"seconds": seconds, "peak_mib": peak}
        names = {"polars + torch, by length": "batch", "polars + torch, padded": "max"}
        peers = {name: (lambda pad=pad: self.python("chain.py", model, f"{shop}/all/events", theirs_file, "--pad", pad)) for name, pad in names.items()}
        mine, theirs = self.in_rounds(ours, peers)
        import polars as pl
        both = pl.read_parquet(ours_file).join(pl.read_parquet(theirs_file), on="customer", suffix="_theirs")
        assert len(both) == customers
        self.agree("file to file", "polars + torch", "chain", float((both["purchase"] - both["purchase_theirs"]).abs().max()))
        rate = [customers / m["seconds"] for m in mine]
        self.add("file to file, grouped events", "customers/s", rate, {name: [customers / answer["inside_s"] for answer in answers] for name, answers in theirs.items()})
        self.rows[-1]["peak_mib"] = {"footfall": statistics.median(m["peak_mib"] for m in mine)} | {name: statistics.median(x["peak_mib"] for x in answers) for name, answers in theirs.items()}
        self.start(model, shop)

    def start(self, model: str, shop: str) -> None:
        """footfall's whole process on ten customers; the peer's imports, load and work."""
        def ours():
            return self.footfall("score", model, "--events", f"{shop}/few/events/*.parquet", "--out", self.path("few.parquet"), "--overwrite")[0]
        mine, theirs = self.in_rounds(ours, {"polars + torch": lambda: self.python("chain.py", model, f"{shop}/few/events", self.path("few-theirs.parquet"))["process_s"]})
        self.add("score 10 customers, whole process", "s", mine, theirs, more_is_better=False)

    def fit(self) -> None:
        data = os.environ.get("FOOTFALL_DATA", "")
        table = os.path.join(data, "online_shoppers_intention", "online_shoppers_intention.csv")
        if not os.path.exists(table):
            print("fit: FOOTFALL_DATA holds no online_shoppers_intention; left out")
            return
        numeric = ["Administrative", "Administrative_Duration", "Informational", "Informational_Duration", "ProductRelated", "ProductRelated_Duration", "BounceRates", "ExitRates", "PageValues", "SpecialDay"]
        words = ["Month", "OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType", "Weekend"]
        job, model = self.path("fit.toml"), self.path("fit-model")
        with open(job, "w", encoding="utf-8") as file:
            file.write(f'[customers]\nfiles = ["{table}"]\nnumeric = {json.dumps(numeric)}\ncategorical = {json.dumps(words)}\n[[target]]\nname = "purchase"\nkind = "column"\n'
                       'column = "Revenue"\n[split]\nfolds = 5\n' + ("[train]\nepochs = 2\n" if self.a.small else ""))
        mine, theirs = self.in_rounds(lambda: self.footfall("fit", job, "--out", model, "--overwrite")[0], {"torch": lambda: self.python("fit.py", table, "Revenue", model)})
        self.agree("fit", "torch", "fit", max(answer["apart"] for answer in theirs["torch"]) if not self.a.small else 0.0)
        self.add("fit online_shoppers, five folds and all", "s", mine, {"torch": [answer["inside_s"] for answer in theirs["torch"]]}, more_is_better=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--footfall", default="build/footfall")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rows", type=int, default=8_000_000)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--only", default="lstm,standardize,chain,fit")
    parser.add_argument("--small", action="store_true", help="tiny sizes: that everything runs and agrees, no figures worth keeping")
    parser.add_argument("--scratch", default=None, help="folder for the files")
    parser.add_argument("--json", default=None, help="also write the rows here")
    parser.add_argument("--out", default=os.path.join(REPOSITORY, "docs", "performance.md"))
    a = parser.parse_args()
    a.footfall = os.path.abspath(a.footfall)
    comparison = Comparison(a)
    try:
        for part in a.only.split(","):
            getattr(comparison, part)()
    except Disagreement as problem:
        print(f"compare: {problem}", file=sys.stderr)
        return 1
    if a.json:
        with open(a.json, "w", encoding="utf-8") as file:
            json.dump(comparison.rows, file, indent=1)
    import page
    page.write(a.out, comparison.rows, a)
    return 0


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    sys.exit(main())
