# What a newcomer types. Needs nothing but make and Python 3.11 or newer; everything else is
# installed into .venv, at the versions and hashes that constraints.txt names.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED := $(VENV)/.installed
ARGS ?=

.PHONY: help demo check test proofs benchmarks lint pictures reference contract constraints clean

help:
	@echo "make demo         try Kashdeck against a practice KashFlow on this machine"
	@echo "make check        lint, then test: what must pass before a change is taken"
	@echo "make test         run all tests (ARGS='-k publish' narrows them, ARGS=--durations=25"
	@echo "                  prints where the time went)"
	@echo "make proofs       run the proofs that take minutes, at their full size"
	@echo "make benchmarks   measure, and print the figures"
	@echo "make lint         check style, types and the arrows between the packages"
	@echo "make pictures     draw the README's pictures from the app itself"
	@echo "make reference    write docs/client-reference.md from the docstrings"
	@echo "make contract     write tests/contract.json from KashFlow's own contract (WSDL=file)"
	@echo "make constraints  pin what pyproject.toml asks for (UPGRADE=1 takes newer versions)"
	@echo "make clean        remove .venv and what the tools leave behind"

demo: $(INSTALLED)
	@$(BIN)/python -m tui demo $(ARGS)

check: lint test

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 4 $(ARGS)

proofs: $(INSTALLED)
	$(BIN)/python -m pytest -m full -s $(ARGS)

benchmarks: $(INSTALLED)
	$(BIN)/python -m tests.benchmarks $(ARGS)

lint: $(INSTALLED)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

pictures: $(INSTALLED)
	$(BIN)/python -m tests.pictures $(ARGS)

# pip can check hashes only of what it downloads, so the project itself goes in last, alone, built
# with the pinned hatchling.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Kashdeck needs Python 3.11 or newer. Say which: make PYTHON=python3.12 demo"; exit 1; }
	@echo "Installing what Kashdeck needs into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --require-hashes -r constraints.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

reference: $(INSTALLED)
	$(BIN)/python -m tests.reference

contract: $(INSTALLED)
	$(BIN)/python -m tests.contract $(or $(WSDL),$(error Name the file: make contract WSDL=FILE))

constraints:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet 'uv>=0.5'
	@$(BIN)/uv --quiet --no-config pip compile pyproject.toml --all-extras --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command 'make constraints' --output-file constraints.txt \
		$(if $(UPGRADE),--upgrade)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache snapshot_report.html
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
