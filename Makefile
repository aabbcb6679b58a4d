# Needs Python 3.11 to 3.13 with venv and pip, and nothing else. `make lock` alone needs uv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The tests start the command a hundred times: what Python compiled once is kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup test lint ruff imports mypy pyright tests chaos bench demo sandbox lock format

setup: .venv/dev.done

# Stamps stand in the environment, so that removing it removes them; a changed lock or project file sets up anew.
.venv/%.done: requirements/%.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what requirements/$*.txt names"
	@$(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Python 3.11 to 3.13 is needed: make PYTHON=python3.11")'
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(BIN)/python -m ensurepip
	@$(PIP) install --require-hashes -r requirements/$*.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

test: lint tests

# Side by side, for each runs on one core.
lint: setup
	@$(MAKE) --no-print-directory --jobs=3 ruff imports mypy pyright

ruff:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

imports:
	$(BIN)/lint-imports

mypy:
	$(BIN)/mypy

pyright:
	$(BIN)/pyright

tests: setup
	$(BIN)/pytest

# The long form of what `make test` throws at the engine: more kills, more events, more schedules, and bounds on times,
# so one after the other; the figures are shown.
chaos: setup
	$(BIN)/pytest --numprocesses=0 -rP --show-capture=stdout --full

bench: .venv/bench.done
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.redeeming
	$(BIN)/python -m tests.bench.closing
	$(BIN)/python -m tests.bench.settling

demo: .venv/demo.done
	$(BIN)/points demo

# A bank to try against, as README says: it stays up until Ctrl-C.
sandbox: .venv/demo.done
	$(BIN)/points sandbox

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	--no-annotate --quiet

# The widest first: the others take the versions from it, so that all agree.
lock:
	$(LOCK) --extra embedded --group build --group dev --group bench -o requirements/bench.txt
	$(LOCK) --extra embedded --group build --group dev -c requirements/bench.txt -o requirements/dev.txt
	$(LOCK) --extra embedded --group build -c requirements/bench.txt -o requirements/demo.txt
	$(LOCK) -c requirements/bench.txt -o requirements/run.txt
