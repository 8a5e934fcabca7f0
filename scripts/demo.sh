#!/usr/bin/env bash
# From nothing to scores: a simulated shop, a fitted model, a score for every customer, a report. Outputs go to demo/.
set -euo pipefail
cd "$(dirname "$0")/.."
footfall=${BUILD:-build}/footfall
out=${DEMO:-demo}
customers=${CUSTOMERS:-20000}

step() { printf '\n\033[1m$ footfall %s\033[0m\n' "$*"; "$footfall" "$@"; }

mkdir -p "$out"
step simulate --customers "$customers" --out "$out/shop" --overwrite
step fit "$out/shop/job.toml" --out "$out/model" --overwrite
step score "$out/model" --out "$out/scores.parquet" --overwrite
step report "$out/model" --scores "$out/scores.parquet" --out "$out/report.html" --overwrite

python3 - "$out" <<'PYTHON'
import json, sys
folder = sys.argv[1]
metrics = json.load(open(f"{folder}/model/metrics.json"))
print("\nOn customers that the model never saw:")
for target, figures in metrics["test"].items():
    words = {"auroc": "AUROC {:.3f}", "best_auroc": "(best possible {:.3f})", "lift_at_10": "lift in the top tenth {:.1f}",
             "r2": "R2 {:.3f}", "mae": "mean error {:.2f}", "accuracy": "accuracy {:.3f}"}
    print(f"  {target:<10}", ", ".join(text.format(figures[name]) for name, text in words.items() if isinstance(figures.get(name), (int, float))))
PYTHON
cat <<TEXT

Made just now:
  $out/shop/            the events, the customer table, the job and the known truth
  $out/model/           the model; metrics.json holds every figure
  $out/scores.parquet   one line a customer: probabilities, deciles, expected spend
  $out/report.html      open this one in a browser
TEXT
