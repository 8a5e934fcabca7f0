#!/usr/bin/env python3
"""The table of registers, shared memory and theoretical occupancy of each kernel, from what ptxas reported (see ptxas_log.py).

    ptxas_report.py FOLDER_OF_OBJECTS [--out build/ptxas.txt]

Fails when a kernel of footfall spills registers. Occupancy is for blocks of the largest size that __launch_bounds__ or the kernel's own
registers allow and of 256 threads; dynamic shared memory is known only at the launch and is not in it.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

# Per multiprocessor, from the CUDA C++ Programming Guide, table of technical specifications by compute capability.
LIMITS = {  # threads, blocks, shared memory in bytes
    "sm_80": (2048, 32, 164 * 1024),
    "sm_86": (1536, 16, 100 * 1024),
    "sm_89": (1536, 24, 100 * 1024),
    "sm_90": (2048, 32, 228 * 1024),
}
REGISTERS = 65536            # of a multiprocessor, 32 bits each
REGISTER_UNIT = 256          # registers are given to a warp in pieces of this many
SHARED_RESERVED = 1024       # bytes that the system takes of each block's share


def of_a_library(name: str) -> bool:
    """Whether a mangled name is CUB's or Thrust's."""
    return re.match(r"_ZNK?(3cub|6thrust|8cuda_cub)", name) is not None


def occupancy(architecture: str, registers: int, shared: int, threads: int) -> float:
    """Share of the threads a multiprocessor can hold that are resident with blocks of `threads`."""
    most_threads, most_blocks, most_shared = LIMITS.get(architecture, LIMITS["sm_90"])
    warps = (threads + 31) // 32
    by_warp = -(-max(registers, 1) * 32 // REGISTER_UNIT) * REGISTER_UNIT
    blocks = min(most_blocks, most_threads // (warps * 32), REGISTERS // by_warp // warps, most_shared // (shared + SHARED_RESERVED))
    return blocks * warps * 32 / most_threads


def readable(names: list[str]) -> dict[str, str]:
    """Demangled names, where a tool for it is installed."""
    tool = shutil.which("cu++filt") or shutil.which("c++filt")
    if not tool or not names:
        return {name: name for name in names}
    out = subprocess.run([tool], input="\n".join(names), stdout=subprocess.PIPE, text=True, check=True).stdout
    return dict(zip(names, out.splitlines()))


def short(name: str) -> str:
    """A kernel's name without namespace and parameter list."""
    name = re.sub(r"^(void|int|float) ", "", name)
    depth, end = 0, len(name)
    for place, letter in enumerate(name):   # the parameter list starts at the first parenthesis outside <>
        if letter == "<":
            depth += 1
        elif letter == ">":
            depth -= 1
        elif letter == "(" and depth == 0 and not name.startswith("(anonymous namespace)", place):
            end = place
            break
    name = name[:end].replace("(anonymous namespace)::", "").replace("footfall::", "")
    return name if len(name) <= 72 else name[:69] + "..."


def parse(path: pathlib.Path) -> list[dict]:
    kernels, current = [], None
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := re.search(r"Compiling entry function '([^']+)' for '(sm_\d+)", line):
            current = {"file": path.name.removesuffix(".o.ptxas"), "name": found[1], "architecture": found[2], "spills": 0, "stack": 0}
        elif found := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line):
            if current is not None:
                current["stack"], current["spills"] = int(found[1]), int(found[2]) + int(found[3])
        elif (found := re.search(r"Used (\d+) registers", line)) and current is not None:
            current["registers"] = int(found[1])
            shared = re.search(r"(\d+) bytes smem", line)
            current["shared"] = int(shared[1]) if shared else 0
            kernels.append(current)
            current = None
    return kernels


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    kernels = [kernel for path in sorted(options.folder.rglob("*.ptxas")) if path.with_suffix("").exists() for kernel in parse(path)]
    names = readable([kernel["name"] for kernel in kernels])
    own = [kernel for kernel in kernels if not of_a_library(kernel["name"])]
    foreign = sum(1 for kernel in kernels if kernel["spills"] and of_a_library(kernel["name"]))
    own.sort(key=lambda kernel: (kernel["file"], short(names[kernel["name"]]), kernel["architecture"]))
    lines = [f"{'file':<28} {'architecture':<12} {'registers':>9} {'shared':>8} {'stack':>6} {'spills':>6} {'256':>6} {'1024':>6}  kernel"]
    for kernel in own:
        share = {threads: occupancy(kernel["architecture"], kernel["registers"], kernel["shared"], threads) for threads in (256, 1024)}
        lines.append(f"{kernel['file']:<28} {kernel['architecture']:<12} {kernel['registers']:>9} {kernel['shared']:>8} {kernel['stack']:>6} "
                     f"{kernel['spills']:>6} {share[256]:>6.0%} {share[1024]:>6.0%}  {short(names[kernel['name']])}")
    lines.append(f"\n{len(own)} kernels of footfall, {len(kernels) - len(own)} of Thrust and CUB (not listed; {foreign} of them spill). shared: static bytes a block; "
                 "256 and 1024: theoretical occupancy with blocks of so many threads.")
    text = "\n".join(lines) + "\n"
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    bad = [kernel for kernel in own if kernel["spills"]]
    for kernel in bad:
        print(f"{kernel['file']}: {short(names[kernel['name']])} spills {kernel['spills']} bytes on {kernel['architecture']}", file=sys.stderr)
    if bad and options.out:
        options.out.unlink()   # so that the next build tries again
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
