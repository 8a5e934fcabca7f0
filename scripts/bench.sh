#!/usr/bin/env bash
# Everything that is known of footfall's speed, anew: rates beside the machine's limits, each operation over its sizes, how time grows with the size,
# and the side-by-side runs with other programs (COMPARE=0 leaves them out: they need 3 GB of Python packages).
# Arguments go to the micro-benchmarks; their default is a short run.
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
cmake --build "$BUILD" -j "${JOBS:-2}" --target footfall
"$BUILD/footfall" bench all --json "$BUILD/bench.jsonl"
if grep -q '^FOOTFALL_BENCHMARK:FILEPATH=/' "$BUILD/CMakeCache.txt"; then
  cmake --build "$BUILD" -j "${JOBS:-2}" --target bench
  if [ $# = 0 ]; then set -- --benchmark_min_time=0.01; fi
  "$BUILD/footfall_bench" "$@"
else
  echo "bench: no Google Benchmark here, so no micro-benchmarks" >&2
fi
python3 bench/compare/scaling.py --footfall "$BUILD/footfall"
if [ "${COMPARE:-1}" = 1 ]; then BUILD=$BUILD bench/compare/run.sh; fi
