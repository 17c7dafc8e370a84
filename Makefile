# make run: environment, install, the lab. make test: environment if needed, lint and all tests.
PYTHON ?= python3
ENV := .venv
BIN := $(ENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

# make soak: trainers killed a hundred times, each gone on with to the same bits.
.PHONY: run test lint soak bench snapshots screenshots

run: $(ENV)/installed
	@$(BIN)/tui-lab

test: $(ENV)/installed-dev lint
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(ENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

soak: $(ENV)/installed-dev
	$(BIN)/pytest -m soak --timeout 3600

bench: $(ENV)/installed-dev
	@$(PIP) --editable '.[bench]'
	$(BIN)/python -m benchmarks

snapshots: $(ENV)/installed-dev
	$(BIN)/pytest tests/lab/test_snapshots.py --snapshot-update

screenshots: $(ENV)/installed-dev
	$(BIN)/python screenshots/take.py

NATIVE := hatch_build.py $(wildcard tui_lab/training/engines/native.cpp tui_lab/training/engines/native/*.h)

$(ENV)/installed: pyproject.toml constraints.txt $(NATIVE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'tui-lab needs Python 3.11 or newer; try: make PYTHON=python3.12' >&2; exit 2; }
	@echo 'installing into $(ENV), once; PyTorch takes a few minutes' >&2
	@$(PYTHON) -m venv $(ENV)
	@$(PIP) --editable .
	@touch $@

$(ENV)/installed-dev: $(ENV)/installed
	@$(PIP) --editable '.[dev]'
	@touch $@
