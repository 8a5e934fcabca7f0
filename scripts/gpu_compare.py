#!/usr/bin/env python3
"""Compares a job that was run on a GPU and on the CPU by gpu_check.sh.

    gpu_compare.py FOLDER DEVICE

FOLDER/scores-DEVICE.csv and FOLDER/scores-cpu.csv are scores of one model: they differ by rounding only, so a probability by no
more than 1e-4 (float32 products over a few hundred steps, errors of about 1e-6, through a sigmoid of slope 1/4; a hundredfold margin).
FOLDER/model-DEVICE and FOLDER/model-cpu were trained apart and drift apart as training does: AUROC may differ by 0.02.
Prints one line; fails when a bound is passed.
"""
import csv
import json
import sys

PROBABILITY_BOUND = 1e-4
AUROC_BOUND = 0.02


def scores(path: str) -> dict[str, dict[str, float]]:
    with open(path, newline="", encoding="utf-8") as file:
        return {row["customer"]: {key: float(value) for key, value in row.items() if key != "customer" and not key.endswith("_decile")} for row in csv.DictReader(file)}


def main() -> int:
    folder, device = sys.argv[1:3]
    on_gpu, on_cpu = scores(f"{folder}/scores-{device}.csv"), scores(f"{folder}/scores-cpu.csv")
    if not on_gpu or on_gpu.keys() != on_cpu.keys():
        print("the two runs scored other customers")
        return 1
    # Money has no fixed range, so its difference is taken relative to its size.
    worst = max(abs(value - on_cpu[customer][key]) / max(1.0, abs(on_cpu[customer][key])) for customer, row in on_gpu.items() for key, value in row.items())
    tests = [json.load(open(f"{folder}/model-{name}/metrics.json", encoding="utf-8"))["test"] for name in (device, "cpu")]
    apart = {target: tests[0][target]["auroc"] - tests[1][target]["auroc"] for target in tests[0] if "auroc" in tests[0][target]}
    print(f"largest difference of a score {worst:.1e} over {len(on_gpu)} customers; AUROC apart by " + ", ".join(f"{target} {value:+.4f}" for target, value in apart.items()))
    return 0 if worst <= PROBABILITY_BOUND and all(abs(value) <= AUROC_BOUND for value in apart.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
