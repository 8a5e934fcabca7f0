"""Writes the table and the plot of a comparison into a page, between its two marks; what stands around them is kept."""
import datetime
import os
import platform
import subprocess
from html import escape

BEGIN, END = "<!-- compare: begin -->", "<!-- compare: end -->"

# Goals, by row and peer: (floor, goal) as a ratio to the peer, or to the limit where the peer is "limit".
GOALS = {
    ("lstm/train/32", "torch"): (1.5, 2.0), ("lstm/train/32", "keras"): (3.0, 4.5), ("lstm/train/32", "limit"): (0.70, 0.85),
    ("lstm/train/1024", "torch"): (3.0, None), ("lstm/train/1024", "keras"): (2.0, None), ("lstm/train/1024", "limit"): (None, 0.85),
    ("lstm/train/ragged/256", "torch"): (6.0, 12.0), ("lstm/train/ragged/256", "torch-sorted"): (1.2, 1.6), ("lstm/train/ragged/256", "limit"): (None, 0.85),
    ("lstm/score/4096", "torch"): (1.4, None), ("lstm/score/4096", "onnxruntime"): (0.95, 1.0),
    ("lstm/score/embedded/4096", "onnxruntime"): (1.0, 1.15),
    ("standardize/fit", "limit"): (0.70, 0.90), ("standardize/transform", "limit"): (0.70, 0.90),
    ("standardize, both", "polars"): (6.0, 6.0), ("standardize, both", "sklearn"): (150.0, 150.0),
    ("file to file, grouped events", "polars + torch, by length"): (1.5, 2.2),
    ("fit online_shoppers, five folds and all", "torch"): (1.0, 3.0),
}
SECONDS = {"score 10 customers, whole process": (0.5, 0.15)}
MEMORY = {"file to file, grouped events": "polars + torch, by length", "standardize, both": "polars"}


def verdict(value: float, floor, goal, less: bool = False) -> str:
    reached = (lambda bound: bound is not None and (value <= bound if less else value >= bound))
    if reached(goal):
        return "goal"
    if goal is None and reached(floor):
        return "floor, no goal of its own"
    return "floor" if reached(floor) else "below" if floor is not None else "below the goal"


def bounds(floor, goal, form: str) -> str:
    return " / ".join(form.format(x) if x is not None else "-" for x in (floor, goal))


def table(rows: list[dict]) -> list[str]:
    lines = ["| work | footfall | beside | ratio, median (lowest .. highest of the rounds) | floor / goal | reached |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        own = f"{row['footfall']:.4g} {row['unit']}"
        if "share" in row:
            floor, goal = GOALS.get((row["row"], "limit"), (None, None))
            lines.append(f"| {row['row']} | {own} | the limit, same process | {row['share']:.0%} | {bounds(floor, goal, '{:.0%}')} | {verdict(row['share'], floor, goal) if floor or goal else ''} |")
        for peer, other in row["peers"].items():
            floor, goal = GOALS.get((row["row"], peer), (None, None))
            judged = verdict(other["median"], floor, goal) if floor or goal else ""
            lines.append(f"| {row['row']} | {own} | {peer}, {other['value']:.4g} {row['unit']} | {other['median']:.2f} x ({other['low']:.2f} .. {other['high']:.2f}) | {bounds(floor, goal, '{:g} x')} | {judged} |")
        if row["row"] in SECONDS:
            floor, goal = SECONDS[row["row"]]
            lines.append(f"| {row['row']} | {own} | | | {floor} s / {goal} s | {verdict(row['footfall'], floor, goal, True)} |")
        if row["row"] in MEMORY and MEMORY[row["row"]] in row.get("peak_mib", {}):
            mine, theirs = row["peak_mib"]["footfall"], row["peak_mib"][MEMORY[row["row"]]]
            lines.append(f"| {row['row']}: peak memory | {mine:.0f} MiB | {MEMORY[row['row']]}, {theirs:.0f} MiB | {mine / theirs:.2f} of theirs | 0.5 / 0.1 | {verdict(mine / theirs, 0.5, 0.1, True)} |")
    return lines


def plot(rows: list[dict]) -> str:
    """Bars of ratios on a logarithmic scale, 1 x in the middle of the eye."""
    import math

    bars = [(f"{row['row']}  /  {peer}", other["median"], other["low"], other["high"]) for row in rows for peer, other in row["peers"].items()]
    left, width, step = 420, 520, 24
    largest = max([2.0] + [bar[3] for bar in bars])
    low, high = math.log10(0.5), math.log10(largest * 1.2)

    def x(value):
        return left + width * (math.log10(max(value, 0.5)) - low) / (high - low)
    height = 60 + step * len(bars)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 80}" height="{height}" font-family="sans-serif" font-size="13">', '<rect width="100%" height="100%" fill="white"/>',
           '<text x="10" y="20" font-size="15">How many times as fast as each other program (logarithmic; 1 is as fast)</text>']
    for mark in (0.5, 1, 2, 5, 10, 20, 50, 100, 200):
        if mark <= largest * 1.2:
            out.append(f'<line x1="{x(mark):.1f}" y1="30" x2="{x(mark):.1f}" y2="{height - 20}" stroke="{"#333" if mark == 1 else "#ddd"}"/><text x="{x(mark):.1f}" y="{height - 5}" text-anchor="middle" fill="#555">{mark:g}</text>')
    for k, (name, middle, least, most) in enumerate(bars):
        y = 36 + step * k
        start, end = sorted((x(1), x(middle)))
        out.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text><rect x="{start:.1f}" y="{y}" width="{max(end - start, 1):.1f}" height="16" fill="{"#3b7dd8" if middle >= 1 else "#d8793b"}"/>'
                   f'<line x1="{x(least):.1f}" y1="{y + 8}" x2="{x(most):.1f}" y2="{y + 8}" stroke="#111"/><text x="{x(max(middle, most, 1)) + 6:.1f}" y="{y + 13}">{middle:.2f}</text>')
    return "\n".join(out + ["</svg>", ""])


def machine() -> str:
    name = platform.processor() or platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    load = os.getloadavg()[0]
    return f"{name}, {len(os.sched_getaffinity(0))} processors, load {load:.1f} at the end"


def write(path: str, rows: list[dict], a) -> None:
    commit = subprocess.run(["git", "-C", os.path.dirname(os.path.abspath(__file__)), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    picture = os.path.splitext(path)[0] + ".svg"
    with open(picture, "w", encoding="utf-8") as file:
        file.write(plot(rows))
    today = datetime.date.today().isoformat()
    part = [BEGIN, "", f"Measured {today} by `make compare` at commit {commit}: {machine()}; {a.threads} threads for every program, {a.rounds} rounds in turns, {a.repeats} repeats a round.", "",
            *table(rows), "", f"![ratios]({os.path.basename(picture)})", "", END]
    text = "# Performance\n\n" + BEGIN + "\n" + END + "\n"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
    before, rest = text.split(BEGIN, 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + "\n".join(part) + rest.split(END, 1)[1])
