# Two commands for a fresh machine: `make demo` and `make test`. Both do all their own set-up.
.DEFAULT_GOAL := help
VENV := .venv
READY := $(VENV)/.ready

.PHONY: help setup demo test check bench clean

help:
	@echo "make demo    score the bundled dance and write the report"
	@echo "make test    run the tests"
	@echo "make check   style, types, layers and house rules"
	@echo "make setup   only install into $(VENV)"
	@echo "make bench   print the figures (speed, accuracy) of this machine"

$(READY): pyproject.toml constraints.txt scripts/setup
	@scripts/setup $(VENV)
	@touch $(READY)

setup: $(READY)

demo: $(READY)
	@$(VENV)/bin/dancelike demo --out out/demo

test: $(READY)
	@scripts/check tests

check: $(READY)
	@scripts/check static

bench: $(READY)
	@scripts/bench

clean:
	rm -rf out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
