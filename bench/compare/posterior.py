#!/usr/bin/env python3
"""Posteriors of one variable for every row of a table: footfall beside pgmpy, pyAgrum and numpy by hand, on the same network and rows, in one run.

    posterior.py [--footfall build/footfall] [--network FILE.bif --target NAME] [--rounds 3] [--seconds 3] [--peers pgmpy,pyagrum,...] [--json FILE]

footfall measures itself (`footfall bench posterior`) and leaves its network, 100,000 rows of each kind and its answers; the others answer the same rows, one
after the other as their interfaces have it, until their seconds have passed; reading and making evidence is not in their clock. All take turns for
`rounds` rounds; a rate is the median. Each one's answers are compared with footfall's: `apart` is the largest difference.

Peers: pgmpy (VariableElimination.query), pyagrum (LazyPropagation, evidence changed in place where it can be), pyagrum-classifier (skbn's BNClassifier, complete rows),
numpy (the product of the blanket's tables by fancy indexing, float64, complete rows).
"""
import argparse
import json
import logging
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "2")
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402

KINDS = {"posterior/complete": 0.0, "posterior/missing20": 0.2, "posterior/observed20": 0.8}
MISSING = 255


class Problem:
    """The network that footfall wrote, and one kind of rows."""

    def __init__(self, folder, kind, target):
        import pyagrum as gum
        self.file = str(folder / "posterior.bif")
        self.bn = gum.loadBN(self.file)
        self.complete = KINDS[kind] == 0.0
        tensors = load_file(folder / (kind.replace("/", "_") + ".safetensors"))
        self.names = [line.split()[1].strip('"') for line in open(self.file) if line.startswith("variable ")]
        self.labels = {name: list(self.bn.variable(name).labels()) for name in self.names}
        self.target = target
        self.at = self.names.index(target)
        self.codes = tensors["codes"].astype(np.uint8).T
        self.truth = tensors["posterior"].T

    def evidence(self, row):
        return [(name, int(code)) for c, (name, code) in enumerate(zip(self.names, row)) if c != self.at and code != MISSING]


def one_by_one(answer, items, seconds):
    out, began = [], time.perf_counter()
    for item in items:
        out.append(answer(item))
        if len(out) % 16 == 0 and time.perf_counter() - began > seconds:
            break
    return len(out) / (time.perf_counter() - began), np.array(out)


def pgmpy(problem, seconds):
    logging.disable(logging.WARNING)
    from pgmpy.inference import VariableElimination
    from pgmpy.readwrite import BIFReader
    engine = VariableElimination(BIFReader(problem.file).get_model())
    items = [{n: problem.labels[n][s] for n, s in problem.evidence(row)} for row in problem.codes[:20000]]
    order = problem.labels[problem.target]

    def answer(evidence):
        factor = engine.query([problem.target], evidence=evidence, show_progress=False)
        names = factor.state_names[problem.target]
        return factor.values[[names.index(s) for s in order]]
    return one_by_one(answer, items, seconds)


def pyagrum(problem, seconds):
    import pyagrum as gum
    engine = gum.LazyPropagation(problem.bn)
    engine.setTargets({problem.target})
    items = [dict(problem.evidence(row)) for row in problem.codes]
    engine.setEvidence(items[0])

    def changed(evidence):
        for name, state in evidence.items():
            engine.chgEvidence(name, state)
        return engine.posterior(problem.target).toarray()

    def anew(evidence):
        engine.setEvidence(evidence)
        return engine.posterior(problem.target).toarray()
    return one_by_one(changed if problem.complete else anew, items, seconds)


def pyagrum_classifier(problem, seconds):
    if not problem.complete:
        return None
    import pandas as pd
    import pyagrum.skbn as skbn
    classifier = skbn.createBNClassifier(significant_digit=15)
    classifier.fromTrainedModel(problem.bn, problem.target, problem.labels[problem.target][-1])
    columns = [n for n in problem.names if n != problem.target]

    def frame(rows):
        return pd.DataFrame({n: np.array(problem.labels[n], object)[rows[:, problem.names.index(n)]] for n in columns})
    first = frame(problem.codes[:1000])
    began = time.perf_counter()
    classifier.predict_proba(first)
    count = int(min(len(problem.codes), max(1000, 1000 * seconds / (time.perf_counter() - began))))
    rows = frame(problem.codes[:count])
    began = time.perf_counter()
    out = classifier.predict_proba(rows)
    return count / (time.perf_counter() - began), np.asarray(out)


def numpy(problem, seconds):
    """P(target | rest) is proportional to the target's own table times those of its children."""
    if not problem.complete:
        return None
    bn, codes = problem.bn, problem.codes
    families = []
    for name in [problem.target] + [bn.variable(c).name() for c in bn.children(problem.target)]:
        table = bn.cpt(name).toarray()
        axes = list(reversed(bn.cpt(name).names))   # numpy's order is the reverse of a potential's
        families.append((np.moveaxis(table, axes.index(problem.target), -1), [problem.names.index(a) for a in axes if a != problem.target]))

    def answer():
        product = np.ones((len(codes), len(problem.labels[problem.target])))
        for table, columns in families:
            product *= table[tuple(codes[:, c] for c in columns)]
        return product / product.sum(1, keepdims=True)
    answer()
    times, began = [], time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        out = answer()
        times.append(time.perf_counter() - start)
    return len(codes) / statistics.median(times), out


PEERS = {"pgmpy": pgmpy, "pyagrum": pyagrum, "pyagrum-classifier": pyagrum_classifier, "numpy": numpy}


def footfall(arguments, folder):
    command = [arguments.footfall, "bench", "posterior", "--device", "cpu", "--threads", str(arguments.threads), "--dump", str(folder), "--json", str(folder / "own.jsonl"), "--quiet"]
    if arguments.network:
        command += ["--network", arguments.network, "--target", arguments.target]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    lines = (folder / "own.jsonl").read_text().splitlines()
    (folder / "own.jsonl").unlink()
    return {figure["name"]: figure["rate"] for figure in map(json.loads, lines)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--footfall", default=str(pathlib.Path(__file__).resolve().parents[2] / "build" / "footfall"))
    parser.add_argument("--network", default="")
    parser.add_argument("--target", default="purchase")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--json")
    arguments = parser.parse_args()
    rates, apart = {}, {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for _ in range(arguments.rounds):
            for kind, rate in footfall(arguments, folder).items():
                rates.setdefault((kind, "footfall"), []).append(rate)
            for kind in KINDS:
                problem = Problem(folder, kind, arguments.target)
                for peer in arguments.peers.split(","):
                    result = PEERS[peer](problem, arguments.seconds)
                    if result is None:
                        continue
                    rate, out = result
                    rates.setdefault((kind, peer), []).append(rate)
                    difference = np.abs(out - problem.truth[:len(out)])
                    apart[kind, peer] = max(apart.get((kind, peer), 0.0), float(np.nanmax(difference)))
    lines = []
    for (kind, who), values in sorted(rates.items()):
        middle = statistics.median(values)
        own = statistics.median(rates[kind, "footfall"])
        line = {"kind": kind, "who": who, "rows_per_s": middle, "rounds": values, "footfall_is_faster": own / middle, "apart": apart.get((kind, who))}
        lines.append(line)
        print(f"{kind:<34} {who:<20} {middle:>14,.0f} rows/s  {own / middle:>12,.1f} x  " + (f"{line['apart']:.1e} apart" if line["apart"] is not None else ""))
    if arguments.json:
        pathlib.Path(arguments.json).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
