#!/usr/bin/env python3
"""Runs a compiler, keeps what ptxas reported beside the object (OBJECT.ptxas), and shows everything else it said.

    ptxas_log.py [ccache] nvcc ARGUMENTS... -o OBJECT

nvcc -Xptxas -v prints some lines for each kernel; on a terminal they would bury the warnings. A kernel of footfall that spills
registers is an error; one of CUB is not ours to mend and is only counted in the table.
"""
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from ptxas_report import of_a_library  # noqa: E402  (beside this file)

REPORT_WORDS = ("ptxas info", "bytes stack frame")


def main() -> int:
    command = sys.argv[1:]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    report, other = [], []
    status = run.returncode
    for line in run.stdout.splitlines():
        spilled = re.search(r"Registers are spilled to local memory in function '([^']+)'", line)
        if spilled and of_a_library(spilled[1]):
            continue
        if spilled and status == 0:
            status = 1
        (report if any(word in line for word in REPORT_WORDS) else other).append(line)
    if status == 0 and "-o" in command[:-1] and "-c" in command:
        target = command[command.index("-o") + 1]
        with open(target + ".ptxas", "w", encoding="utf-8") as file:
            file.write("\n".join(report) + "\n")
    if status != 0 and not other:
        other = report[-20:]
    if other:
        print("\n".join(other), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
