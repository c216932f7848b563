# Lockstep. `make` alone lists what there is to type.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test bench fuzz build format lint clean needs-swift needs-build needs-test

# What the build needs, and what tests need beside it. Installed only where it is missing.
BUILD_PACKAGES := libssl-dev libsqlite3-dev zlib1g-dev pkg-config
TEST_PACKAGES := tshark python3 openssl
SOURCES := Sources Tests Package.swift

RELEASE_BINARY := .build/release/lockstep
DEMO_DATABASE := .build/demo/lockstep.sqlite
PYTHON := .build/oracles/bin/python

help:
	@echo 'make demo     build Lockstep, run the branch office, and say what happened'
	@echo 'make test     run every test, and let the tools of others judge our bytes'
	@echo 'make bench    measure, with a peer or a limit beside each figure'
	@echo 'make fuzz     read every packet of the shipped runs, each changed a million times (LOCKSTEP_MUTATIONS)'
	@echo 'make build    build the program in release mode: $(RELEASE_BINARY)'
	@echo 'make format   format the sources'
	@echo 'make lint     check the format'
	@echo 'make clean    remove what was built'
	@echo
	@echo 'What is missing is installed by apt-get, with sudo where that is needed.'

needs-swift:
	@command -v swift >/dev/null || { \
	  echo 'swift is missing: Lockstep needs Swift 6.2 or newer, see https://www.swift.org/install/linux/debian/' >&2; exit 1; }

needs-build: needs-swift
	@.ci/require-packages $(BUILD_PACKAGES)

# Without these the tests that need them are skipped, by name.
needs-test: needs-build
	@.ci/require-packages $(TEST_PACKAGES) || echo 'note: tests that need these packages will be skipped' >&2
	@.ci/make-python .build/oracles || echo 'note: tests that need scapy will be skipped' >&2

build: needs-build
	swift build -c release --product lockstep

demo: build
	@mkdir -p $(dir $(DEMO_DATABASE))
	@$(RELEASE_BINARY) run Scenarios/branch-office.lockstep.yml --db $(DEMO_DATABASE)
	@echo
	@echo 'The program is $(RELEASE_BINARY) and the run is in $(DEMO_DATABASE). To type less:'
	@echo
	@echo '  export PATH="$$PWD/$(patsubst %/,%,$(dir $(RELEASE_BINARY))):$$PATH" LOCKSTEP_DB="$$PWD/$(DEMO_DATABASE)"'

# Tests run the program as others do: the debug one that is built with them, and the release one beside it.
test: needs-test build
	@LOCKSTEP_RELEASE_BINARY="$(CURDIR)/$(RELEASE_BINARY)" LOCKSTEP_PYTHON="$(CURDIR)/$(PYTHON)" \
	  swift test --disable-xctest

bench: needs-build
	swift build -c release --product lockstep-bench
	@.build/release/lockstep-bench

# A reader that traps ends it, and the last line names the packet and the seed.
fuzz: needs-build
	swift build -c release --product LockstepFuzz
	@.build/release/LockstepFuzz Scenarios/*.lockstep.yml

format: needs-swift
	swift format -i -r $(SOURCES)

lint: needs-swift
	swift format lint --strict -r $(SOURCES)

clean: needs-swift
	swift package clean
	rm -rf .build/demo .build/oracles
