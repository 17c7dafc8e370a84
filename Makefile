# make run: environment, install, the lab. make test: environment if needed, lint and all tests.
PYTHON ?= python3
ENV := .venv
BIN := $(ENV)/bin

.PHONY: run test lint snapshots screenshots

run: $(ENV)/installed
	@$(BIN)/tui-lab

test: $(ENV)/installed-dev lint
	$(BIN)/pytest

lint: $(ENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

snapshots: $(ENV)/installed-dev
	$(BIN)/pytest tests/lab/test_snapshots.py --snapshot-update

screenshots: $(ENV)/installed-dev
	$(BIN)/python screenshots/take.py

$(ENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(ENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(ENV)/installed-dev: $(ENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
