# One command each; every target makes the virtual environment that it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check format types lint docs bench stubs clean

help:  ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python setup.py
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python setup.py
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev,docs]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo  ## Run the main job against the local exchange, with a pulled plug
	$(BIN)/binance demo

test: $(VENV)/.dev  ## Run all tests
	$(BIN)/python -m pytest -q

lint: $(VENV)/.dev  ## Lint and check the formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## Check the types
	$(BIN)/mypy

format: $(VENV)/.dev  ## Format the code
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

check: lint types  ## Everything that reads the code without running it

docs: $(VENV)/.dev  ## Build the documentation; warnings are errors
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

stubs: $(VENV)/.dev  ## Write the type stubs of the endpoint methods afresh
	$(BIN)/python -m binance.rest.stubs

bench: $(VENV)/.dev  ## Measure against the other libraries, side by side
	$(BIN)/python -m bench

clean:  ## Remove what was built
	rm -rf $(VENV) build docs/_build *.egg-info bench/.venv-peers
