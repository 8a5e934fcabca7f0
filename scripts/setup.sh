#!/usr/bin/env bash
# Installs what footfall is built with and is missing: packages of Debian 12 or Ubuntu 24.04, Arrow C++, CUDA or its headers.
# Safe to run again: what is there is left alone, and then it takes well under a second.
#
#   CUDA=1  take nvcc, cuBLAS and cuDNN as wheels although this machine has no NVIDIA driver
#   CUDA=0  never take them
#   BUILD   the build folder (build); wheels go to $BUILD/deps
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
deps=$BUILD/deps
mkdir -p "$deps"

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# --- packages of the distribution (the same names in Debian 12 and Ubuntu 24.04) ---
packages=(g++ cmake ninja-build ccache mold patch python3 python3-pip
  libhwy-dev libdnnl-dev libopenblas-dev libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libpugixml-dev
  libgtest-dev libbenchmark-dev libboost-context-dev)
[ "$(uname -m)" = x86_64 ] && packages+=(libxsmm-dev)

install_packages() {
  command -v dpkg-query >/dev/null || { say "no Debian or Ubuntu: install yourself what these packages hold: ${packages[*]}"; return; }
  local missing=() name
  # ${db:...} is dpkg's, not the shell's.
  # shellcheck disable=SC2016
  local have; have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
  for name in "${packages[@]}"; do
    grep -qx "$name installed" <<<"$have" && continue
    case $name in   # tools may come from elsewhere
      g++ | cmake | ccache | mold | patch | python3) command -v "$name" >/dev/null && continue ;;
      ninja-build) command -v ninja >/dev/null && continue ;;
      python3-pip) python3 -m pip --version >/dev/null 2>&1 && continue ;;
    esac
    missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "these packages are missing, and this is neither root nor is there sudo: ${missing[*]}
setup: have an administrator run: apt-get install ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing ${#missing[@]} packages: ${missing[*]}"
  local log=$deps/apt.log
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >"$log" 2>&1 || say "the package lists could not be refreshed (see $log); going on with those at hand"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
    { tail -n 15 "$log" >&2; fail "apt-get could not install them; the whole output is in $log"; }
}

# --- wheels, for what no package holds ---
# into FOLDER WHEEL...: unpacks wheels into a folder that appears only when it is whole
into() {
  local folder=$1; shift
  rm -rf "$folder.part"
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --root-user-action=ignore --target "$folder.part" "$@" \
    >"$deps/pip.log" 2>&1 || { tail -n 15 "$deps/pip.log" >&2; fail "pip could not fetch: $*"; }
  rm -rf "$folder"
  mv "$folder.part" "$folder"
}

install_arrow() {
  [ -n "${FOOTFALL_ARROW_DIR:-}" ] && return
  [ -d "$deps/arrow/pyarrow/include" ] && return
  local name found=1
  for name in Arrow Parquet ArrowDataset; do
    compgen -G "/usr/lib/*/cmake/$name/${name}Config.cmake" >/dev/null || compgen -G "/usr/local/lib*/cmake/$name/${name}Config.cmake" >/dev/null || found=0
  done
  [ $found = 1 ] && return
  say "fetching Arrow C++ (the pyarrow wheel, 170 MB unpacked) into $deps/arrow"
  into "$deps/arrow" 'pyarrow==26.0.*'
}

find_nvcc() { for nvcc in "${CUDACXX:-}" "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do [ -x "$nvcc" ] && { echo "$nvcc"; return; }; done; return 1; }
has_driver() { [ -e /proc/driver/nvidia/version ] || compgen -G '/dev/nvidia[0-9]*' >/dev/null || command -v nvidia-smi >/dev/null; }

install_cuda() {
  local nvcc
  if [ "${CUDA:-}" != 1 ] && nvcc=$(find_nvcc); then return; fi
  if [ "${CUDA:-}" = 1 ] || { [ "${CUDA:-}" != 0 ] && has_driver; }; then
    [ -x "$deps/cuda/nvidia/cu13/bin/nvcc" ] && return
    say "fetching CUDA 13.0 with cuBLAS and cuDNN (wheels, 1.3 GB unpacked) into $deps/cuda"
    into "$deps/cuda" 'nvidia-cuda-nvcc==13.0.*' 'nvidia-cuda-runtime==13.0.*' 'nvidia-cuda-cccl==13.0.*' 'nvidia-nvvm==13.0.*' \
      'nvidia-cuda-crt==13.0.*' 'nvidia-cublas==13.0.*' 'nvidia-cudnn-cu13==9.19.*'
    ln -sfn lib "$deps/cuda/nvidia/cu13/lib64"   # where nvcc looks for its runtime
    return
  fi
  # No CUDA here: only the headers of Thrust, for the emulated device.
  [ -d "$deps/cuda/nvidia/cu13/include/cccl" ] && return
  say "fetching the CCCL headers (17 MB) into $deps/cuda"
  into "$deps/cuda" 'nvidia-cuda-cccl==13.0.*'
}

install_packages
install_arrow
install_cuda
