# `make demo` and `make test` set up everything they need; they want Python >= 3.11, make and git.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo-out
JOBS ?= auto

.PHONY: help demo test check format lint types docs lock bench clean

help:            ## what the targets do
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

$(VENV)/ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

demo: $(VENV)/ready  ## convert samples/imprun to both targets, print the report and where to look
	@BIN=$(BIN) DEMO=$(DEMO) sh samples/demo.sh

test: $(VENV)/ready  ## the whole suite
	$(BIN)/python -m pytest -n $(JOBS)

check: $(VENV)/ready lint types test docs  ## all that must be green before a commit

format: $(VENV)/ready  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/ready
	$(BIN)/mypy

docs: $(VENV)/ready  ## generated pages are fresh
	$(BIN)/kong2x mapping docs --check

lock: $(VENV)/ready  ## resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --group dev --generate-hashes --universal --python-version 3.11 --no-header --no-annotate -o requirements-dev.lock
	uv pip compile pyproject.toml --generate-hashes --universal --python-version 3.11 --no-header --no-annotate -o requirements.lock

bench: $(VENV)/ready  ## time the stages on a generated corpus and print ratios; SCALE=1 adds 10,000 Ingresses
	$(BIN)/python bench/run.py $(if $(SCALE),--scale)

clean:
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache dist build
