#!/usr/bin/env bash
# Everything that a machine with an NVIDIA GPU should verify, in the order of docs/gpu.md; results are appended to docs/gpu-ledger.md.
#
#   scripts/gpu_check.sh              all steps
#   scripts/gpu_check.sh --dry-run    print each command, run none (needs no GPU)
#   scripts/gpu_check.sh --only tests,sanitizer
#
# A step that fails does not stop the ones after it; the script then ends with 1.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

usage() { sed -n '2,8p' "$0" | cut -c3-; }
dry=0 only=""
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry=1 ;;
    --only) [ $# -ge 2 ] || { usage; exit 2; }; only=$2; shift ;;
    --help | -h) usage; exit 0 ;;
    *) echo "gpu_check: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

steps=(build tests agreement sanitizer bench pytorch)
for name in ${only//,/ }; do
  [[ " ${steps[*]} " == *" $name "* ]] || { echo "gpu_check: no step '$name'; there are: ${steps[*]}" >&2; exit 2; }
done
BUILD=${BUILD:-build-gpu}
ledger=docs/gpu-ledger.md
work=$BUILD/check
device=${DEVICE:-cuda:0}
architectures="80-real;86-real;89-real;90-real;90-virtual"

wanted() { [ -z "$only" ] || [[ ",$only," == *",$1,"* ]]; }
say() { printf '\n== %s\n' "$*"; }

# run LOG COMMAND...: the command with its output in a file; in a dry run only its text
run() {
  local log=$1; shift
  printf '$ %s\n' "$*"
  [ $dry = 1 ] && return 0
  "$@" >"$work/$log" 2>&1
  local status=$?
  [ $status = 0 ] || { echo "   failed with $status; the end of $work/$log:"; tail -n 15 "$work/$log"; }
  return $status
}

results=()
record() { results+=("| $1 | $2 | ${3:-} |"); printf '   %s: %s %s\n' "$1" "$2" "${3:-}"; }
outcome() { if [ $dry = 1 ]; then echo "dry run"; elif [ "$1" = 0 ]; then echo "passed"; else failures=$((failures + 1)); echo "FAILED"; fi; }
failures=0

# --- the machine ---
if [ $dry = 0 ]; then
  command -v nvidia-smi >/dev/null || { echo "gpu_check: there is no nvidia-smi, so no NVIDIA driver; --dry-run shows what would be done" >&2; exit 2; }
  gpu=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader -i "${device#cuda:}") || { echo "gpu_check: nvidia-smi knows no $device" >&2; exit 2; }
  mkdir -p "$work"
else
  gpu="(dry run)"
fi
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ] || commit="$commit, changed"
echo "gpu_check: $gpu, commit $commit, device $device"

# --- 1. every architecture compiles, nothing spills ---
step_build() {
  local status
  run setup.log env CUDA="${CUDA:-}" BUILD="$BUILD" scripts/setup.sh &&
    run configure.log cmake --preset cuda -B "$BUILD" "-DCMAKE_CUDA_ARCHITECTURES=$architectures" &&
    run build.log cmake --build "$BUILD" -j "$(nproc)"
  status=$?
  record "build for 80, 86, 89, 90 and PTX, no spill" "$(outcome $status)"
  return $status
}

# --- 2. the tests of the CUDA backend, on the real device ---
step_tests() {
  local status counts=""
  run tests.log env FOOTFALL_REQUIRE_CUDA=1 ctest --test-dir "$BUILD" --output-on-failure -R '^cuda/'
  status=$?
  if [ $dry = 0 ]; then
    counts=$(grep -E 'tests passed' "$work/tests.log" | tail -n 1)
    if [ -z "$counts" ]; then status=1; counts="no test ran"; fi
  fi
  record "CUDA tests" "$(outcome $status)" "$counts"
}

# --- 3. one job on the GPU and on the CPU: the test figures must be close ---
step_agreement() {
  local status=0 name text=""
  run simulate.log "$BUILD/footfall" simulate --customers 20000 --out "$work/shop" --overwrite || status=1
  for name in "$device" cpu; do
    run "fit-$name.log" "$BUILD/footfall" fit "$work/shop/job.toml" --out "$work/model-$name" --overwrite --device "$name" || status=1
  done
  for name in "$device" cpu; do   # one model, scored by both
    run "score-$name.log" "$BUILD/footfall" score "$work/model-$device" --out "$work/scores-$name.csv" --overwrite --device "$name" || status=1
  done
  if [ $dry = 1 ]; then
    run compare.log python3 scripts/gpu_compare.py "$work" "$device"
  elif [ $status = 0 ]; then
    text=$(python3 scripts/gpu_compare.py "$work" "$device") || status=1
  fi
  record "one job on $device and on the CPU" "$(outcome $status)" "$text"
}

# --- 4. compute-sanitizer over the kernels' tests ---
step_sanitizer() {
  local tool test status sanitizer
  sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null || true)
  if [ -z "$sanitizer" ]; then
    [ $dry = 1 ] || { record "compute-sanitizer" "not installed"; return; }
    sanitizer=compute-sanitizer
  fi
  for tool in memcheck racecheck initcheck synccheck; do
    status=0
    for test in "$BUILD"/test/test_kernels_*; do
      # Leaks and large shapes are for the plain run; here each kernel once.
      run "$tool-$(basename "$test").log" env FOOTFALL_TEST_DEVICE=cuda FOOTFALL_REQUIRE_CUDA=1 "$sanitizer" --tool "$tool" --error-exitcode 9 "$test" || status=1
      if [ $dry = 1 ]; then break; fi
    done
    record "compute-sanitizer $tool" "$(outcome $status)"
  done
}

# --- 5. throughput against the machine's limits ---
step_bench() {
  run bench.log "$BUILD/footfall" bench all --device "$device" --json "$work/bench.jsonl"
  local status=$?
  record "footfall bench all" "$(outcome $status)"
  [ $dry = 1 ] || [ $status != 0 ] || while IFS= read -r line; do results+=("$line"); done < <(python3 - "$work/bench.jsonl" <<'PYTHON'
import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    share = f"{row['share']:.0%} of {row['limit']:.4g}" if row.get("share") is not None else ""
    apart = f", kernels {1e3 * row['kernel_s']:.3g} ms, copies {1e3 * row['copy_s']:.3g} ms, wall {1e3 * row['wall_s']:.3g} ms"
    print(f"| bench {row['name']} | {row['rate']:.4g} {row['unit']} | {share}, {row['limit_of']}{apart} |")
PYTHON
)
}

# --- 6. the same LSTM in PyTorch on the same GPU ---
step_pytorch() {
  local status
  if [ $dry = 0 ] && ! python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
    record "PyTorch on the same GPU" "no PyTorch with CUDA in python3"
    return
  fi
  run pytorch.log python3 scripts/gpu_pytorch.py --device "$device"
  status=$?
  record "PyTorch on the same GPU" "$(outcome $status)"
  [ $dry = 1 ] || [ $status != 0 ] || while IFS= read -r line; do results+=("$line"); done < <(grep '^|' "$work/pytorch.log")
}

for name in "${steps[@]}"; do
  wanted "$name" || continue
  say "$name"
  "step_$name" || { [ "$name" = build ] && [ $dry = 0 ] && { echo "gpu_check: without a build there is nothing to check" >&2; break; }; }
done

# --- the ledger ---
entry=$(printf '\n## %s, %s\n\ncommit %s, %s\n\n| check | result | figures |\n| --- | --- | --- |\n' "$(date -u +%Y-%m-%d)" "${gpu%%,*}" "$commit" "$gpu"; printf '%s\n' "${results[@]}")
if [ $dry = 1 ]; then
  say "would be appended to $ledger"
  printf '%s\n' "$entry"
else
  printf '%s\n' "$entry" >>"$ledger"
  say "appended to $ledger; $failures checks failed"
fi
[ $failures = 0 ]
