#!/usr/bin/env bash
# Runs ctest and ends with one line that counts. Arguments go to ctest.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
log=$BUILD/ctest.log
started=$SECONDS
ctest --test-dir "$BUILD" --output-on-failure -j "${CTEST_JOBS:-2}" "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
total=$(grep -oE 'tests failed out of [0-9]+' "$log" | grep -oE '[0-9]+' | tail -n 1)
failed=$(grep -oE '[0-9]+ tests failed out of' "$log" | grep -oE '^[0-9]+' | tail -n 1)
skipped=$(grep -cE '\*\*\*Skipped' "$log")
if [ -z "$total" ] || [ "$total" = 0 ]; then
  echo "footfall: no test ran"
  exit 1
fi
echo "footfall: $((total - failed - skipped)) passed, $skipped skipped, $failed failed, in $((SECONDS - started)) s" | tee -a "$log"
exit "$status"
