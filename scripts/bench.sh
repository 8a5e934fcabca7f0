#!/usr/bin/env bash
# Micro-benchmarks, where there are any, then the throughput figures of the command. Arguments go to the micro-benchmarks.
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
cmake --build "$BUILD" -j "${JOBS:-2}" --target footfall
if cmake --build "$BUILD" --target help | grep -q '^footfall_bench'; then
  cmake --build "$BUILD" -j "${JOBS:-2}" --target footfall_bench
  "$BUILD/footfall_bench" "$@"
fi
if "$BUILD/footfall" --help | grep -qE '^ *bench\b'; then
  "$BUILD/footfall" bench all --json "$BUILD/bench.jsonl"
fi
