#!/usr/bin/env bash
# Each patch of tests/emulator/faults plants one fault in the CUDA sources; a test must find it and say what it is.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
if ! compgen -G 'tests/emulator/faults/*.patch' >/dev/null; then
  echo "no faults planted yet"
  exit 0
fi
exec scripts/test.sh -L fault
