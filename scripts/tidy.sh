#!/usr/bin/env bash
# clang-tidy over the C++ sources of the four layers, or over the files that are named.
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
command -v clang-tidy >/dev/null || { echo "tidy: clang-tidy is not installed (apt-get install clang-tidy)"; exit 1; }
if [ $# -eq 0 ]; then
  # The CUDA side is compiled by nvcc, whose flags clang-tidy does not read.
  mapfile -t files < <(git ls-files 'kernels/*.cpp' 'engine/*.cpp' 'host/*.cpp' 'tools/*.cpp' | grep -vE '_(cuda|cudnn|cublas)\.cpp$')
else
  files=("$@")
fi
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p "$BUILD"
