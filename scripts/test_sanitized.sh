#!/usr/bin/env bash
# The operations on the emulated device twice more: checked by ThreadSanitizer (races between the threads of a kernel) and by
# AddressSanitizer with undefined-behaviour checks (bounds and lifetime, to the byte); streams run in another order than in the plain tests.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
status=0
for kind in tsan asan; do
  folder=build-$kind
  cmake --preset "$kind" -B "$folder" -DFOOTFALL_BENCH=OFF >"$folder.log" 2>&1 || { cat "$folder.log"; exit 1; }
  rm -f "$folder.log"
  cmake --build "$folder" -j "${JOBS:-2}" --target footfall_cuda_emulated test_kernels_columns test_kernels_layers test_kernels_sequences || exit 1
  FOOTFALL_EMULATOR_SEED=7 BUILD=$folder scripts/test.sh -R '^emulated/(columns|layers|sequences)/' || status=1
done
exit $status
