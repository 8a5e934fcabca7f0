# What a person types; CMake does the work (docs/building.md).
BUILD  ?= build
PRESET ?= default
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: help setup configure build demo test test-faults test-sanitized test-asan bench compare format tidy gpu-check clean

help:
	@echo "make setup        install what is missing (apt packages, Arrow, CUDA where there is a driver)"
	@echo "make build        build/footfall, its twin on the emulated device, every test"
	@echo "make demo         a simulated shop from events to scores and a report, in demo/"
	@echo "make test         set up, build, run every test"
	@echo "make test-faults  plant each known fault and demand that a test finds it"
	@echo "make test-sanitized   the operations on the emulated device, checked for races and for bounds"
	@echo "make test-asan    the tests with address and undefined-behaviour sanitizers, in build-asan/"
	@echo "make bench        speed: beside the machine's limits, of every operation, by size, and beside other programs"
	@echo "make compare      the last of these alone (ARGS go to bench/compare/compare.py); writes docs/performance.md"
	@echo "make format tidy  clang-format in place; clang-tidy over the C++ files"
	@echo "make gpu-check    everything that a machine with an NVIDIA GPU should verify"
	@echo "make clean        remove what was built, not what was downloaded"

setup:
	@BUILD=$(BUILD) scripts/setup.sh

configure: setup
	@cmake --preset $(PRESET) -B $(BUILD) > $(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }
	@grep -E '^-- footfall ' $(BUILD)/configure.log

build: configure
	@cmake --build $(BUILD) -j $(JOBS)

demo: configure
	@cmake --build $(BUILD) -j $(JOBS) --target footfall
	@BUILD=$(BUILD) scripts/demo.sh

test: build
	@BUILD=$(BUILD) scripts/test.sh -LE fault

test-faults: build
	@BUILD=$(BUILD) scripts/test_faults.sh

test-sanitized: setup
	@JOBS=$(JOBS) scripts/test_sanitized.sh

test-asan: setup
	@cmake --preset asan > build-asan.log 2>&1 || { cat build-asan.log; exit 1; }
	@rm -f build-asan.log
	@cmake --build build-asan -j $(JOBS)
	@BUILD=build-asan scripts/test.sh -LE fault

bench: configure
	@BUILD=$(BUILD) JOBS=$(JOBS) scripts/bench.sh

compare: configure
	@cmake --build $(BUILD) -j $(JOBS) --target footfall
	@BUILD=$(BUILD) bench/compare/run.sh $(ARGS)

format:
	@git ls-files '*.cpp' '*.hpp' '*.cu' '*.cuh' '*.h' | xargs clang-format -i

tidy: build
	@BUILD=$(BUILD) scripts/tidy.sh

gpu-check:
	@scripts/gpu_check.sh $(ARGS)

clean:
	@if [ -d $(BUILD) ]; then find $(BUILD) -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +; fi
	@rm -rf demo build-asan build-tsan build-gpu
