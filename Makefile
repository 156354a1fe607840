# `make` lists what there is to do. The work is done by the scripts in Tools/, which also run by themselves.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PATH := $(PATH):/opt/swift/usr/bin

.PHONY: help run token stop status clean-data clean test bench proto format lint compose-check compose-try bootstrap build

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: bootstrap build ## Build, start the local stack, carry out the journey, and leave everything running
	@echo "Starting the stack:"
	@Tools/stack.sh start
	@set -a; . .local/env/journey.env; set +a; \
	ALE_ADMIN_TOKEN=$$(Tools/onboarding.sh token --user administrator@provider.example --lifetime 86400) \
	exec .build/release/journey

token: ## Print a token for a user of the local stack: make token USER=agent@provider.example
	@[ "$(origin USER)" = "command line" ] || { echo "Say for whom: make token USER=agent@provider.example" >&2; exit 2; }
	@Tools/onboarding.sh token --user "$(USER)"

stop: ## Stop the local stack; its data stays
	@echo "Stopping the stack:"
	@Tools/stack.sh stop

status: ## Say what runs, where, and whether it answers
	@Tools/stack.sh status

clean-data: ## Stop the local stack and delete its data, secrets and logs
	@Tools/stack.sh clean

clean: ## Delete what was built
	rm -rf .build

test: ## Prove everything: format, generated code, build, unit, integration, scenario and tidy tests
	@Tools/test.sh

bench: bootstrap build ## Print ratios, each against a floor measured in the same run
	@.build/release/bench

proto: bootstrap ## Generate code and docs/subjects.md from proto/source/
	@Tools/proto.sh
	@/usr/bin/python3 Tools/generate/roles.py

format: ## Format all Swift sources in place
	@Tools/format.sh

lint: ## Say which Swift sources are not formatted
	@Tools/format.sh --check

compose-check: bootstrap ## Check compose.yaml and the Containerfile
	@Tools/compose-check.sh

compose-try: ## Try out, in pages, what `docker compose up --wait` has started
	@Tools/compose-try.sh

bootstrap:
	@Tools/bootstrap.sh

# Release, with the Swift runtime linked in: quicker to start, and as in the images.
build:
	@echo "Building (release):"
	@Tools/build.sh release --static-swift-stdlib
