#!/usr/bin/env python3
"""Runs a compiler, keeps what ptxas reported beside the object (OBJECT.ptxas), and shows everything else it said.

    ptxas_log.py [ccache] nvcc ARGUMENTS... -o OBJECT

nvcc -Xptxas -v prints some lines for each kernel; on a terminal they would bury the warnings.
"""
import subprocess
import sys

REPORT_WORDS = ("ptxas info", "bytes stack frame")


def main() -> int:
    command = sys.argv[1:]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    report, other = [], []
    for line in run.stdout.splitlines():
        (report if any(word in line for word in REPORT_WORDS) else other).append(line)
    if run.returncode == 0 and "-o" in command[:-1] and "-c" in command:
        target = command[command.index("-o") + 1]
        with open(target + ".ptxas", "w", encoding="utf-8") as file:
            file.write("\n".join(report) + "\n")
    if run.returncode != 0 and not other:
        other = report[-20:]
    if other:
        print("\n".join(other), file=sys.stderr)
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
