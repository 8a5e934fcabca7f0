#!/usr/bin/env python3
"""Plants each fault of this folder in a copy of the CUDA sources and demands that a named test finds it.

A patch NAME.patch begins with lines "Key: value": Fault (what it is), Test (a program of the build's test folder and a test's name), Says (a
regular expression that the output must hold) and, where it matters, Seed (FOOTFALL_EMULATOR_SEED). It is applied to a copy; the files that include what it
changes are compiled as the build compiles them, libfootfall_cuda_emulated.so is linked again beside the build, and the test runs on it. The test must
pass on the build's own library first. One line a fault, and "N passed, N failed" at the end.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LIBRARY = "libfootfall_cuda_emulated.so"
SECONDS = 120


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)


class Build:
    """What ninja knows of the emulated library: how it is linked, and for each object its sources and its command."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        commands = self.ninja("-t", "commands", LIBRARY).splitlines()
        self.link = next(c for c in reversed(commands) if f"-o {LIBRARY}" in c)
        objects = [w for w in shlex.split(self.link) if w.endswith(".o")]
        self.compile = {o: next(c for c in commands if f"-o {o} " in c + " ") for o in objects}
        self.sources = {}
        current = None
        for line in self.ninja("-t", "deps", *objects).splitlines():
            if line.startswith("    "):
                self.sources[current].add(os.path.normpath(os.path.join(self.folder, line.strip())))
            elif ":" in line:
                current = line.split(":")[0]
                self.sources[current] = set()

    def ninja(self, *arguments):
        done = run(["ninja", "-C", str(self.folder), "--quiet", *arguments])
        if done.returncode != 0:
            sys.exit(f"ninja {' '.join(arguments)}: {done.stdout}")
        return done.stdout


def header(patch):
    keys = dict(re.findall(r"^(Fault|Test|Says|Seed): (.*)$", patch.read_text().split("\n--- ")[0], re.M))
    missing = {"Fault", "Test", "Says"} - keys.keys()
    if missing:
        sys.exit(f"{patch.name}: its head lacks {', '.join(sorted(missing))}")
    return keys


def test(build, keys, library_folder):
    program, name = keys["Test"].split()
    environment = dict(os.environ, FOOTFALL_TEST_DEVICE="emulated", FOOTFALL_BUILD_DIR=str(library_folder), FOOTFALL_EMULATOR_SEED=keys.get("Seed", "0"))
    found = next((p for p in (build.folder / "test" / program, build.folder / program) if p.exists()), None)
    if found is None:
        sys.exit(f"there is no {program} in {build.folder}: build the tests first")
    try:
        done = run([str(found), f"--gtest_filter={name}"], env=environment, timeout=SECONDS)
    except subprocess.TimeoutExpired as late:
        return 124, f"still running after {SECONDS} s: {late.stdout}"
    if "[  PASSED  ] 0 tests" in done.stdout and "[  FAILED  ]" not in done.stdout:
        sys.exit(f"{program} did not run {name}")
    return done.returncode, done.stdout


def plant(build, patch, work):
    """The library with the fault in it, in the folder `work`."""
    copy = work / "source"
    for part in ("kernels", "tests/emulator/include", "tests/emulator/src"):
        shutil.copytree(ROOT / part, copy / part)
    done = run(["patch", "-p1", "--no-backup-if-mismatch", "-i", str(patch)], cwd=copy)
    if done.returncode != 0:
        return f"does not apply any more: {done.stdout.strip()}"
    changed = {str(ROOT / f) for f in re.findall(r"^\+\+\+ b/(\S+)", patch.read_text(), re.M)}
    link = build.link
    for number, (each, command) in enumerate(build.compile.items()):
        if not changed & build.sources.get(each, set()):
            continue
        out = str(work / f"{number}.o")
        command = command.replace(f"-o {each}", f"-o {out}").replace(f"-MF {each}.d", f"-MF {out}.d").replace(f"-I{ROOT} ", f"-I{copy} ")
        for part in ("kernels", "tests/emulator"):  # nothing else: the build folder, with Thrust's headers, may lie inside the tree too
            command = command.replace(f"{ROOT}/{part}/", f"{copy}/{part}/")
        done = run(command, shell=True, cwd=build.folder)
        if done.returncode != 0:
            return f"does not compile: {done.stdout[-2000:]}"
        link = re.sub(rf"(?<=\s){re.escape(each)}(?=\s)", out, link)
    done = run(link.replace(f"-o {LIBRARY}", f"-o {work / LIBRARY}"), shell=True, cwd=build.folder)
    return f"does not link: {done.stdout[-2000:]}" if done.returncode != 0 else None


def check(build, patch):
    """None when the fault is caught, else what went wrong."""
    keys = header(patch)
    status, text = test(build, keys, build.folder)
    if status != 0:
        return f"{keys['Test']} fails without the fault:\n{text[-1500:]}"
    with tempfile.TemporaryDirectory(prefix="footfall-fault-") as folder:
        work = pathlib.Path(folder)
        problem = plant(build, patch, work)
        if problem is not None:
            return problem
        status, text = test(build, keys, work)
    if status == 0:
        return f"{keys['Test']} does not see it"
    if not re.search(keys["Says"], text):
        return f"{keys['Test']} fails, but does not say /{keys['Says']}/:\n{text[-1500:]}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=str(ROOT / "build"), help="the build folder")
    parser.add_argument("names", nargs="*", help="faults to plant; all when left out")
    arguments = parser.parse_args()
    patches = [HERE / f"{n}.patch" for n in arguments.names] or sorted(HERE.glob("*.patch"))
    build = Build(arguments.build)
    failed = 0
    for patch in patches:
        problem = check(build, patch)
        failed += problem is not None
        print(f"{patch.stem}: {'caught' if problem is None else 'NOT CAUGHT: ' + problem}", flush=True)
    print(f"{len(patches) - failed} passed, {failed} failed")
    return 1 if failed or not patches else 0


if __name__ == "__main__":
    sys.exit(main())
