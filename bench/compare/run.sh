#!/usr/bin/env bash
# footfall beside PyTorch, Keras, ONNX Runtime, scikit-learn and polars on the same bytes: one command.
#
#   bench/compare/run.sh [arguments of compare.py]      VENV=FOLDER for an environment that is there, BUILD=FOLDER for the build
#
# Makes a virtual environment from requirements.txt (3 GB with PyTorch), runs everything in turns and writes docs/performance.md and its plot.
set -euo pipefail
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
VENV=${VENV:-$BUILD/compare-venv}
[ -x "$BUILD/footfall" ] || { echo "compare: there is no $BUILD/footfall; run 'make build'" >&2; exit 2; }
stamp=$VENV/requirements.stamp
if [ ! -x "$VENV/bin/python" ]; then python3 -m venv "$VENV"; fi
if ! cmp -s bench/compare/requirements.txt "$stamp"; then
  "$VENV/bin/python" -m pip install -q -r bench/compare/requirements.txt
  cp bench/compare/requirements.txt "$stamp"
fi
exec "$VENV/bin/python" bench/compare/compare.py --footfall "$BUILD/footfall" "$@"
