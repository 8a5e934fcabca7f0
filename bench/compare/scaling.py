#!/usr/bin/env python3
"""How time grows with the size: rows, columns, hidden size, length, batch and customers, by `footfall bench`; needs nothing but Python.

    scaling.py [--footfall build/footfall] [--most-rows 10000000] [--customers 1000,10000,100000] [--out docs/performance.md]

A series is a straight line as far as the time an item stays the same; the page says from which size on it is within a quarter of the best, and where it
leaves that again.
"""
import argparse
import json
import math
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN, END = "<!-- scaling: begin -->", "<!-- scaling: end -->"
STRAIGHT = 1.25


def figures(a, *words: str) -> list[dict]:
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "bench.jsonl")
        subprocess.run([a.footfall, "bench", *words, "--json", out, "--device", a.device, "--threads", str(a.threads), "--repeats", str(a.repeats), "--quiet"], check=True)
        with open(out, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def powers(first: int, last: int) -> list[int]:
    out = []
    while first <= last:
        out.append(first)
        first *= 10
    return out


def series(a) -> list[tuple[str, str, list[tuple[int, float]]]]:
    """Name, what is counted, and (size, seconds an item at that size)."""
    found = []
    fit, transform = [], []
    for rows in powers(1000, a.most_rows):
        for figure in figures(a, "standardize", "--rows", str(rows)):
            (fit if figure["name"].endswith("fit") else transform).append((rows, figure["kernel_s"] / rows))
    found += [("standardize/fit, 32 columns", "rows", fit), ("standardize/transform, 32 columns", "rows", transform)]
    cells = []
    for columns in (1, 2, 8, 32, 128, 512):
        rows = max(1000, a.most_rows * 4 // columns // 10)
        cells.append((columns, sum(f["kernel_s"] for f in figures(a, "standardize", "--rows", str(rows), "--columns", str(columns))) / (rows * columns)))
    found.append(("standardize, fit and transform of as many cells", "columns", cells))
    small = ["--product", "512", "--sequences", str(a.sequences)]
    hidden = [(h, 1e-9 / figures(a, "lstm", "--only", "lstm/score/1024", "--score-batches", "1024", "--hidden", str(h), *small)[0]["rate"]) for h in (32, 64, 128, 256, 512)]
    found.append(("lstm/score, a single layer: time an operation", "hidden", hidden))
    length = [(t, 1.0 / figures(a, "lstm", "--only", "lstm/score/1024", "--score-batches", "1024", "--time", str(t), *small)[0]["events_per_s"]) for t in (1, 4, 12, 32, 100, 200)]
    found.append(("lstm/score, 128 -> 64: time an event", "steps of a sequence", length))
    batch = [(b, 1.0 / figures(a, "lstm", "--only", f"lstm/train/{b}", "--train-batches", str(b), "--product", "512", "--sequences", str(8 * max(256, b)))[0]["events_per_s"])
             for b in (1, 8, 32, 128, 512, 2048)]
    found.append(("lstm/train, T 32: time an event", "batch", batch))
    customers = [(int(n), 1.0 / figures(a, "pipeline", "--customers", n)[0]["rate"]) for n in a.customers.split(",")]
    found.append(("pipeline/score, file to file: time an event", "customers", customers))
    return found


def bends(points: list[tuple[int, float]]) -> str:
    best = min(seconds for _, seconds in points)
    straight = [size for size, seconds in points if seconds <= STRAIGHT * best]
    slower = [f"{size:,} ({seconds / best:.1f} x)" for size, seconds in points if seconds > STRAIGHT * best]
    if not slower:
        return f"straight from {points[0][0]:,} to {points[-1][0]:,}"
    return f"straight over {', '.join(f'{size:,}' for size in straight)}; slower an item at {', '.join(slower)}"


def unit(seconds: float) -> str:
    for factor, name in ((1e3, "ms"), (1e6, "us"), (1e9, "ns"), (1e12, "ps")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {name}"
    return f"{seconds * 1e15:.3g} fs"


def plot(found) -> str:
    """Time an item over the size, each series relative to its best: a straight line of time is a level line here."""
    colours = ["#3b7dd8", "#d8793b", "#3aa657", "#8a4fc7", "#c03a5b", "#777777", "#2aa5a5"]
    left, top, width, height = 60, 30, 560, 260
    most = max(seconds / min(s for _, s in points) for _, _, points in found for _, seconds in points)
    high = math.log10(max(2.0, most * 1.1))
    spans = [math.log10(points[-1][0] / points[0][0]) or 1.0 for _, _, points in found]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 20}" height="{top + height + 30 + 18 * len(found)}" font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{left}" y="18" font-size="14">Time an item over the best of its series (level is a straight line)</text>']
    for mark in (1, 2, 5, 10, 20, 50, 100):
        if math.log10(mark) <= high:
            y = top + height * (1 - math.log10(mark) / high)
            out.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}" stroke="#ddd"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{mark}</text>')
    for k, (name, what, points) in enumerate(found):
        best = min(seconds for _, seconds in points)
        at = [(left + width * math.log10(size / points[0][0]) / spans[k], top + height * (1 - math.log10(seconds / best) / high)) for size, seconds in points]
        out.append(f'<polyline fill="none" stroke="{colours[k % 7]}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in at)}"/>')
        out.append(f'<text x="{left}" y="{top + height + 30 + 18 * k}" fill="{colours[k % 7]}">{name}: {what} {points[0][0]:,} .. {points[-1][0]:,}</text>')
    return "\n".join(out + ["</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--footfall", default="build/footfall")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--most-rows", type=int, default=10_000_000)
    parser.add_argument("--sequences", type=int, default=2048)
    parser.add_argument("--customers", default="1000,10000,100000")
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs", "performance.md"))
    a = parser.parse_args()
    a.footfall = os.path.abspath(a.footfall)
    found = series(a)
    picture = os.path.join(os.path.dirname(os.path.abspath(a.out)), "scaling.svg")
    with open(picture, "w", encoding="utf-8") as file:
        file.write(plot(found))
    lines = [BEGIN, "", "| series | time an item by size | where it is a straight line |", "| --- | --- | --- |"]
    lines += [f"| {name} ({what}) | {', '.join(f'{size:,}: {unit(seconds)}' for size, seconds in points)} | {bends(points)} |" for name, what, points in found]
    lines += ["", "![scaling](scaling.svg)", "", END]
    text = "# Performance\n\n" + BEGIN + "\n" + END + "\n"
    if os.path.exists(a.out):
        with open(a.out, encoding="utf-8") as file:
            text = file.read()
    before, rest = text.split(BEGIN, 1)
    with open(a.out, "w", encoding="utf-8") as file:
        file.write(before + "\n".join(lines) + rest.split(END, 1)[1])


if __name__ == "__main__":
    main()
